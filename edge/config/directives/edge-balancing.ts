/**
 * drover's own directives about balancing; httpd has none of them.
 *
 * EdgeHashKey expression     what lbmethod=hash places requests by: `%{REQUEST_URI}`, `%{req:X-Tenant}`; the client's
 *                            address without it
 *
 * Thread: main, at load.
 */
import { ExprError, parseString } from '../../expr/parse.js';
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveRow } from '../table.js';
import { firstWord } from './core.js';

export const EDGE_BALANCING_ROWS: readonly DirectiveRow[] = [
  {
    name: 'EdgeHashKey',
    module: 'edge',
    contexts: ANYWHERE,
    arity: 'take1',
    usage: 'an expression that gives a string',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      if (text === '') fail(line, 'EdgeHashKey must not be empty', column);
      try {
        scope.place.hashKey = parseString(text);
      } catch (error) {
        if (!(error instanceof ExprError)) throw error;
        fail(line, `Could not parse expression "${text}": ${error.message}`, column);
      }
    },
  },
];
