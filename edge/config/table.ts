/**
 * The shape of a directive's row, and what its handler may touch. A directive is one row in
 * edge/config/directives/<module>.ts; nothing else has to be changed to add one. The reader (read.ts) checks context and
 * argument count with httpd's own messages before it calls `apply`; apply writes into the scope and fails with ConfError.
 *
 * Source: httpd 2.4, "Developer API: command tables" for the argument shapes (TAKE1, ITERATE, RAW_ARGS, FLAG).
 */
import type { CacheServerSettings } from '../caching/settings.js';
import type { MethodLimit } from '../http/method-limit.js';
import type { RewriteMap } from '../route/rewrite-map.js';
import type { PlaceRewrite } from '../route/rewrite-place.js';
import type { Place, ServerSettings, Settings } from '../settings.js';

/** Where a directive may stand; `location` covers Location, LocationMatch, Files, Limit … (httpd: ACCESS_CONF). */
export type Context = 'server' | 'vhost' | 'location' | 'proxy' | 'if' | 'directory';

export const ANYWHERE: readonly Context[] = ['server', 'vhost', 'location', 'proxy', 'if', 'directory'];
export const SERVER_ONLY: readonly Context[] = ['server'];
export const SERVER_VHOST: readonly Context[] = ['server', 'vhost'];

/** How many words: `take12` is one or two; `iterate` one or more, applied together; `raw` the rest of the line as it is. */
export type Arity =
  | 'none'
  | 'take1'
  | 'take2'
  | 'take3'
  | 'take12'
  | 'take23'
  | 'take123'
  | 'take13'
  | 'iterate'
  | 'iterate2'
  | 'flag'
  | 'raw';

/** One word of a line with the column it starts at (1-based). */
export interface Word {
  text: string;
  column: number;
}

export interface DirectiveLine {
  name: string;
  words: Word[];
  /** All after the name, untouched; for `raw` rows. */
  raw: string;
  file: string;
  line: number;
  column: number;
}

/**
 * A server under construction: only what its own lines say; the reader merges vhosts with the main server at the end.
 * `proxy`, `compression`, `tls` and `remoteIp` are partial for the same reason.
 */
export interface ServerDraft {
  isMain: boolean;
  own: Partial<Omit<ServerSettings, 'proxy' | 'tls' | 'base' | 'remoteIp' | 'compression' | 'cache'>>;
  remoteIp: Partial<NonNullable<ServerSettings['remoteIp']>>;
  proxy: Partial<ServerSettings['proxy']>;
  compression: Partial<ServerSettings['compression']>;
  tls: Partial<NonNullable<ServerSettings['tls']>>;
  rewrite: PlaceRewrite;
  rewriteMaps: Record<string, RewriteMap>;
  cache: Partial<CacheServerSettings>;
  base: Place;
  file: string;
  line: number;
}

/** What is being read: the innermost server, place and section, and the whole. */
export interface Scope {
  settings: Partial<Settings>;
  server: ServerDraft;
  /** Where per-directory settings go: the server's base, or the section's place. */
  place: Place;
  context: Context;
  /** Argument of the innermost section: URL of a <Proxy>, path of a <Location>. */
  sectionArgument: string;
  /** Methods that <Limit> and <LimitExcept> around leave; undefined: all. */
  limit?: MethodLimit | undefined;
  /** Sections are kept in the order they were opened, outermost first: `VirtualHost`, `Location` … */
  sections: readonly { name: string; argument: string }[];
  /** Drafts of balancers and members (directives/proxy). */
  pools: PoolDrafts;
  serverRoot: string;
  /** ServerRoot-relative path to an absolute one. */
  resolve(path: string): string;
  /** A scope for the content of a section: this one with some parts replaced, and the section put on the stack. */
  inside(line: DirectiveLine, changes: ScopeChanges): Scope;
  isModuleLoaded(name: string): boolean;
  warn(line: DirectiveLine, text: string): void;
  /** `Syntax OK` notwithstanding, this has no effect yet or at all. */
  note(kind: 'irrelevant' | 'inactive' | 'warning', line: DirectiveLine, text: string): void;
}

/** What a section changes for its content; what is left out stays as it is outside. */
export interface ScopeChanges {
  server?: ServerDraft;
  place?: Place;
  context?: Context;
  sectionArgument?: string;
  limit?: MethodLimit;
}

/** Opaque to the reader; owned by directives/proxy*.ts. */
export interface PoolDrafts {
  readonly kind: 'pools';
}

/**
 * A section (`<Location …>`). `line.raw` is all between the name and the closing `>`, `line.words` its words.
 * open   gives the scope of the inside (see Scope.inside), or undefined to leave the content unread
 * close  is called after the content, with the scope that open gave
 */
export interface SectionRow {
  /** Without `<`. */
  name: string;
  module: string;
  contexts: readonly Context[];
  /** How words inside are taken: `inert` means that only their names are looked at. Undefined: walked as usual. */
  content?: 'inert';
  /** Names in lower case of the only directives (sections with `<`) that may stand inside; undefined: any. */
  only?: readonly string[];
  open(line: DirectiveLine, scope: Scope): Scope | undefined;
  close?(line: DirectiveLine, inside: Scope, outside: Scope): void;
}

export interface DirectiveRow {
  name: string;
  /** As in `mod_proxy`; `core` for core. */
  module: string;
  contexts: readonly Context[];
  arity: Arity;
  /** httpd's own words after `NAME takes one argument, `. */
  usage: string;
  apply(line: DirectiveLine, scope: Scope): void;
}
