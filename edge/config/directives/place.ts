/**
 * Settings of the core that a section may have of its own: handlers, error documents, names in self-made URLs.
 *
 * Source: httpd 2.4 manual, core; messages from httpd itself. Thread: main, at load.
 */
import { isHandlerName } from '../../admin/handler.js';
import { ExprError, parseString } from '../../expr/parse.js';
import { reasonOf } from '../../http/status.js';
import type { ErrorDocument, ServerSettings } from '../../settings.js';
import { fail } from '../error.js';
import { refuseUnsupported } from '../scope.js';
import { ANYWHERE, type DirectiveLine, type DirectiveRow, type Scope } from '../table.js';
import { choice, firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

function applySetHandler(line: DirectiveLine, scope: Scope): void {
  const { text, column } = firstWord(line);
  const handler = text.toLowerCase();
  if (/^(proxy:|expr=)/i.test(text)) {
    const effect = 'requests would be proxied as the handler says; use ProxyPass';
    refuseUnsupported(line, scope, `SetHandler ${text} is not supported by drover: ${effect}`, column);
    return;
  }
  scope.place.handler = handler === 'none' ? 'none' : text;
  if (handler !== 'none' && !isHandlerName(text))
    scope.note('irrelevant', line, `drover has no handler ${text}`);
}

/** What it is, its text says as it was written; where there is a blank it is words, whatever it begins with. */
function readDocument(line: DirectiveLine): ErrorDocument {
  const written = line.words[1]?.text ?? '';
  if (written.toLowerCase() === 'default') return { kind: 'default', value: '' };
  const isWords = written.includes(' ');
  const text = written.startsWith('"') ? written.slice(1) : written;
  const isUrl = /^[a-z\d+.-]+:/i.test(text);
  const kind = isWords ? 'text' : text.startsWith('/') ? 'path' : isUrl ? 'url' : 'text';
  try {
    const expr = parseString(text);
    return expr.op === 'text' ? { kind, value: expr.value } : { kind, value: text, expr };
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    fail(line, `Cannot parse expression in ErrorDocument: ${error.message}`, line.words[1]?.column);
  }
}

function applyErrorDocument(line: DirectiveLine, scope: Scope): void {
  const code = firstWord(line);
  const status = atoi(code.text);
  if (reasonOf(status) === '') fail(line, `Unsupported HTTP response code ${code.text}`, code.column);
  const document = readDocument(line);
  if (status === 401 && document.kind === 'url') {
    const where = `${line.file}:${line.line}`;
    scope.warn(
      line,
      `AH00113: ${where} cannot use a full URL in a 401 ErrorDocument directive --- ignoring!`,
    );
    return;
  }
  scope.place.errorDocuments = { ...scope.place.errorDocuments, [status]: document };
}

/** Settings that a server has and a section may have in its stead. */
function applyServerWord<Word extends 'serverSignature' | 'useCanonicalName'>(
  line: DirectiveLine,
  scope: Scope,
  word: Word,
  values: Readonly<Record<string, ServerSettings[Word]>>,
  fault: string,
): void {
  const value = choice(firstWord(line), values);
  if (value === undefined) fail(line, fault, firstWord(line).column);
  if (scope.context === 'server' || scope.context === 'vhost')
    Object.assign(scope.server.own, { [word]: value });
  else scope.place.over = { ...scope.place.over, [word]: value };
}

export const PLACE_ROWS: readonly DirectiveRow[] = [
  {
    name: 'SetHandler',
    module: 'core',
    contexts: ANYWHERE,
    arity: 'take1',
    usage: 'a handler name that overrides any other configured handler',
    apply: applySetHandler,
  },
  {
    name: 'ErrorDocument',
    module: 'core',
    contexts: ANYWHERE,
    arity: 'take2',
    usage: 'Change responses for HTTP errors',
    apply: applyErrorDocument,
  },
  {
    name: 'ServerSignature',
    module: 'core',
    contexts: ANYWHERE,
    arity: 'take1',
    usage: 'En-/disable server signature (on|off|email)',
    apply(line, scope) {
      const values = { off: 'Off', on: 'On', email: 'EMail' } as const;
      const fault = 'ServerSignature: use one of: off | on | email';
      applyServerWord(line, scope, 'serverSignature', values, fault);
    },
  },
  {
    name: 'UseCanonicalName',
    module: 'core',
    contexts: ANYWHERE,
    arity: 'take1',
    usage: 'How to work out the ServerName : Port when constructing URLs',
    apply(line, scope) {
      const values = { off: 'Off', on: 'On', dns: 'DNS' } as const;
      applyServerWord(line, scope, 'useCanonicalName', values, "parameter must be 'on', 'off', or 'dns'");
    },
  },
];
