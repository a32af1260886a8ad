/**
 * The answers to -v, -V, -l, -L, -S and -M: text for standard output in httpd's form, so that scripts that read it go on
 * working. What is shown of a configuration is made by edge/config/dump.ts. Command line.
 *
 * Source: httpd 2.4 manual, "httpd", options; forms as printed by 2.4.71.
 */
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dumpIncludes, dumpModules, dumpRunConfiguration, dumpVhosts, staticModules } from './config/dump.js';
import { environmentText } from './config/environment.js';
import { directiveNames } from './config/rows.js';
import type { Loaded } from './load.js';
import { versionOf } from './server-token.js';
import type { Note } from './settings.js';

/** As logs and -v name it. */
export const PRODUCT = `drover/${versionOf()}`;

export function versionText(): string {
  const built = statSync(import.meta.filename)
    .mtime.toISOString()
    .slice(0, 19);
  return `Server version: ${PRODUCT}\nServer built:   ${built}\n`;
}

export function buildText(): string {
  const { modules, uv, v8, openssl } = process.versions;
  return `${versionText()}Server loaded:  Node.js ${process.version} (ABI ${modules}), libuv ${uv}, V8 ${v8}, OpenSSL ${openssl}
Architecture:   ${process.platform} ${process.arch}
Server MPM:     one supervisor, one edge process, ${availableParallelism()} worker threads here
  threaded:     yes
  forked:       no
Engines:        uws (uWebSockets.js), node (node:http)
`;
}

/** -l: source names of what is always there, as httpd lists them. */
export function staticModulesText(): string {
  const sources = staticModules().map((name) => {
    if (name === 'core_module') return 'core.c';
    if (name === 'http_module') return 'http_core.c';
    return `mod_${name.replace(/_module$/, '')}.c`;
  });
  return `Compiled in modules:\n${sources.map((source) => `  ${source}\n`).join('')}`;
}

/** -L: the words that have an effect. */
export function directivesText(): string {
  return [...directiveNames()]
    .sort((a, b) => a.localeCompare(b))
    .map((name) => `${name}\n`)
    .join('');
}

/** -S, -M and -t -D DUMP_…: each part that the names ask for, in httpd's order. */
export function dumpText({ settings, includes, env }: Loaded, defines: readonly string[]): string {
  const asks = (name: string): boolean => defines.includes(name);
  return [
    asks('DUMP_INCLUDES') ? dumpIncludes(includes) : '',
    asks('DUMP_VHOSTS') ? dumpVhosts(settings) : '',
    asks('DUMP_RUN_CFG') ? dumpRunConfiguration(settings, defines) + environmentText(env) : '',
    asks('DUMP_MODULES') ? dumpModules(settings) : '',
  ].join('');
}

/** -t -v: what was accepted without effect, one line each. */
export function notesText(notes: readonly Note[]): string {
  return notes.map(({ kind, at, word, text }) => `${at}: ${word}: ${kind}: ${text}\n`).join('');
}
