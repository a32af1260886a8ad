/**
 * RequestReadTimeout: `header=20-40,MinRate=500 body=20,MinRate=500`.
 *
 * Source: httpd 2.4 manual, mod_reqtimeout; messages from httpd itself. Thread: main, at load.
 */
import type { ReadStage } from '../../engine/read-timeout.js';
import { fail } from '../error.js';
import { type DirectiveLine, type DirectiveRow, SERVER_VHOST, type Word } from '../table.js';

function readStage(line: DirectiveLine, word: Word, text: string): ReadStage {
  const refuse = (why: string): never => fail(line, `RequestReadTimeout: ${word.text}: ${why}`, word.column);
  const [range = '', ...options] = text.split(',');
  const [, rate] = /^minrate=(.*)$/i.exec(options[0] ?? '') ?? [];
  if (options.length > 1 || (options.length === 1 && rate === undefined))
    refuse(`Cannot parse '${text.slice(range.length)}'`);
  const [first = '', most] = range.split('-');
  const number = (value: string): number =>
    /^\d+$/.test(value) ? Number(value) : refuse(`Value '${value}' not numerical`);
  if (most !== undefined && rate === undefined) refuse('Must set MinRate option if using timeout range');
  const stage = {
    first: number(first) * 1000,
    most: most === undefined ? 0 : number(most) * 1000,
    minRate: rate === undefined ? 0 : number(rate),
  };
  if (rate !== undefined && stage.minRate === 0) refuse('Minimum data rate must be larger than 0');
  if (most !== undefined && stage.most <= stage.first) {
    refuse('Maximum timeout must be larger than initial timeout');
  }
  return stage;
}

export const REQTIMEOUT_ROWS: readonly DirectiveRow[] = [
  {
    name: 'RequestReadTimeout',
    module: 'mod_reqtimeout',
    contexts: SERVER_VHOST,
    arity: 'iterate',
    usage: 'Set various timeout parameters for TLS handshake and/or reading request headers and body',
    apply(line, scope) {
      const { own } = scope.server;
      for (const word of line.words) {
        const [, name = '', text = ''] = /^([^=]*)=?(.*)$/s.exec(word.text) ?? [];
        const key = name.toLowerCase();
        if (key !== 'header' && key !== 'body' && key !== 'handshake') {
          fail(line, `RequestReadTimeout: ${word.text}: Unknown RequestReadTimeout parameter`, word.column);
        }
        const stage = readStage(line, word, text);
        if (key === 'handshake') scope.note('inactive', line, 'a TLS handshake has the engine’s own limit');
        else own.readTimeouts = { ...own.readTimeouts, [key]: stage };
      }
    },
  },
];
