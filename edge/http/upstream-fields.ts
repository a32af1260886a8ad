/**
 * The field lines a member gets: the client's own in their order, without what speaks of the client's connection, with
 * X-Forwarded-For, -Host and -Server merged in, Via and Max-Forwards as configured. One pass, one string.
 * Host, framing and Connection are added by whoever sends (workers/delivery.ts).
 * Source: RFC 9110 7.6; httpd 2.4, mod_proxy "ProxyAddHeaders", "ProxyVia", "ProxyMaxForwards". Thread: worker.
 */
import type { Request } from '../request.js';
import type { Plan } from '../route/place.js';
import { isName } from './fields.js';
import { countDown } from './max-forwards.js';
import { canonicalName } from './variables.js';
import { viaElement } from './via.js';

/** Builds the lines, each with its CRLF. connection, host: the client's fields, or empty. */
export function upstreamFields(r: Request, plan: Plan, connection: string, host: string): string {
  const { fields } = r;
  const adds = plan.place.addHeaders !== false;
  const nominated = nominatedBy(connection);
  let lines = '';
  let forwardedFor = adds ? r.clientAddress : '';
  let forwardedHost = adds ? host : '';
  let forwardedServer = adds ? canonicalName(r) : '';
  const isBlocked = r.server.proxy.via === 'Block';
  let forwards = r.server.proxy.maxForwards;
  let via = isBlocked || r.server.proxy.via === 'Off' ? '' : viaElement(r);
  // A bit per hash of a name: only a name whose bit is already set can have come before.
  let seen = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (isDropped(name)) continue;
    if (nominated?.includes(name.toLowerCase()) === true) continue;
    const bit = 1 << ((name.length * 7 + name.charCodeAt(0) + name.charCodeAt(name.length - 1)) & 31);
    const mayRepeat = (seen & bit) !== 0;
    seen |= bit;
    if (mayRepeat && isRepeated(fields, i)) continue;
    let value = mayRepeatLater(fields, i) ? mergedValue(fields, i) : (fields[i + 1] as string);
    switch (name.length) {
      case 3:
        if (isBlocked && name.toLowerCase() === 'via') continue;
        if (via !== '' && name.toLowerCase() === 'via') {
          value += `, ${via}`;
          via = '';
        }
        break;
      case 12:
        if (name.toLowerCase() === 'max-forwards') {
          value = countDown(value);
          forwards = -1;
        }
        break;
      case 15:
        if (forwardedFor !== '' && name.toLowerCase() === 'x-forwarded-for') {
          value += `, ${forwardedFor}`;
          forwardedFor = '';
        }
        break;
      case 16:
        if (forwardedHost !== '' && name.toLowerCase() === 'x-forwarded-host') {
          value += `, ${forwardedHost}`;
          forwardedHost = '';
        }
        break;
      case 18:
        if (forwardedServer !== '' && name.toLowerCase() === 'x-forwarded-server') {
          value += `, ${forwardedServer}`;
          forwardedServer = '';
        }
        break;
    }
    lines += `${name}: ${value}\r\n`;
  }
  if (forwards >= 0) lines += `Max-Forwards: ${forwards}\r\n`;
  if (via !== '') lines += `Via: ${via}\r\n`;
  if (forwardedFor !== '') lines += `X-Forwarded-For: ${forwardedFor}\r\n`;
  if (forwardedHost !== '' && forwardedServer !== '')
    return lines + forwardedPair(forwardedHost, forwardedServer);
  if (forwardedHost !== '') lines += `X-Forwarded-Host: ${forwardedHost}\r\n`;
  if (forwardedServer !== '') lines += `X-Forwarded-Server: ${forwardedServer}\r\n`;
  return lines;
}

let lastHost = '';
let lastServer = '';
let lastPair = '';

/** The two lines that nearly every request of a vhost has alike: joined once, flat. */
function forwardedPair(host: string, server: string): string {
  if (host !== lastHost || server !== lastServer) {
    lastHost = host;
    lastServer = server;
    lastPair = ['X-Forwarded-Host: ', host, '\r\nX-Forwarded-Server: ', server, '\r\n'].join('');
  }
  return lastPair;
}

/**
 * Fields of the connection (RFC 9110 7.6.1), and those that are made anew. Length and first letter decide nearly always.
 */
function isDropped(name: string): boolean {
  const first = name.charCodeAt(0) | 0x20;
  switch (name.length) {
    case 2:
      return first === 0x74 /* t */ && name.toLowerCase() === 'te';
    case 4:
      return name === 'host' || (first === 0x68 /* h */ && name.toLowerCase() === 'host');
    case 6:
      return first === 0x65 /* e */ && name.toLowerCase() === 'expect';
    case 7:
      return (
        (first === 0x74 && name.toLowerCase() === 'trailer') ||
        (first === 0x75 && name.toLowerCase() === 'upgrade')
      );
    case 10:
      return (
        (first === 0x63 /* c */ && name.toLowerCase() === 'connection') ||
        (first === 0x6b /* k */ && name.toLowerCase() === 'keep-alive')
      );
    case 14:
      return first === 0x63 && name.toLowerCase() === 'content-length';
    case 16:
      return first === 0x70 /* p */ && name.toLowerCase() === 'proxy-connection';
    case 17:
      return first === 0x74 && name.toLowerCase() === 'transfer-encoding';
    default:
      return false;
  }
}

/** Names that Connection lists beside close and keep-alive, lower case; undefined for none. */
function nominatedBy(connection: string): string[] | undefined {
  if (connection === '' || connection === 'keep-alive' || connection === 'close') return undefined;
  return connection
    .toLowerCase()
    .split(',')
    .map((token) => token.trim());
}

function isRepeated(fields: readonly string[], at: number): boolean {
  const name = fields[at] as string;
  for (let i = 0; i < at; i += 2) if (isName(fields[i] as string, name)) return true;
  return false;
}

function mayRepeatLater(fields: readonly string[], at: number): boolean {
  const name = fields[at] as string;
  for (let i = at + 2; i < fields.length; i += 2) if (isName(fields[i] as string, name)) return true;
  return false;
}

/** All values of a repeated field: `, ` between them, `; ` for cookies (RFC 6265 5.4; httpd differs: it takes `, `). */
function mergedValue(fields: readonly string[], at: number): string {
  const name = (fields[at] as string).toLowerCase();
  const glue = name === 'cookie' ? '; ' : ', ';
  let value = fields[at + 1] as string;
  for (let i = at + 2; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() === name) value += glue + (fields[i + 1] as string);
  }
  return value;
}
