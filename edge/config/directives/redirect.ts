/**
 * Redirect and its kin. Outside sections a line needs a path and joins the server's list; in a section it may go without
 * one, and its URL is then an expression.
 *
 * Source: httpd 2.4 manual, mod_alias; messages from httpd itself. Thread: main, at load.
 */
import { ExprError, parseString } from '../../expr/parse.js';
import { translateRegex } from '../../expr/regex.js';
import type { PlaceRedirect, RedirectSettings } from '../../route/redirect.js';
import { fail } from '../error.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope, type Word } from '../table.js';
import { atoi } from './proxy-params-values.js';

const WORDS: Readonly<Record<string, number>> = { gone: 410, permanent: 301, temp: 302, seeother: 303 };

/** A status by its word or number; undefined for what is neither. */
function statusOf(word: Word | undefined): number | undefined {
  const text = word?.text.toLowerCase() ?? '';
  if (Object.hasOwn(WORDS, text)) return WORDS[text];
  return /^\d/.test(text) ? atoi(text) : undefined;
}

function isRedirection(status: number): boolean {
  return status >= 300 && status < 400;
}

function applyRedirect(line: DirectiveLine, scope: Scope, isRegex: boolean): void {
  const { words } = line;
  const said = statusOf(words[0]);
  if (words.length === 3 && said === undefined) {
    fail(line, 'Redirect: invalid first argument (of three)', words[0]?.column);
  }
  const status = said ?? 302;
  const [first, second] = said === undefined ? words : words.slice(1);
  const isInSection = scope.context !== 'server' && scope.context !== 'vhost';
  // Behind a status that has no URL stands a path.
  const isPathless = second === undefined && (first === undefined || isRedirection(status));
  if (isInSection && isPathless && !isRegex) {
    scope.place.redirect = placeRedirect(line, status, first);
  } else addRedirect(line, scope, status, first, second, isRegex);
}

function placeRedirect(line: DirectiveLine, status: number, url: Word | undefined): PlaceRedirect {
  if (url === undefined) {
    if (isRedirection(status)) fail(line, 'URL to redirect to is missing');
    return { status };
  }
  try {
    return { status, url: parseString(url.text) };
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `Cannot parse redirect expression '${url.text}': ${error.message}`, url.column);
  }
}

function addRedirect(
  line: DirectiveLine,
  scope: Scope,
  status: number,
  path: Word | undefined,
  url: Word | undefined,
  isRegex: boolean,
): void {
  const regex = isRegex ? regexOf(line, path) : undefined;
  if (!isRedirection(status) && url !== undefined) {
    fail(line, 'Redirect URL not valid for this status', url.column);
  }
  if (isRedirection(status)) {
    if (url === undefined) fail(line, 'URL to redirect to is missing');
    const isUrl = /^[a-z][a-z\d+.-]*:|^\//i.test(url.text);
    if (!isRegex && !isUrl) fail(line, 'Redirect to non-URL', url.column);
  }
  const target = url === undefined ? {} : { url: url.text };
  const entry: RedirectSettings =
    regex === undefined
      ? { kind: 'prefix', path: path?.text ?? '', status, ...target }
      : { kind: 'regex', regex, status, ...target };
  if (scope.context === 'server' || scope.context === 'vhost') {
    scope.server.own.redirects = [...(scope.server.own.redirects ?? []), entry];
  } else scope.place.redirects = [...(scope.place.redirects ?? []), entry];
}

function regexOf(line: DirectiveLine, word: Word | undefined): ReturnType<typeof translateRegex> {
  try {
    return translateRegex(word?.text ?? '');
  } catch {
    fail(line, 'Regular expression could not be compiled.', word?.column);
  }
}

function fixedRow(name: string, status: number): DirectiveRow {
  return {
    name,
    module: 'mod_alias',
    contexts: ANYWHERE,
    arity: 'take2',
    usage: 'a document to be redirected, then the destination URL',
    apply(line, scope) {
      addRedirect(line, scope, status, line.words[0], line.words[1], false);
    },
  };
}

export const REDIRECT_ROWS: readonly DirectiveRow[] = [
  {
    name: 'Redirect',
    module: 'mod_alias',
    contexts: ANYWHERE,
    arity: 'take123',
    usage: 'an optional status, then document to be redirected and destination URL',
    apply: (line, scope) => applyRedirect(line, scope, false),
  },
  {
    name: 'RedirectMatch',
    module: 'mod_alias',
    contexts: ANYWHERE,
    arity: 'take23',
    usage: 'an optional status, then a regular expression and destination URL',
    apply: (line, scope) => applyRedirect(line, scope, true),
  },
  fixedRow('RedirectTemp', 302),
  fixedRow('RedirectPermanent', 301),
  {
    name: 'RedirectRelative',
    module: 'mod_alias',
    contexts: ANYWHERE,
    arity: 'flag',
    usage: 'Set to ON to allow relative redirect targets to be issued as-is',
    apply(line, scope) {
      scope.place.redirectRelative = line.words[0]?.text.toLowerCase() === 'on';
    },
  },
];
