/**
 * Limits of what a request may be.
 *
 * Source: httpd 2.4 manual, core; messages from httpd itself. Thread: main, at load.
 */
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveRow, SERVER_VHOST } from '../table.js';
import { firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

type Limit = 'limitRequestLine' | 'limitRequestFieldSize' | 'limitRequestFields';

/** suffix: what httpd adds to its message. */
function limitRow(name: string, field: Limit, usage: string, suffix: string): DirectiveRow {
  return {
    name,
    module: 'core',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage,
    apply(line, scope) {
      const { text, column } = firstWord(line);
      const value = atoi(text);
      if (value < 0) fail(line, `${name} "${text}" must be a non-negative integer${suffix}`, column);
      scope.server.own[field] = value;
    },
  };
}

const LONGEST_BODY = 2 ** 63;

export const LIMIT_ROWS: readonly DirectiveRow[] = [
  limitRow('LimitRequestLine', 'limitRequestLine', 'Limit on maximum size of an HTTP request line', ''),
  limitRow(
    'LimitRequestFieldsize',
    'limitRequestFieldSize',
    'Limit on maximum size of an HTTP request header field',
    '',
  ),
  limitRow(
    'LimitRequestFields',
    'limitRequestFields',
    'Limit (0 = unlimited) on max number of header fields in a request message',
    ' (0 = no limit)',
  ),
  {
    name: 'LimitRequestBody',
    module: 'core',
    contexts: ANYWHERE,
    arity: 'take1',
    usage: 'Limit (in bytes) on maximum size of request message body',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      if (!/^\s*\d+$/.test(text)) fail(line, 'LimitRequestBody requires a non-negative integer.', column);
      if (Number(text) >= LONGEST_BODY) fail(line, 'LimitRequestBody argument is not parsable.', column);
      scope.place.limitRequestBody = Number(text);
    },
  },
];
