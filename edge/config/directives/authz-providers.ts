/**
 * What can stand after Require: `all`, `ip`, `host`, `forward-dns`, `local`, `env`, `method`, `expr`, `ssl`, and the
 * users of text files. Others are refused by name, so that nobody is let in or kept out by a rule that is not looked at.
 *
 * Source: httpd 2.4 manual, mod_authz_core, mod_authz_host, mod_ssl; messages from httpd itself.
 * Thread: main, at load.
 */
import type { BoolExpr } from '../../expr/ast.js';
import { ExprError, parseBool } from '../../expr/parse.js';
import type { AuthzNode } from '../../http/access.js';
import { parseNetwork } from '../../http/access-address.js';
import { fail } from '../error.js';
import type { DirectiveLine, Word } from '../table.js';

const OTHER_FILES = 'drover looks users up in text files alone';

/** Providers of httpd's modules that are not implemented, and why. */
const NOT_IMPLEMENTED: Readonly<Record<string, string>> = {
  'file-owner': 'drover serves no files',
  'file-group': 'drover serves no files',
  'dbm-group': OTHER_FILES,
  'dbm-file-group': OTHER_FILES,
  'dbd-group': OTHER_FILES,
  'dbd-login': OTHER_FILES,
  'dbd-logout': OTHER_FILES,
  'ldap-user': OTHER_FILES,
  'ldap-group': OTHER_FILES,
  'ldap-dn': OTHER_FILES,
  'ldap-attribute': OTHER_FILES,
  'ldap-filter': OTHER_FILES,
  'ldap-search': OTHER_FILES,
};

/** Methods that httpd has numbers for, by RFC 9110, 5789, 4918, 3253. */
const METHODS = new Set(
  (
    'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ' +
    'VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE'
  ).split(' '),
);

/**
 * words  from the provider's name on
 * raw    the line from the provider's name on
 */
export function readProvider(line: DirectiveLine, words: readonly Word[], raw: string): AuthzNode {
  const name = words[0]?.text ?? '';
  const rest = words.slice(1);
  switch (name) {
    case 'all':
      return readAll(line, rest);
    case 'ip':
      if (rest.length === 0) fail(line, "'require ip' requires an argument");
      return { kind: 'ip', networks: rest.map((word) => network(line, word)) };
    case 'host':
      if (rest.length === 0) fail(line, "'require host' requires an argument");
      return { kind: 'host', domains: rest.map((word) => word.text) };
    case 'forward-dns':
      if (rest.length === 0) fail(line, "'require forward-dns' requires an argument");
      return { kind: 'forward-dns', names: rest.map((word) => word.text) };
    case 'valid-user':
      return { kind: 'valid-user' };
    case 'user':
      return { kind: 'user', names: rest.map((word) => word.text) };
    case 'group':
      return { kind: 'group', names: rest.map((word) => word.text) };
    case 'local':
      return { kind: 'local' };
    case 'env':
      return { kind: 'env', names: rest.map((word) => word.text) };
    case 'method':
      for (const { text, column } of rest) {
        if (!METHODS.has(text)) fail(line, `Invalid Method '${text}'`, column);
      }
      return { kind: 'method', methods: rest.map((word) => word.text) };
    case 'expr':
      return { kind: 'expr', expr: expression(line, raw.replace(/^\S+\s*/, ''), words[1]?.column) };
    case 'ssl':
      if (rest.length > 0) fail(line, "'Require ssl' does not take arguments", rest[0]?.column);
      return { kind: 'expr', expr: parseBool("%{HTTPS} == 'on'") };
    case 'ssl-verify-client':
      return { kind: 'expr', expr: parseBool("%{SSL_CLIENT_VERIFY} == 'SUCCESS'") };
    default:
      return refuse(line, name, words[0]?.column);
  }
}

function refuse(line: DirectiveLine, name: string, column: number | undefined): never {
  const reason = Object.hasOwn(NOT_IMPLEMENTED, name) ? NOT_IMPLEMENTED[name] : undefined;
  if (reason === undefined) fail(line, `Unknown Authz provider: ${name}`, column);
  fail(line, `Require ${name} is known to httpd but not implemented in drover: ${reason}`, column);
}

function readAll(line: DirectiveLine, rest: readonly Word[]): AuthzNode {
  const word = rest.length === 1 ? rest[0]?.text.toLowerCase() : undefined;
  if (word !== 'granted' && word !== 'denied') {
    fail(line, "Argument for 'Require all' must be 'granted' or 'denied'", rest[0]?.column);
  }
  return { kind: word };
}

/** Quotes around the whole expression are taken off; inside, nothing is special. */
function expression(line: DirectiveLine, text: string, column: number | undefined): BoolExpr {
  const bare = text.trim().replace(/^"(.*)"$/s, '$1');
  try {
    return parseBool(bare);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `Cannot parse expression in require line: ${error.message}`, column);
  }
}

/** As CIDR. */
function network(line: DirectiveLine, word: Word): string {
  // Four numbers and a dot are an address to httpd.
  const text = word.text.replace(/^(\d+(?:\.\d+){3})\.$/, '$1');
  // An IPv4 address in IPv6's clothes is none to httpd.
  const cidr = /^::ffff:.*\./i.test(text) ? undefined : parseNetwork(text);
  if (cidr !== undefined) return cidr;
  const [address = ''] = text.split('/');
  const message = `ip address '${word.text}' appears to be invalid`;
  if (!address.includes(':') && !/^[\d.]+$/.test(address)) fail(line, message, word.column);
  const isWhole = address.includes(':') || /^\d+(?:\.\d+){3}$/.test(address);
  // httpd differs: it takes a mask with holes, such as 255.0.255.0.
  const isMaskWrong = text.includes('/') && isWhole && parseNetwork(address) !== undefined;
  fail(
    line,
    `${message}: The specified ${isMaskWrong ? 'network mask' : 'IP address'} is invalid.`,
    word.column,
  );
}
