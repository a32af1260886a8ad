/**
 * Error log lines: one event to one line, in httpd's default form or by an ErrorLogFormat.
 * In an ErrorLogFormat the text between two spaces is a field, and a field in which something is empty is left out with
 * all its text, so that `[client %a]` vanishes from lines that have no client.
 * Source: httpd 2.4, core, "ErrorLogFormat". Any thread; nothing compiled here throws.
 */
import { canonicalName, serverName } from '../http/variables.js';
import type { Request } from '../request.js';
import { escapeErrorItem } from './escape.js';
import type { LogCode, LogFormat } from './format.js';
import { rankOf, type Severity } from './severity.js';
import { SHORT_DAYS, SHORT_MONTHS, two } from './strftime.js';
import { threadId } from './thread-id.js';

/** What is to be logged. Texts are raw; the line escapes them. */
export interface ErrorEvent {
  /** Wall clock in ms since the epoch, with fractions. */
  at: number;
  /** As LogLevel names it: `proxy`, `core`. */
  module: string;
  severity: Severity;
  /** Begins with its AH number where it has one. */
  message: string;
  /** `ip:port` of the client; taken from the request when that is given. */
  client?: string | undefined;
  referer?: string | undefined;
  /** `(111)Connection refused` */
  osError?: string | undefined;
  request?: Request | undefined;
}

/** returns  the line with its newline; empty when the format leaves it out */
export type ErrorLine = (event: ErrorEvent) => string;

/** httpd's own form, without a format. */
export function defaultErrorLine(event: ErrorEvent): string {
  const os = event.osError === undefined || event.osError === '' ? '' : `${escapeErrorItem(event.osError)}: `;
  const client = clientOf(event);
  const referer = refererOf(event);
  const who = client === '' ? '' : `[client ${client}] `;
  const from = referer === '' ? '' : `, referer: ${escapeErrorItem(referer)}`;
  const head = `[${timeStamp(event.at, 6)}] [${event.module}:${event.severity}] [pid ${process.pid}:tid ${threadId()}]`;
  return `${head} ${os}${who}${escapeErrorItem(event.message)}${from}\n`;
}

interface Field {
  /** The space before it. */
  lead: string;
  pieces: (string | { item: LogCode; read: (event: ErrorEvent) => string })[];
}

export function compileErrorLine(format: LogFormat | undefined): ErrorLine {
  if (format === undefined) return defaultErrorLine;
  const fields = split(format);
  return (event) => {
    let line = '';
    for (const field of fields) {
      const text = writeField(field, event);
      if (text === undefined) return '';
      if (text !== '') line += (line === '' ? '' : field.lead) + text;
    }
    return line === '' ? '' : `${line}\n`;
  };
}

function split(format: LogFormat): Field[] {
  let field: Field = { lead: '', pieces: [] };
  const fields = [field];
  for (const item of format.items) {
    if (!('text' in item)) field.pieces.push({ item, read: compileCode(item) });
    else if (item.isSeparator !== true) field.pieces.push(item.text);
    else {
      field = { lead: item.text, pieces: [] };
      fields.push(field);
    }
  }
  return fields;
}

/** returns  undefined when the whole line is to be left out */
function writeField(field: Field, event: ErrorEvent): string | undefined {
  let text = '';
  let isComplete = true;
  for (const piece of field.pieces) {
    if (typeof piece === 'string') {
      text += piece;
      continue;
    }
    const { item, read } = piece;
    const isFor = item.fromRank === undefined || rankOf(event.severity) >= item.fromRank;
    const value = isFor ? read(event) : '';
    if (value !== '') text += value;
    else if (item.isRequired === true) return undefined;
    else if (item.hasDash === true) text += '-';
    else isComplete = false;
  }
  return isComplete ? text : '';
}

function compileCode(item: LogCode): (event: ErrorEvent) => string {
  const arg = item.arg ?? '';
  const ofRequest = (read: (r: Request) => string | undefined) => (event: ErrorEvent) =>
    event.request === undefined ? '' : escapeErrorItem(read(event.request) ?? '');
  switch (item.code) {
    case 'a':
      return arg === 'c'
        ? ofRequest((r) => withPort(r.exchange.remoteAddress, r.exchange.remotePort))
        : clientOf;
    case 'A':
      return ofRequest((r) => withPort(r.exchange.localAddress, r.exchange.localPort));
    case 'e':
      return ofRequest((r) => r.env?.get(arg));
    case 'E':
      return (event) => escapeErrorItem(event.osError ?? '');
    case 'i':
      return arg.toLowerCase() === 'referer'
        ? (event) => escapeErrorItem(refererOf(event))
        : ofRequest((r) => r.header(arg.toLowerCase()));
    case 'k':
      return ofRequest((r) => String(r.exchange.keepAliveCount));
    case 'l':
      return (event) => event.severity;
    // httpd differs: a connection has no id of its own, so `%{c}L` is empty.
    case 'L':
      return arg === '' ? ofRequest((r) => r.logId) : () => '';
    case 'm':
      return (event) => event.module;
    case 'M':
      return (event) => escapeErrorItem(event.message);
    case 'n':
      return ofRequest((r) => r.notes?.get(arg));
    case 'P':
      return () => String(process.pid);
    case 'T':
      return () => String(threadId());
    case 't':
      return compileTime(arg);
    case 'v':
      return ofRequest(canonicalName);
    case 'V':
      return ofRequest(serverName);
    // %F: there is no C source file to name.
    default:
      return () => '';
  }
}

function clientOf(event: ErrorEvent): string {
  if (event.client !== undefined) return event.client;
  return event.request === undefined
    ? ''
    : withPort(event.request.clientAddress, event.request.exchange.remotePort);
}

function refererOf(event: ErrorEvent): string {
  return event.referer ?? event.request?.header('referer') ?? '';
}

// httpd differs: the port is 0 on an engine that cannot tell it; patterns for `ip:port` still find the address.
function withPort(address: string, port: number): string {
  if (address === '') return '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function compileTime(arg: string): (event: ErrorEvent) => string {
  const digits = arg.includes('u') ? 6 : 0;
  if (arg.includes('c')) return (event) => compactStamp(event.at, digits);
  return (event) => timeStamp(event.at, digits);
}

let stampSecond = Number.NaN;
let stampHead = '';
let stampTail = '';

/** `Fri Nov 20 23:15:46.462302 2026`; everything but the fraction is remembered for its second. */
function timeStamp(at: number, digits: number): string {
  const second = Math.floor(at / 1000);
  if (second !== stampSecond) {
    const d = new Date(second * 1000);
    const clock = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
    stampHead = `${SHORT_DAYS[d.getDay()] ?? ''} ${SHORT_MONTHS[d.getMonth()] ?? ''} ${two(d.getDate())} ${clock}`;
    stampTail = ` ${d.getFullYear()}`;
    stampSecond = second;
  }
  return stampHead + fraction(at, digits) + stampTail;
}

/** `2026-11-20 23:15:46.462302` */
function compactStamp(at: number, digits: number): string {
  const d = new Date(at);
  const date = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return `${date} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}${fraction(at, digits)}`;
}

function fraction(at: number, digits: number): string {
  return digits === 0 ? '' : `.${String(Math.floor(at * 1000) % 1_000_000).padStart(6, '0')}`;
}
