/**
 * Server and Content-Type: the two fields that a response has once, whatever the two tables of header rules hold. They are
 * settled when the rules have run, right before the head is sent.
 * Source: httpd 2.4, the HTTP_HEADER filter as observed. Thread: worker.
 */
import type { Fields } from '../exchange.js';
import type { Request } from '../request.js';
import { serverField } from '../server-token.js';
import { indexOfField, removeField, setField } from './fields.js';

export function settleFields(r: Request): void {
  if (r.contentType !== undefined) settleType(r, r.contentType);
  const always = indexOfField(r.alwaysFields, 'Server');
  const at = indexOfField(r.responseFields, 'Server');
  if (always >= 0 || at >= 0) settleServer(r, always, at);
  else r.responseFields.unshift('Server', serverField());
}

/** What a rule or the member says of Server counts where the request was proxied; an answer of our own always names us. */
function settleServer(r: Request, always: number, at: number): void {
  const { alwaysFields, responseFields } = r;
  // Nearly always it stands where it belongs, once.
  if (always < 0 && at === 0 && r.proxyUrl !== '' && indexOfField(responseFields, 'Server', 2) < 0) return;
  const said = always >= 0 ? alwaysFields[always + 1] : responseFields[at + 1];
  if (always >= 0) r.alwaysFields = without(alwaysFields, 'server');
  r.responseFields = without(responseFields, 'server');
  r.responseFields.unshift('Server', r.proxyUrl === '' || said === undefined ? serverField() : said);
}

function settleType(r: Request, type: string): void {
  if (indexOfField(r.alwaysFields, 'content-type') >= 0)
    r.alwaysFields = without(r.alwaysFields, 'content-type');
  r.responseFields = type === '' ? without(r.responseFields, 'content-type') : r.responseFields.slice();
  if (type !== '') setField(r.responseFields, 'Content-Type', type);
}

function without(fields: Fields, name: string): Fields {
  const kept = fields.slice();
  removeField(kept, name);
  return kept;
}
