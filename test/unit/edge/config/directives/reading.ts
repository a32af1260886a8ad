/**
 * A small reader for tests of rows: lines and sections are handed to the rows as the real reader does, without includes,
 * contexts, arity and merging, which have tests of their own.
 */
import { AUTHZ_ROWS, AUTHZ_SECTIONS } from '../../../../../edge/config/directives/authz.js';
import { CACHE_ROWS } from '../../../../../edge/config/directives/cache.js';
import { CACHE_EDGE_ROWS } from '../../../../../edge/config/directives/cache-edge.js';
import { CACHE_STORE_ROWS } from '../../../../../edge/config/directives/cache-stores.js';
import { ENV_ROWS } from '../../../../../edge/config/directives/env.js';
import { HCHECK_ROWS } from '../../../../../edge/config/directives/hcheck.js';
import { HEADERS_ROWS } from '../../../../../edge/config/directives/headers.js';
import { PROXY_PASS_ROWS } from '../../../../../edge/config/directives/proxy-pass.js';
import { PROXY_PASS_REVERSE_ROWS } from '../../../../../edge/config/directives/proxy-pass-reverse.js';
import { newPools } from '../../../../../edge/config/directives/proxy-pools.js';
import { type FinishedPools, finishPools } from '../../../../../edge/config/directives/proxy-pools-finish.js';
import {
  openProxySection,
  PROXY_POOLS_ROWS,
} from '../../../../../edge/config/directives/proxy-pools-rows.js';
import { PROXY_SERVER_ROWS } from '../../../../../edge/config/directives/proxy-server.js';
import { SSL_ROWS } from '../../../../../edge/config/directives/ssl.js';
import { IRRELEVANT_SSL_ROWS } from '../../../../../edge/config/directives/ssl-accepted.js';
import { SSL_CLIENT_ROWS } from '../../../../../edge/config/directives/ssl-clients.js';
import { SSL_PROXY_ROWS } from '../../../../../edge/config/directives/ssl-proxy.js';
import { SSL_SESSION_ROWS } from '../../../../../edge/config/directives/ssl-sessions.js';
import { ConfError } from '../../../../../edge/config/error.js';
import { logicalLines, splitWords } from '../../../../../edge/config/lexer.js';
import type {
  Context,
  DirectiveLine,
  DirectiveRow,
  Scope,
  SectionRow,
  ServerDraft,
} from '../../../../../edge/config/table.js';
import type { Place, ServerSettings } from '../../../../../edge/settings.js';

const ROWS = new Map<string, DirectiveRow>(
  [
    AUTHZ_ROWS,
    CACHE_ROWS,
    CACHE_EDGE_ROWS,
    CACHE_STORE_ROWS,
    ENV_ROWS,
    HCHECK_ROWS,
    HEADERS_ROWS,
    IRRELEVANT_SSL_ROWS,
    PROXY_PASS_ROWS,
    PROXY_PASS_REVERSE_ROWS,
    PROXY_POOLS_ROWS,
    PROXY_SERVER_ROWS,
    SSL_ROWS,
    SSL_CLIENT_ROWS,
    SSL_SESSION_ROWS,
    SSL_PROXY_ROWS,
  ]
    .flat()
    .map((row) => [row.name.toLowerCase(), row]),
);

export interface ReadServer {
  draft: ServerDraft;
  /** Sections other than containers of Require, in order. */
  places: { name: string; argument: string; place: Place }[];
}

export interface Reading {
  servers: ReadServer[];
  warnings: string[];
  notes: string[];
  pools: ReturnType<typeof newPools>;
}

export interface ReadingOptions {
  /** Modules that are not loaded, as `mod_proxy_hcheck`. */
  without?: readonly string[];
  serverRoot?: string;
}

/** Reads a configuration; fails with ConfError. */
export function read(text: string, options: ReadingOptions = {}): Reading {
  const main: ReadServer = { draft: newDraft(true), places: [] };
  const reading: Reading = { servers: [main], warnings: [], notes: [], pools: newPools() };
  let scope = newScope(reading, main.draft, options);
  const open: (() => void)[] = [];
  for (const { text: whole, line } of logicalLines(text)) {
    const trimmed = whole.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    if (trimmed.startsWith('</')) {
      open.pop()?.();
      continue;
    }
    const column = whole.length - whole.trimStart().length + 1;
    const isSection = trimmed.startsWith('<');
    const body = isSection ? whole.replace(/>\s*$/, ' ') : whole;
    const [name, ...words] = splitWords(body);
    const word = name?.text.replace(/^</, '') ?? '';
    const nameEnd = (name?.column ?? 1) - 1 + (name?.text.length ?? 0);
    const given: DirectiveLine = {
      name: word,
      words,
      raw: body.slice(nameEnd).trim(),
      file: 't.conf',
      line,
      column,
    };
    if (isSection) {
      const outside = scope;
      const { inside, close } = openSection(given, scope, reading);
      scope = inside;
      open.push(() => {
        close();
        scope = outside;
      });
    } else {
      const row = ROWS.get(word.toLowerCase());
      if (row === undefined) throw new Error(`no row for ${word}`);
      row.apply({ ...given, name: row.name }, scope);
    }
  }
  return reading;
}

function openSection(
  line: DirectiveLine,
  scope: Scope,
  reading: Reading,
): { inside: Scope; close: () => void } {
  const name = line.name.toLowerCase();
  const container = AUTHZ_SECTIONS.find((row: SectionRow) => row.name.toLowerCase() === name);
  if (container !== undefined) {
    const inside = container.open(line, scope);
    if (inside === undefined) throw new Error(`${name} was not opened`);
    return { inside, close: () => container.close?.(line, inside, scope) };
  }
  if (name === 'virtualhost') {
    const server: ReadServer = { draft: newDraft(false), places: [] };
    reading.servers.push(server);
    const inside = scope.inside(line, { server: server.draft, place: server.draft.base, context: 'vhost' });
    return { inside, close: () => undefined };
  }
  const isProxy = name.startsWith('proxy');
  const context: Context = isProxy ? 'proxy' : name === 'if' ? 'if' : 'location';
  const argument = line.words.find((word) => word.text !== '~')?.text ?? '';
  const place: Place = {};
  const server = reading.servers.find(({ draft }) => draft === scope.server);
  server?.places.push({ name: line.name, argument, place });
  const inside = scope.inside(line, { place, context, sectionArgument: argument });
  return { inside, close: () => (isProxy ? openProxySection(line, scope) : undefined) };
}

function newDraft(isMain: boolean): ServerDraft {
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
    file: 't.conf',
    line: 1,
  };
}

function newScope(reading: Reading, server: ServerDraft, options: ReadingOptions): Scope {
  const scope: Scope = {
    settings: {},
    server,
    place: server.base,
    context: 'server',
    sectionArgument: '',
    sections: [],
    pools: reading.pools,
    serverRoot: options.serverRoot ?? '/nowhere',
    resolve: (path) => (path.startsWith('/') ? path : `${options.serverRoot ?? '/nowhere'}/${path}`),
    inside(line, changes) {
      const sections = [...this.sections, { name: line.name, argument: line.raw }];
      return { ...this, ...changes, sections };
    },
    isModuleLoaded: (name) => options.without?.includes(name) !== true,
    warn: (_line, text) => reading.warnings.push(text),
    note: (kind, line, text) => reading.notes.push(`${kind} ${line.name}: ${text}`),
  };
  return scope;
}

/** Lines outside sections by the given rows; what they say of the main server. */
export function readLines(rows: readonly DirectiveRow[], lines: readonly string[]): ServerDraft {
  const main: ReadServer = { draft: newDraft(true), places: [] };
  const reading: Reading = { servers: [main], warnings: [], notes: [], pools: newPools() };
  const scope = newScope(reading, main.draft, {});
  for (const whole of lines) {
    const [name, ...words] = splitWords(whole);
    const row = rows.find((known) => known.name === name?.text);
    if (row === undefined) continue;
    const raw = whole.slice(row.name.length);
    row.apply({ name: row.name, words, raw, file: 't.conf', line: 1, column: 1 }, scope);
  }
  return main.draft;
}

/** The message that a configuration is refused with. */
export function messageOf(text: string, options?: ReadingOptions): string {
  return errorOf(text, options).message;
}

export function errorOf(text: string, options?: ReadingOptions): ConfError {
  try {
    read(text, options);
  } catch (error) {
    if (error instanceof ConfError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

/** What pools and servers come out when vhosts inherit everything. */
export function finish(
  text: string,
  options?: ReadingOptions,
): FinishedPools & { servers: ServerSettings[] } {
  const { servers, pools } = read(text, options);
  const [main] = servers;
  const finished = servers.map(({ draft, places }) => {
    const inherited = draft === main?.draft ? [] : (main?.draft.own.proxyPass ?? []);
    const settings = {
      ...draft.own,
      proxyPass: [...inherited, ...(draft.own.proxyPass ?? [])],
      base: draft.base,
      proxy: { balancerInherit: true, proxyPassInherit: true, ...draft.proxy, balancers: {}, members: [] },
      proxySections: [],
      locations: places.map(({ argument, place }) => ({ kind: 'prefix', pattern: argument, place, at: '' })),
    } as unknown as ServerSettings;
    return { draft, settings };
  });
  return { ...finishPools(pools, finished), servers: finished.map(({ settings }) => settings) };
}
