/**
 * EdgeCapture FILE [size=64M] [files=2] [share=100%] [body=0] [mask=name,name]   requests of a server as lines of JSON in a file
 *                  that is put aside at `size`, `files` of them at the most, for `drover replay`; `Off` in a virtual host
 *
 * Bodies are kept only where `body=` says how long they may be: what is in them nobody can mask for sure.
 * Source: none, httpd's mod_log_forensic is the nearest. Thread: main, at load.
 */
import type { CaptureSettings } from '../../capture/settings.js';
import { fail } from '../error.js';
import { type DirectiveLine, type DirectiveRow, type Scope, SERVER_VHOST, type Word } from '../table.js';
import { firstWord } from './core.js';
import { bytesOf, shareOf } from './edge-mirror.js';
import { keyValue } from './proxy-params-values.js';

const LEAST_SIZE = 2 ** 16;
const MOST_FILES = 1000;
const MOST_BODY = 2 ** 24;
const KEYS = ['size', 'files', 'share', 'body', 'mask'];

type Said = Partial<Omit<CaptureSettings, 'file'>>;

/** Undefined: the value makes no sense. */
const READ: Readonly<Record<string, { says: string; read: (text: string) => Said | undefined }>> = {
  size: {
    says: 'bytes with K, M or G, at least 64K',
    read: (text) => atLeast(bytesOf(text), LEAST_SIZE, (size) => ({ size })),
  },
  files: {
    says: `a number from 1 to ${MOST_FILES}`,
    read: (text) =>
      /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_FILES
        ? { files: Number(text) }
        : undefined,
  },
  share: { says: 'a percentage above 0', read: (text) => atLeast(shareOf(text), 0, (share) => ({ share })) },
  body: {
    says: 'bytes, 16M at the most',
    read: (text) => {
      const body = bytesOf(text);
      return body === undefined || body > MOST_BODY ? undefined : { body };
    },
  },
  mask: {
    says: 'names with commas between',
    read: (text) => {
      const mask = text.toLowerCase().split(',');
      return mask.includes('') ? undefined : { mask };
    },
  },
};

function atLeast(value: number | undefined, least: number, give: (value: number) => Said): Said | undefined {
  return value === undefined || value < least ? undefined : give(value);
}

function readPair(line: DirectiveLine, { text, column }: Word): Said {
  const pair = keyValue(text);
  const row = pair === undefined ? undefined : READ[pair.key.toLowerCase()];
  if (pair === undefined || row === undefined)
    fail(line, `EdgeCapture: '${text}' is not key=value with one of ${KEYS.join(', ')}`, column);
  const said = row.read(pair.value);
  if (said === undefined) fail(line, `EdgeCapture: ${pair.key}='${pair.value}' is not ${row.says}`, column);
  return said;
}

function apply(line: DirectiveLine, scope: Scope): void {
  const { text, column } = firstWord(line);
  const rest = line.words.slice(1);
  if (text.toLowerCase() === 'off' && rest.length === 0) {
    scope.server.own.capture = 'off';
    return;
  }
  if (text === '') fail(line, 'EdgeCapture must name a file, or say Off', column);
  const capture: CaptureSettings = {
    file: scope.resolve(text),
    size: 64 * 2 ** 20,
    files: 2,
    share: 1,
    body: 0,
    mask: [],
  };
  for (const word of rest) Object.assign(capture, readPair(line, word));
  scope.server.own.capture = capture;
}

export const EDGE_CAPTURE_ROW: DirectiveRow = {
  name: 'EdgeCapture',
  module: 'edge',
  contexts: SERVER_VHOST,
  arity: 'iterate',
  usage: "'Off', or a file for captured requests, and size=, files=, share=, body=, mask=",
  apply,
};
