/**
 * The Via element of this proxy, for requests and responses. Source: RFC 9110 7.6.3; httpd 2.4, mod_proxy "ProxyVia".
 * Thread: worker.
 */
import type { Request } from '../request.js';
import { serverField } from '../server-token.js';
import { indexOfField } from './fields.js';
import { canonicalName } from './variables.js';

/** `1.1 name[:port] [(product)]`; the port is the one the client asked for, left out where it is the scheme's. */
export function viaElement(r: Request): string {
  const port = r.hostPort === 0 || r.hostPort === (r.exchange.isSecure ? 443 : 80) ? '' : `:${r.hostPort}`;
  const comment = r.server.proxy.via === 'Full' ? ` (${serverField()})` : '';
  return `${r.exchange.protocol.slice(5)} ${canonicalName(r)}${port}${comment}`;
}

/** Adds this proxy to the Via of a member's response, where ProxyVia wants it. */
export function addVia(r: Request): void {
  const { via } = r.server.proxy;
  if (via !== 'On' && via !== 'Full') return;
  const fields = r.responseFields;
  const at = indexOfField(fields, 'via');
  if (at < 0) fields.push('Via', viaElement(r));
  else fields[at + 1] = `${fields[at + 1] as string}, ${viaElement(r)}`;
}
