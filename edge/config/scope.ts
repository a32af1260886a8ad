/**
 * What a directive's handler may touch, for each place in the tree: the innermost server, the place that settings go to,
 * the sections around, and the reading as a whole.
 *
 * Thread: whichever reads the configuration.
 */

import type { MethodLimit } from '../http/method-limit.js';
import type { LogFormat } from '../log/format.js';
import type { Severity } from '../log/severity.js';
import type { AccessLogSettings, Note, Place, Settings } from '../settings.js';
import { ConfError } from './error.js';
import type { Context, DirectiveLine, PoolDrafts, Scope, ScopeChanges, ServerDraft } from './table.js';

/** What all scopes of one reading share. */
export interface Reading {
  settings: Partial<Settings>;
  /** The main server first, then vhosts in file order. */
  servers: ServerDraft[];
  pools: PoolDrafts;
  notes: Note[];
  /** Values of the process models' directives by name; checked together at the end (directives/mpm.ts). */
  mpm: Map<string, number>;
  /** LogFormat nicknames; `own` are defined by a server itself. */
  logFormats: Map<ServerDraft, ServerFormats>;
  logLevels: Map<ServerDraft, ServerLevels>;
  /** GlobalLog lines, which hold for every server. */
  globalLogs: AccessLogSettings[];
  isUnsupportedAllowed: boolean;
  serverRoot: string;
  resolve(path: string): string;
  isModuleLoaded(name: string): boolean;
  /** Writes a line of the error log at level warn, in the name of a module. */
  warn(module: string, text: string): void;
  /** The module of the directive at hand, for what it warns of. */
  module: string;
}

/** LogFormat lines of one server: by nickname, and the last one without, which TransferLog uses. */
export interface ServerFormats {
  named: Map<string, LogFormat>;
  unnamed?: LogFormat;
}

/** LogLevel lines of one server: a plain level forgets what was said of single modules before it. */
export interface ServerLevels {
  default?: Severity;
  modules: Record<string, Severity>;
  forgetsOuter: boolean;
}

interface Inner {
  server: ServerDraft;
  place: Place;
  context: Context;
  sectionArgument: string;
  sections: readonly { name: string; argument: string }[];
  limit?: MethodLimit | undefined;
}

export class ReadingScope implements Scope {
  readonly server: ServerDraft;
  readonly place: Place;
  readonly context: Context;
  readonly sectionArgument: string;
  readonly sections: readonly { name: string; argument: string }[];
  readonly limit: MethodLimit | undefined;
  readonly reading: Reading;

  constructor(reading: Reading, inner: Inner) {
    this.reading = reading;
    this.server = inner.server;
    this.place = inner.place;
    this.context = inner.context;
    this.sectionArgument = inner.sectionArgument;
    this.sections = inner.sections;
    this.limit = inner.limit;
  }

  get settings(): Partial<Settings> {
    return this.reading.settings;
  }

  get pools(): PoolDrafts {
    return this.reading.pools;
  }

  get serverRoot(): string {
    return this.reading.serverRoot;
  }

  resolve(path: string): string {
    return this.reading.resolve(path);
  }

  isModuleLoaded(name: string): boolean {
    return this.reading.isModuleLoaded(name);
  }

  inside(line: DirectiveLine, changes: ScopeChanges): ReadingScope {
    const sections = [...this.sections, { name: line.name, argument: line.raw }];
    return new ReadingScope(this.reading, {
      server: changes.server ?? this.server,
      place: changes.place ?? this.place,
      context: changes.context ?? this.context,
      sectionArgument: changes.sectionArgument ?? this.sectionArgument,
      sections,
      limit: changes.limit ?? this.limit,
    });
  }

  warn(_line: DirectiveLine, text: string): void {
    this.reading.warn(this.reading.module, text);
  }

  note(kind: 'irrelevant' | 'inactive' | 'warning', line: DirectiveLine, text: string): void {
    this.reading.notes.push({ kind, at: `${line.file}:${line.line}`, word: line.name, text });
  }
}

/**
 * Something that httpd has and drover has not, found by a handler: a fault, or a warning after `EdgeUnsupported warn`.
 * text  `NAME is not supported by drover: what it would have changed`
 */
export function refuseUnsupported(line: DirectiveLine, scope: Scope, text: string, column?: number): void {
  const reading = scope instanceof ReadingScope ? scope.reading : undefined;
  if (reading?.isUnsupportedAllowed !== true) {
    const at = { file: line.file, line: line.line, column: column ?? line.column };
    throw new ConfError(text, at, { hint: UNSUPPORTED_HINT });
  }
  const at = `${line.file}:${line.line}`;
  reading.warn('core', `${text} (${at})`);
  reading.notes.push({ kind: 'warning', at, word: line.name, text });
}

const UNSUPPORTED_HINT = "'EdgeUnsupported warn' before this line lets drover go on without it";

/** A server with nothing said yet. */
export function newServerDraft(isMain: boolean, file: string, line: number): ServerDraft {
  return {
    isMain,
    own: {},
    proxy: {},
    compression: {},
    tls: {},
    remoteIp: {},
    cache: {},
    rewrite: { rules: [] },
    rewriteMaps: {},
    base: {},
    file,
    line,
  };
}
