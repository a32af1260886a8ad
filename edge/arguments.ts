/**
 * The command line: httpd's options with httpd's meaning, messages and exit codes, so that scripts written for apache2
 * work with drover in its place. node:util.parseArgs takes the words apart (`-tS`, `-DNAME`, `-D NAME`); what a word means
 * is decided here. Beyond httpd: `drover demo` and other words in the first place, `--help` and `--version`.
 *
 * Source: httpd 2.4 manual, "httpd - Apache Hypertext Transfer Protocol Server"; messages as printed by 2.4.71.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const DEFAULT_FILE = '/etc/drover/drover.conf';

/** Where a configuration lies below `-d ROOT` when no `-f` is given: our own, Debian's, and upstream httpd's place. */
const FILES_OF_A_ROOT = ['drover.conf', 'apache2.conf', 'conf/httpd.conf'];

const VERBS = ['start', 'restart', 'graceful', 'graceful-stop', 'stop', 'upgrade'] as const;
export type Verb = (typeof VERBS)[number];

export type Action =
  | 'run'
  | 'check'
  | 'dump'
  | 'version'
  | 'build'
  | 'static-modules'
  | 'directives'
  | 'usage'
  | 'help'
  | 'demo';

export interface Arguments {
  action: Action;
  /** Absolute. */
  file: string;
  /** -d, absolute; else the directory of the file, until a ServerRoot line says otherwise. */
  serverRoot: string;
  /** -D names in order, those implied by -S and -M included. */
  defines: string[];
  /** -C and -c lines. */
  before: string[];
  after: string[];
  verb: Verb;
  /** -t with -v: also list what has no effect. */
  isVerbose: boolean;
  /** -X: one worker, not detached. */
  isSingle: boolean;
  /** What is wrong with the command line; printed before the usage, exit code 1. */
  problem?: string;
}

const OPTIONS = {
  D: { type: 'string', short: 'D', multiple: true },
  C: { type: 'string', short: 'C', multiple: true },
  c: { type: 'string', short: 'c', multiple: true },
  d: { type: 'string', short: 'd' },
  f: { type: 'string', short: 'f' },
  k: { type: 'string', short: 'k' },
  e: { type: 'string', short: 'e' },
  E: { type: 'string', short: 'E' },
  v: { type: 'boolean', short: 'v' },
  V: { type: 'boolean', short: 'V' },
  h: { type: 'boolean', short: 'h' },
  l: { type: 'boolean', short: 'l' },
  L: { type: 'boolean', short: 'L' },
  t: { type: 'boolean', short: 't' },
  T: { type: 'boolean', short: 'T' },
  S: { type: 'boolean', short: 'S' },
  M: { type: 'boolean', short: 'M' },
  X: { type: 'boolean', short: 'X' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const;

/**
 * Reads the words after the program's name.
 * argv     without node and script
 * cwd      what a relative -d, and a relative -f without -d, start from
 * returns  always; `problem` tells of a wrong command line
 */
export function parseArguments(argv: readonly string[], cwd: string): Arguments {
  const { values, tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const defines = strings(values['D']);
  const verb = text(values['k']) ?? 'start';
  if (values['S'] === true) defines.push('DUMP_VHOSTS', 'DUMP_RUN_CFG');
  if (values['M'] === true) defines.push('DUMP_MODULES');

  const root = text(values['d']);
  const serverRoot = root === undefined ? undefined : resolve(cwd, root);
  const file = fileOf(text(values['f']), serverRoot, cwd);
  const problem = problemOf(tokens, verb);
  return {
    action: problem === undefined ? actionOf(values, argv, defines) : 'usage',
    file,
    serverRoot: serverRoot ?? dirname(file),
    defines,
    before: strings(values['C']),
    after: strings(values['c']),
    verb: isVerb(verb) ? verb : 'start',
    isVerbose: values['v'] === true,
    isSingle: values['X'] === true,
    ...(problem === undefined ? {} : { problem }),
  };
}

type Values = Readonly<Record<string, unknown>>;

function actionOf(values: Values, argv: readonly string[], defines: readonly string[]): Action {
  if (values['help'] === true) return 'help';
  if (values['h'] === true) return 'usage';
  if (argv[0] === 'demo') return 'demo';
  if (defines.some((name) => name.startsWith('DUMP_'))) return 'dump';
  if (values['t'] === true) return 'check';
  if (values['v'] === true || values['version'] === true) return 'version';
  if (values['V'] === true) return 'build';
  if (values['l'] === true) return 'static-modules';
  if (values['L'] === true) return 'directives';
  return 'run';
}

/** The part of a parseArgs token that is looked at. */
type Token = {
  kind: string;
  name?: string;
  rawName?: string;
  value?: string | boolean | undefined;
  index: number;
};

function problemOf(tokens: readonly Token[], verb: string): string | undefined {
  for (const token of tokens) {
    if (token.kind === 'positional' && !(token.index === 0 && token.value === 'demo')) return '';
    if (token.kind !== 'option' || token.name === undefined) continue;
    const option = Object.hasOwn(OPTIONS, token.name)
      ? OPTIONS[token.name as keyof typeof OPTIONS]
      : undefined;
    const isLong = token.rawName?.startsWith('--') === true;
    if (option === undefined || isLong !== token.name.length > 1) return `illegal option -- ${token.name}`;
    if (option.type === 'string' && typeof token.value !== 'string') {
      return `option requires an argument -- ${token.name}`;
    }
  }
  return isVerb(verb) ? undefined : 'illegal option -- k';
}

/**
 * httpd differs: a relative -f starts from its compiled-in ServerRoot when no -d is given; drover has no such place, so
 * it starts from the working directory, as everywhere else.
 */
function fileOf(file: string | undefined, serverRoot: string | undefined, cwd: string): string {
  if (file !== undefined) return resolve(serverRoot ?? cwd, file);
  if (serverRoot === undefined) return DEFAULT_FILE;
  const places = FILES_OF_A_ROOT.map((name) => join(serverRoot, name));
  return places.find((place) => existsSync(place)) ?? join(serverRoot, 'drover.conf');
}

function isVerb(word: string): word is Verb {
  return (VERBS as readonly string[]).includes(word);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export const USAGE = `Usage: drover [-D name] [-d directory] [-f file]
              [-C "directive"] [-c "directive"]
              [-k start|restart|graceful|graceful-stop|stop|upgrade]
              [-v] [-V] [-h] [-l] [-L] [-t] [-T] [-S] [-M] [-X]
       drover demo
       drover ctl [-f file] command …
       drover top [-f file] [-d seconds] [-n times]
       drover migrate directory [target]
       drover replay file … --to url [--speed 2x]
       drover cert self-signed|csr|show|check …
Options:
  -D name            : define a name for <IfDefine name>; FOREGROUND and NO_DETACH stay in the foreground
  -d directory       : ServerRoot to start from (default: the directory of the configuration file)
  -f file            : configuration file (default: ${DEFAULT_FILE}, or below -d)
  -C "directive"     : process directive before reading config files
  -c "directive"     : process directive after reading config files
  -k verb            : start, or tell the running one to restart, graceful, graceful-stop, stop or upgrade
  -v                 : show version number
  -V                 : show version, engines and limits
  -h                 : list available command line options (this page)
  -l                 : list compiled in modules
  -L                 : list available configuration directives
  -t                 : check the configuration; with -v also list what has no effect
  -S                 : show parsed vhost and run settings, and the engine of each address
  -M                 : show all loaded modules
  -T, -e, -E         : accepted as in httpd, without effect
  -X                 : debug mode (only one worker, do not detach)
  ctl                : balancers and members of the running drover; drover ctl --help
  top                : live: threads, balancers, members, rates; every 2 seconds, until Ctrl-C or -n times
  migrate directory  : what becomes of the httpd configured there; writes /etc/drover/migrated, or target
  replay file …      : plays what EdgeCapture has written against a URL, and reports what differs; drover replay --help
  cert               : keys, certificates and requests: made, shown, checked; drover cert --help
  demo               : three sample backends behind a balancer on http://127.0.0.1:8080
`;
