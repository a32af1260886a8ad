/**
 * Directives of mod_ssl that have no place in drover's settings: checked as httpd checks them, accepted, and listed with
 * the reason. Most concern things that Node's OpenSSL does by itself.
 *
 * Source: httpd 2.4 manual, mod_ssl; messages from httpd itself.
 * Thread: main, at load.
 */
import { fail } from '../error.js';
import { type DirectiveLine, type DirectiveRow, type Scope, SERVER_ONLY, SERVER_VHOST } from '../table.js';
import { atoi } from './proxy-params-values.js';
import { isOn, sslRow } from './ssl-words.js';

type Check = (line: DirectiveLine, scope: Scope) => void;

const NOTHING: Check = () => undefined;
const RANDOM = 'OpenSSL seeds itself';
const SESSIONS = 'sessions are resumed by tickets; OpenSSL keeps its own cache';

const CACHES = ['shmcb', 'default', 'dbm', 'dc', 'memcache', 'redis'];

/** `none`, `nonenotnull`, or a provider with what it wants to know. */
export function checkCache(line: DirectiveLine): void {
  const word = line.words[0];
  const text = word?.text ?? '';
  if (/^(?:none|nonenotnull)$/i.test(text) && line.name === 'SSLSessionCache') return;
  const name = text.replace(/:.*$/s, '');
  if (!CACHES.includes(name.toLowerCase())) {
    const [what, stop, end] = line.name === 'SSLSessionCache' ? ['session', '.', '.'] : ['stapling', '', ''];
    fail(
      line,
      `${line.name}: '${name}' ${what} cache not supported (known names: shmcb,default)${stop} Maybe you need to ` +
        `load the appropriate socache module (mod_socache_${name}?)${end}`,
      word?.column,
    );
  }
  const size = /\((\d+)\)$/.exec(text)?.[1];
  if (size !== undefined && Number(size) < 8192) {
    fail(line, `${line.name}: Invalid argument: size has to be >= 8192 bytes`, word?.column);
  }
}

function checkTimeout(line: DirectiveLine): void {
  if (atoi(line.words[0]?.text ?? '') < 0)
    fail(line, `${line.name}: Invalid argument`, line.words[0]?.column);
}

function checkSeed(line: DirectiveLine): void {
  const word = line.words[0];
  const text = word?.text.toLowerCase();
  if (text !== 'startup' && text !== 'connect') {
    fail(line, `SSLRandomSeed: invalid context: \`${word?.text ?? ''}'`, word?.column);
  }
}

function checkCompression(line: DirectiveLine): void {
  if (!isOn(line)) return;
  const message =
    'This version of OpenSSL does not have any compression methods available, cannot enable SSLCompression.';
  fail(line, message, line.words[0]?.column);
}

function accepted(
  kind: 'irrelevant' | 'inactive',
  reason: string,
  name: string,
  arity: DirectiveRow['arity'],
  usage: string,
  contexts: DirectiveRow['contexts'],
  check: Check = NOTHING,
): DirectiveRow {
  return sslRow(name, arity, usage, contexts, (line, scope) => {
    check(line, scope);
    scope.note(kind, line, reason);
  });
}

export const IRRELEVANT_SSL_ROWS: readonly DirectiveRow[] = [
  accepted(
    'irrelevant',
    SESSIONS,
    'SSLSessionCache',
    'take1',
    "SSL Session Cache storage ('none', 'nonenotnull', 'dbm:/path/to/file')",
    SERVER_ONLY,
    checkCache,
  ),
  accepted(
    'irrelevant',
    SESSIONS,
    'SSLSessionCacheTimeout',
    'take1',
    "SSL Session Cache object lifetime ('N' - number of seconds)",
    SERVER_VHOST,
    checkTimeout,
  ),
  accepted(
    'irrelevant',
    RANDOM,
    'SSLRandomSeed',
    'take23',
    'SSL Pseudo Random Number Generator (PRNG) seeding source ' +
      "('startup|connect builtin|file:/path|exec:/path [bytes]')",
    SERVER_ONLY,
    checkSeed,
  ),
  accepted(
    'irrelevant',
    'Node has its own OpenSSL',
    'SSLCryptoDevice',
    'take1',
    "SSL external Crypto Device usage ('builtin', '...')",
    SERVER_ONLY,
  ),
  accepted(
    'irrelevant',
    'Node has its own OpenSSL',
    'SSLFIPS',
    'flag',
    "Enable FIPS-140 mode (`on', `off')",
    SERVER_ONLY,
  ),
  accepted(
    'irrelevant',
    'TLS compression exists no more',
    'SSLCompression',
    'flag',
    "Enable SSL level compression (`on', `off')",
    SERVER_VHOST,
    checkCompression,
  ),
  accepted(
    'irrelevant',
    'clients cannot renegotiate',
    'SSLInsecureRenegotiation',
    'flag',
    'Enable support for insecure renegotiation',
    SERVER_VHOST,
  ),
  accepted(
    'irrelevant',
    'no handshake is repeated in the middle of a request',
    'SSLRenegBufferSize',
    'take1',
    'Configure the amount of memory that will be used for buffering the request body if a per-location SSL ' +
      'renegotiation is required due to changed access control requirements',
    ['location', 'proxy', 'if', 'directory'],
  ),
];
