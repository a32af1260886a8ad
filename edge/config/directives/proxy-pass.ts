/**
 * ProxyPass and ProxyPassMatch: which path goes where. A line at server level joins the server's list, tried in order;
 * one in a <Location> is the place's own, and the last one counts. The parameters after the URL are those of the
 * balancer or the member that the URL names.
 *
 * The URL stays as written here: which balancer or member it means is settled when all has been read and can differ
 * from vhost to vhost (proxy-pools-finish.ts).
 *
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPass"; messages from httpd itself.
 * Thread: main, at load.
 */
import type { ProxyPassSettings } from '../../settings.js';
import { fail } from '../error.js';
import type { DirectiveLine, DirectiveRow, Scope, Word } from '../table.js';
import { applyBalancerParameter } from './balancer-params.js';
import { applyMemberParameter } from './proxy-params.js';
import { BadParameter, keyValue } from './proxy-params-values.js';
import { flaglessSource } from './proxy-pass-regex.js';
import {
  atOf,
  defineBalancer,
  findMember,
  hasHealthChecks,
  newMember,
  type PoolMember,
  poolsOf,
  type ServerPools,
} from './proxy-pools.js';
import { isBalancerUrl, isBrokenSocketUrl } from './proxy-pools-url.js';

const NEEDS_PATH = 'ProxyPass|ProxyPassMatch needs a path when not defined in a location';
const BAD_FORM = "Invalid ProxyPass|ProxyPassMatch parameter. Parameter must be in the form 'key=value'.";

interface Parameter {
  key: string;
  value: string;
  column: number;
}

/** A line taken apart. */
interface PassLine {
  path: string;
  /** Undefined when there was none. */
  url?: Word;
  isRegex: boolean;
  flags: Pick<ProxyPassSettings, 'nocanon' | 'interpolate' | 'mapping'>;
  /** In order of first mention; a key said twice has its last value. */
  parameters: Map<string, Parameter>;
}

function applyProxyPass(line: DirectiveLine, scope: Scope, isMatch: boolean): void {
  const isInLocation = scope.context === 'location';
  const read = readWords(line, isInLocation ? scope.sectionArgument : undefined, isMatch);
  const { url } = read;
  if (url === undefined) fail(line, NEEDS_PATH);
  const isRegex = read.isRegex || (isInLocation && hasWildcards(read.path));
  if (isBrokenSocketUrl(url.text)) {
    fail(line, 'ProxyPass|ProxyPassMatch uses an invalid "unix:" URL', url.column);
  }
  const settings: ProxyPassSettings = {
    kind: isRegex ? 'regex' : 'prefix',
    path: isRegex ? regexOf(line, read.path) : read.path,
    ...(url.text === '!' ? {} : { target: { kind: 'url', url: url.text } }),
    ...read.flags,
    at: atOf(line),
  };
  if (url.text !== '!') {
    const pools = poolsOf(scope.pools, scope.server);
    pools.hasOpenUrls ||= url.text.includes('$');
    define(line, scope, pools, read, url, isRegex);
  }
  if (isInLocation) scope.place.proxyPass = settings;
  else scope.server.own.proxyPass = [...(scope.server.own.proxyPass ?? []), settings];
}

function readWords(line: DirectiveLine, location: string | undefined, isMatch: boolean): PassLine {
  const read: PassLine = {
    path: location ?? '',
    isRegex: isMatch,
    flags: { nocanon: false, interpolate: false, mapping: 'none' },
    parameters: new Map(),
  };
  let hasPath = location !== undefined;
  for (const word of line.words) {
    if (!hasPath && word.text === '~') {
      if (isMatch) fail(line, "ProxyPassMatch invalid syntax ('~' usage).", word.column);
      read.isRegex = true;
    } else if (!hasPath) {
      read.path = word.text;
      hasPath = true;
    } else if (read.url === undefined) {
      read.url = word;
    } else {
      readOption(line, read, read.url, word, location !== undefined);
    }
  }
  return read;
}

function readOption(line: DirectiveLine, read: PassLine, url: Word, word: Word, isInLocation: boolean): void {
  const name = word.text.toLowerCase();
  // It means SCRIPT_FILENAME, which no member that drover speaks to is told.
  if (name === 'noquery') return;
  if (name === 'nocanon' || name === 'interpolate') {
    read.flags[name] = true;
    return;
  }
  const pair = keyValue(word.text);
  if (pair === undefined) {
    if (isInLocation && url.text.startsWith('/')) {
      fail(line, 'ProxyPass|ProxyPassMatch can not have a path when defined in a location.', url.column);
    }
    fail(line, BAD_FORM, word.column);
  }
  if (pair.key.toLowerCase() === 'mapping') {
    const mapping = pair.value.toLowerCase();
    if (mapping !== 'encoded' && mapping !== 'servlet') fail(line, 'unknown mapping', word.column);
    read.flags.mapping = mapping;
    return;
  }
  read.parameters.set(pair.key.toLowerCase(), { ...pair, column: word.column });
}

/** httpd takes a location's path with these for a regular expression. */
function hasWildcards(path: string): boolean {
  return /[*?]|\[.*\]/s.test(path.replace(/\\./gs, ''));
}

function regexOf(line: DirectiveLine, pattern: string): string {
  try {
    return flaglessSource(pattern);
  } catch {
    fail(line, 'Regular expression could not be compiled.');
  }
}

/** Make the balancer or member that the URL names, and give it the line's parameters. */
function define(
  line: DirectiveLine,
  scope: Scope,
  pools: ServerPools,
  read: PassLine,
  url: Word,
  isRegex: boolean,
): void {
  let column = url.column;
  try {
    if (isBalancerUrl(url.text)) {
      const balancer = defineBalancer(pools, url.text, atOf(line));
      for (const parameter of read.parameters.values()) {
        column = parameter.column;
        const isLoaded = (module: string) => scope.isModuleLoaded(module);
        applyBalancerParameter(balancer.said, parameter.key, parameter.value, isLoaded);
      }
      return;
    }
    const shared = findMember(pools.alone, url.text, isRegex ? 'regex' : 'prefix');
    if (shared !== undefined) {
      warnOfSharing(line, scope, shared, read);
      return;
    }
    const member = newMember(pools, url.text, line, isRegex ? read.path : undefined);
    for (const parameter of read.parameters.values()) {
      column = parameter.column;
      applyMemberParameter(member.said, parameter.key, parameter.value, hasHealthChecks(scope));
    }
    pools.alone.push(member);
  } catch (error) {
    if (error instanceof BadParameter) fail(line, `ProxyPass ${error.message}`, column);
    throw error;
  }
}

/** That a member is shared httpd says at level info; only that something is lost by it is a warning. */
function warnOfSharing(line: DirectiveLine, scope: Scope, shared: PoolMember, read: PassLine): void {
  for (const { key, value } of read.parameters.values()) {
    const what = `parameter '${key}=${value}' for worker '${shared.url.name}'`;
    scope.warn(line, `AH01146: Ignoring ${what} because of worker sharing`);
  }
}

export const PROXY_PASS_ROWS: readonly DirectiveRow[] = [
  {
    name: 'ProxyPass',
    module: 'mod_proxy',
    contexts: ['server', 'vhost', 'location'],
    arity: 'raw',
    usage: 'a virtual path and a URL',
    apply: (line, scope) => applyProxyPass(line, scope, false),
  },
  {
    name: 'ProxyPassMatch',
    module: 'mod_proxy',
    contexts: ['server', 'vhost', 'location'],
    arity: 'raw',
    usage: 'a virtual path and a URL',
    apply: (line, scope) => applyProxyPass(line, scope, true),
  },
];
