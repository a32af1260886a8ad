/**
 * The `%` codes of access log formats, each as a function of the finished request.
 * Source: httpd 2.4, mod_log_config, "Custom Log Formats"; mod_logio; mod_ssl, "Custom Log Formats".
 * Workers; nothing compiled here throws.
 */

import { indexOfField } from '../http/fields.js';
import {
  canonicalName,
  canonicalPort,
  filename,
  requestValue,
  serverName,
  tlsVariable,
} from '../http/variables.js';
import type { Request } from '../request.js';
import { compileAccessTime, compileDuration } from './access-time.js';
import { escapeLogItem } from './escape.js';
import type { LogCode } from './format.js';
import { threadId } from './thread-id.js';
import { compileTries, isTryWord } from './tries.js';

type Read = (r: Request) => string;

/** Codes without an argument. Whatever a client can shape is escaped. */
const PLAIN = new Map<string, Read>([
  ['A', (r) => r.exchange.localAddress || '-'],
  ['B', (r) => String(r.exchange.bodyBytesSent)],
  ['b', (r) => (r.exchange.bodyBytesSent === 0 ? '-' : String(r.exchange.bodyBytesSent))],
  ['f', (r) => escapeLogItem(filename(r))],
  ['H', (r) => r.exchange.protocol],
  ['I', (r) => String(bytesReceived(r))],
  ['k', (r) => String(r.exchange.keepAliveCount)],
  ['l', () => '-'],
  ['m', (r) => escapeLogItem(r.exchange.method) || '-'],
  ['O', (r) => String(r.exchange.bytesSent)],
  ['q', (r) => (r.query === undefined ? '' : `?${escapeLogItem(r.query)}`)],
  ['r', escapedRequestLine],
  ['R', (r) => escapeLogItem(r.handler) || '-'],
  ['s', (r) => String(r.status)],
  ['S', (r) => String(bytesReceived(r) + r.exchange.bytesSent)],
  ['u', (r) => (r.user === '' ? '-' : escapeLogItem(r.user))],
  ['U', (r) => escapeLogItem(r.uri)],
  ['v', (r) => escapeLogItem(canonicalName(r))],
  ['V', (r) => escapeLogItem(serverName(r))],
  ['X', connectionStatus],
  ['^FB', (r) => (r.firstByteAt === 0 ? '-' : String(Math.round((r.firstByteAt - r.startedAt) * 1000)))],
]);

export function compileAccessCode(item: LogCode): Read {
  const arg = item.arg ?? '';
  switch (item.code) {
    case 'a':
      return arg === 'c' ? (r) => r.exchange.remoteAddress : (r) => r.clientAddress;
    case 'h':
      return arg === 'c' ? (r) => r.exchange.remoteAddress : (r) => r.clientHost || r.clientAddress;
    case 'C':
      return (r) => shown(cookie(r, arg));
    case 'e':
      return (r) => shown(r.env?.get(arg));
    case 'i':
      return compileReceivedField(arg.toLowerCase());
    case 'n':
      return (r) => shown(r.notes?.get(arg));
    case '^ti':
      // httpd differs: it has those of requests on every engine; uWebSockets.js reads over them.
      return (r) => shown(valuesOf(r.exchange.trailers ?? r.exchange.unsentTrailers ?? [], arg)[0]);
    case 'L':
      // httpd differs: its connections have ids.
      return arg === '' ? (r) => r.logId || '-' : () => '-';
    case '^to':
      return (r) => shown(valuesOf(r.memberTrailers ?? [], arg)[0]);
    case 'o':
      return compileSentField(arg);
    case 'x':
    case 'c': {
      if (arg === 'errcode') return () => '-';
      if (arg === 'errstr') return (r) => shown(verificationError(r));
      const name = TLS_ALIASES.get(arg) ?? arg.toUpperCase();
      return (r) => shown(tlsVariable(r, name) || undefined);
    }
    case 'p':
      return compilePort(arg);
    case 'P':
      return compileProcess(arg);
    case 't':
      return compileAccessTime(arg);
    case '^dr':
      return isTryWord(arg) ? compileTries(arg) : () => '-';
    case 'D':
      return compileDuration('us');
    case 'T':
      return compileDuration(arg || 's');
    default:
      return PLAIN.get(item.code) ?? (() => '-');
  }
}

/** In parts: three short tests are quicker than one on a line put together for it. */
function escapedRequestLine(r: Request): string {
  const { method, target, protocol } = r.exchange;
  if (method === 'GET') return `GET ${escapeLogItem(target)} ${protocol}`;
  return method === '' ? '-' : `${escapeLogItem(method)} ${escapeLogItem(target)} ${protocol}`;
}

/**
 * `%{…}i`. One client sends the same User-Agent again and again, and comparing costs a third of looking for
 * something to escape in a hundred characters.
 */
function compileReceivedField(name: string): Read {
  let last = '';
  let lastShown = '';
  return (r) => {
    const value = requestValue(r, name);
    if (value === undefined) return '-';
    if (value !== last) {
      last = value;
      lastShown = escapeLogItem(value);
    }
    return lastShown;
  };
}

/** Old names of mod_ssl's `%{…}c`. */
const TLS_ALIASES = new Map([
  ['version', 'SSL_PROTOCOL'],
  ['cipher', 'SSL_CIPHER'],
  ['subjectdn', 'SSL_CLIENT_S_DN'],
  ['issuerdn', 'SSL_CLIENT_I_DN'],
]);

/** Why a client's certificate was not found good; of a connection that could go on all the same. */
function verificationError(r: Request): string | undefined {
  const verification = tlsVariable(r, 'SSL_CLIENT_VERIFY');
  return verification?.startsWith('FAILED:') === true ? verification.slice(7) : undefined;
}

function shown(value: string | undefined): string {
  return value === undefined ? '-' : escapeLogItem(value);
}

/** Value of one cookie; blanks around it are no part of it. */
function cookie(r: Request, name: string): string | undefined {
  const header = r.header('cookie');
  if (header === undefined) return undefined;
  const wanted = name.toLowerCase();
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim().toLowerCase() === wanted)
      return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** `%{…}o`: Set-Cookie is joined with its duplicates, Content-Type goes without its parameters. */
function compileSentField(name: string): Read {
  switch (name.toLowerCase()) {
    case 'set-cookie':
      return (r) => {
        const values = [...valuesOf(r.alwaysFields, name), ...valuesOf(r.responseFields, name)];
        return values.length === 0 ? '-' : escapeLogItem(values.join(', '));
      };
    case 'content-type':
      return (r) => shown(sentValue(r, name)?.replace(/\s*;.*$/s, ''));
    default:
      return (r) => shown(sentValue(r, name));
  }
}

/** The first response field of that name as the client got it: `always` fields stand first. */
function sentValue(r: Request, name: string): string | undefined {
  let at = indexOfField(r.alwaysFields, name);
  if (at >= 0) return r.alwaysFields[at + 1];
  at = indexOfField(r.responseFields, name);
  return at < 0 ? undefined : r.responseFields[at + 1];
}

function valuesOf(fields: readonly string[], name: string): string[] {
  const values: string[] = [];
  const wanted = name.toLowerCase();
  for (let i = 0; i < fields.length; i += 2)
    if ((fields[i] as string).toLowerCase() === wanted) values.push(fields[i + 1] as string);
  return values;
}

function compilePort(arg: string): Read {
  if (arg === 'remote') return (r) => String(r.exchange.remotePort);
  if (arg === 'local') return (r) => String(r.exchange.localPort);
  if (arg === '' || arg === 'canonical') return (r) => String(canonicalPort(r));
  return () => arg;
}

function compileProcess(arg: string): Read {
  const text = processText(arg);
  return () => text;
}

function processText(arg: string): string {
  if (arg === 'tid') return String(threadId());
  if (arg === 'hextid') return threadId().toString(16);
  // What is not known is shown as it is written, here as with %T and %p.
  return arg === '' || arg === 'pid' ? String(process.pid) : arg;
}

function connectionStatus(r: Request): string {
  if (r.isAborted) return 'X';
  return r.exchange.wantsClose ? '-' : '+';
}

/** Bytes of the request as HTTP/1.1 writes it, without the framing of chunks. */
function bytesReceived(r: Request): number {
  const { method, target, protocol, fields } = r.exchange;
  let bytes = method.length + target.length + protocol.length + 6;
  for (let i = 0; i < fields.length; i += 2)
    bytes += (fields[i] as string).length + (fields[i + 1] as string).length + 4;
  return bytes + r.bodyBytesRead;
}
