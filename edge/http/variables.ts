/**
 * The `%{NAME}` variables: one table from name to a function of the request, used by expressions, by `%{X}s` of header
 * rules and by rewriting. What an edge cannot have (files, CGI, subrequests) is an empty string, as httpd gives for a
 * request without it.
 * Source: httpd 2.4 manual, "Expressions in Apache HTTP Server", "Variables"; mod_ssl, "Environment Variables".
 * Any thread; nothing here throws.
 */
import { hostname } from 'node:os';
import type { Request } from '../request.js';
import { serverField } from '../server-token.js';
import type { ServerSettings } from '../settings.js';
import { fieldValue, indexOfField } from './fields.js';

export type Variable = (r: Request) => string;

/** Module magic number of httpd 2.4. */
const API_VERSION = '20120211';
const MACHINE = hostname();

const TABLE = new Map<string, Variable>([
  ['HTTP_ACCEPT', (r) => r.header('accept') ?? ''],
  ['HTTP_COOKIE', (r) => r.header('cookie') ?? ''],
  ['HTTP_FORWARDED', (r) => r.header('forwarded') ?? ''],
  ['HTTP_HOST', (r) => r.header('host') ?? ''],
  ['HTTP_PROXY_CONNECTION', (r) => r.header('proxy-connection') ?? ''],
  ['HTTP_REFERER', (r) => r.header('referer') ?? ''],
  ['HTTP_USER_AGENT', (r) => r.header('user-agent') ?? ''],
  ['REQUEST_METHOD', (r) => r.exchange.method],
  ['REQUEST_SCHEME', (r) => requestScheme(r)],
  ['REQUEST_URI', (r) => r.uri],
  ['DOCUMENT_URI', (r) => r.uri],
  ['REQUEST_FILENAME', (r) => filename(r)],
  ['SCRIPT_FILENAME', (r) => filename(r)],
  // Of a file; where there is none, as for all that is proxied, httpd says the epoch.
  ['LAST_MODIFIED', () => '19700101000000'],
  ['SCRIPT_USER', () => ''],
  ['SCRIPT_GROUP', () => ''],
  ['PATH_INFO', () => ''],
  ['QUERY_STRING', (r) => r.query ?? ''],
  ['IS_SUBREQ', () => 'false'],
  ['THE_REQUEST', (r) => requestLine(r)],
  ['REMOTE_ADDR', (r) => r.clientAddress],
  ['REMOTE_PORT', (r) => String(r.exchange.remotePort)],
  ['REMOTE_HOST', (r) => r.clientHost || r.clientAddress],
  ['REMOTE_USER', (r) => r.user],
  ['REMOTE_IDENT', () => ''],
  ['SERVER_NAME', (r) => serverName(r)],
  ['SERVER_PORT', (r) => String(serverPort(r))],
  ['SERVER_ADMIN', (r) => r.server.admin],
  ['SERVER_PROTOCOL', (r) => r.exchange.protocol],
  ['DOCUMENT_ROOT', (r) => r.server.documentRoot ?? ''],
  ['AUTH_TYPE', (r) => (r.login === undefined ? '' : 'Basic')],
  ['CONTENT_TYPE', (r) => firstValue(r.responseFields, 'content-type') ?? ''],
  ['HANDLER', (r) => r.handler],
  ['HTTPS', (r) => (r.exchange.isSecure ? 'on' : 'off')],
  ['HTTP2', (r) => (r.exchange.protocol === 'HTTP/2.0' ? 'on' : 'off')],
  ['IPV6', (r) => (r.exchange.remoteAddress.includes(':') ? 'on' : 'off')],
  ['REQUEST_STATUS', (r) => String(r.status)],
  ['REQUEST_LOG_ID', (r) => r.logId],
  ['CONN_LOG_ID', () => ''],
  ['CONN_REMOTE_ADDR', (r) => r.exchange.remoteAddress],
  ['CONTEXT_PREFIX', () => ''],
  ['CONTEXT_DOCUMENT_ROOT', (r) => r.server.documentRoot ?? ''],
  ['TIME_YEAR', (r) => String(localTime(r).getFullYear())],
  ['TIME_MON', (r) => two(localTime(r).getMonth() + 1)],
  ['TIME_DAY', (r) => two(localTime(r).getDate())],
  ['TIME_HOUR', (r) => two(localTime(r).getHours())],
  ['TIME_MIN', (r) => two(localTime(r).getMinutes())],
  ['TIME_SEC', (r) => two(localTime(r).getSeconds())],
  ['TIME_WDAY', (r) => String(localTime(r).getDay())],
  ['TIME', (r) => timeStamp(localTime(r))],
  ['SERVER_SOFTWARE', () => serverField()],
  ['API_VERSION', () => API_VERSION],
]);

/** Request fields that variables read: an expression with one of these makes the response vary by that field. */
const VARY = new Map([
  ['HTTP_ACCEPT', 'Accept'],
  ['HTTP_COOKIE', 'Cookie'],
  ['HTTP_FORWARDED', 'Forwarded'],
  ['HTTP_HOST', 'Host'],
  ['HTTP_PROXY_CONNECTION', 'Proxy-Connection'],
  ['HTTP_REFERER', 'Referer'],
  ['HTTP_USER_AGENT', 'User-Agent'],
]);

/** Does `%{name}` exist? Names in upper case; every `SSL_…` does, as with mod_ssl loaded. */
export function isVariable(name: string): boolean {
  return TABLE.has(name) || name.startsWith('SSL_');
}

/** Reader of a variable by its name in any case; undefined when there is none of that name. */
export function findVariable(name: string): Variable | undefined {
  const upper = name.toUpperCase();
  if (upper.startsWith('SSL_')) return (r) => tlsVariable(r, upper) ?? '';
  return TABLE.get(upper);
}

/** The request field that a variable reads, for Vary; undefined for the others. */
export function variedBy(name: string): string | undefined {
  return VARY.get(name);
}

/**
 * What mod_ssl's lookup gives: TLS variables, and the plain request ones that it answers too (`%{REMOTE_ADDR}s`).
 * returns undefined when the variable has no value here
 */
export function tlsVariable(r: Request, name: string): string | undefined {
  if (name === 'HTTPS') return r.exchange.isSecure ? 'on' : 'off';
  const own = TABLE.get(name);
  if (own !== undefined) return own(r);
  if (name.startsWith('HTTP:')) return requestValue(r, name.slice(5));
  return r.exchange.tlsVariable(name);
}

function canonicalMode(r: Request): ServerSettings['useCanonicalName'] {
  return r.over?.useCanonicalName ?? r.server.useCanonicalName;
}

export function requestScheme(r: Request): string {
  return r.exchange.isSecure ? 'https' : (r.server.nameScheme ?? 'http');
}

/** The request line as the client sent it. */
export function requestLine(r: Request): string {
  return `${r.exchange.method} ${r.exchange.target} ${r.exchange.protocol}`;
}

/** r->filename: the member's URL of a proxied request, else the path. */
export function filename(r: Request): string {
  return r.proxyUrl === '' ? r.uri : `proxy:${r.proxyUrl}`;
}

/** Name of the vhost as configured, whatever the client calls it. */
export function canonicalName(r: Request): string {
  return r.server.name === '' ? MACHINE : r.server.name;
}

/** Name for self-referential URLs, by UseCanonicalName. */
export function serverName(r: Request): string {
  return canonicalMode(r) === 'Off' && r.hostname !== '' ? r.hostname : canonicalName(r);
}

/** Port of the ServerName, or the scheme's, whatever the client asked for and whatever is listened on: %p. */
export function canonicalPort(r: Request): number {
  return r.server.namePort ?? (r.exchange.isSecure ? 443 : 80);
}

/**
 * Port for self-referential URLs, by UseCanonicalName and UseCanonicalPhysicalPort.
 * Without a port in the Host header it is the ServerName's, then the scheme's, not the Listen's.
 */
export function serverPort(r: Request): number {
  const { server, exchange } = r;
  const physical = server.useCanonicalPhysicalPort ? exchange.localPort : 0;
  const configured = server.namePort ?? 0;
  const fallback = exchange.isSecure ? 443 : 80;
  if (canonicalMode(r) === 'On') return configured || physical || fallback;
  return r.hostPort || physical || configured || fallback;
}

/** First field of that name, not joined with its duplicates: how httpd reads response fields. */
export function firstValue(fields: readonly string[], name: string): string | undefined {
  const i = indexOfField(fields as string[], name);
  return i < 0 ? undefined : fields[i + 1];
}

/** A response field as it will be seen: the always table is sent first. */
export function responseValue(r: Request, name: string): string | undefined {
  return firstValue(r.responseFields, name) ?? firstValue(r.alwaysFields, name);
}

/** A request field, duplicates joined: httpd joins them on arrival. */
export function requestValue(r: Request, name: string): string | undefined {
  return fieldValue(r.fields, name);
}

function localTime(r: Request): Date {
  return new Date(r.startedAt);
}

function timeStamp(d: Date): string {
  const date = `${d.getFullYear()}${two(d.getMonth() + 1)}${two(d.getDate())}`;
  return `${date}${two(d.getHours())}${two(d.getMinutes())}${two(d.getSeconds())}`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
