/**
 * The one list of differences that do not count. Everything else that differs between httpd and drover is a finding.
 * Each rule says what it hides and why that is no behaviour a client, a member or a log reader could rely on.
 * test/diff/README.md carries the same list for people; the harness test compares the two by name.
 *
 * Rules act on text (addresses, products, times: wherever they turn up) or on the fields of one side's messages.
 */
import type { FieldList } from './message.js';
import type { Places } from './places.js';
import type { Engine } from './server.js';

export type Side = 'response' | 'request';

export interface Rule {
  name: string;
  why: string;
  /** Applied to every text that is compared. */
  text?: (text: string, places: Places) => string;
  /** Applied to header fields; names are already lower case from the first rule on. */
  fields?: (fields: FieldList, side: Side, context: FieldContext) => FieldList;
  /** Applied to the lines of an access log. */
  log?: (lines: string[]) => string[];
}

export interface FieldContext {
  method: string;
  status: number;
  engine: Engine;
}

const without = (fields: FieldList, ...names: string[]): FieldList =>
  fields.filter(([name]) => !names.includes(name));

export const RULES: readonly Rule[] = [
  {
    name: 'header-name case',
    why: 'names are case-insensitive (RFC 9110 5.1), and uWebSockets.js gives request names in lower case only; so are the options of Connection (7.6.1)',
    fields: (fields) =>
      fields.map(([name, value]) => [
        name.toLowerCase(),
        /^connection$/i.test(name) ? value.toLowerCase() : value,
      ]),
  },
  {
    name: 'Date',
    why: 'the moment of the response; uWebSockets.js always writes its own. That there is one, and one only, counts',
    fields: (fields, side) =>
      side === 'response'
        ? fields.map(([name, value]) => [name, name === 'date' ? '{date}' : value])
        : fields,
  },
  {
    name: 'addresses',
    why: 'the two servers have ports, members and directories of their own; they are shown by name',
    text: (text, places) => named(text, places),
  },
  {
    name: 'product name',
    why: 'Server, Via comments and page footers name the product; that one is named, and where, still counts',
    text: (text) =>
      text.replace(
        /\b(?:Apache|drover)(?:\/[\d.]+)?(?: \([A-Z][\w ]*\))?(?: OpenSSL\/[\w.]+)?/g,
        '{product}',
      ),
  },
  {
    name: 'framing',
    why: 'Content-Length or chunked is each hop’s own choice (RFC 9112 6); bodies are compared decoded (of chunks and of gzip or br), and a body that its framing does not complete is reported as cut. Content-Length of HEAD and 304 answers is kept, but for error pages, whose length httpd does not say to HEAD',
    fields: (fields, side, { method, status }) => {
      const isFact = side === 'response' && ((method === 'HEAD' && status < 400) || status === 304);
      return without(fields, 'transfer-encoding', ...(isFact ? [] : ['content-length']));
    },
  },
  {
    name: 'keep-alive to members',
    why: '`Connection: keep-alive` says what HTTP/1.1 means without it (RFC 9112 9.3); `close` counts',
    fields: (fields, side) =>
      side === 'request'
        ? fields.filter(([name, value]) => name !== 'connection' || !/^keep-alive$/i.test(value))
        : fields,
  },
  {
    name: 'keep-alive announced to clients',
    why: '`Connection: Keep-Alive` and `Keep-Alive: timeout=5, max=100` are an offer (RFC 9112 9.3), and uWebSockets.js neither counts requests nor lets its timeout be set. Compared on the node engine; `close` is compared on both',
    fields: (fields, side, { engine }) =>
      side === 'response' && engine === 'uws'
        ? fields.filter(
            ([name, value]) =>
              name !== 'keep-alive' && (name !== 'connection' || !/^keep-alive$/i.test(value)),
          )
        : fields,
  },
  {
    name: 'Expect',
    why: 'httpd passes 100-continue on and lets the member answer it; drover’s engines answer it themselves, as uWebSockets.js always does (RFC 9110 10.1.1 allows both)',
    fields: (fields, side) => (side === 'request' ? without(fields, 'expect') : fields),
  },
  {
    name: 'order of different fields',
    why: 'the order of fields with different names has no meaning (RFC 9110 5.3); that of equal names is kept',
    fields: (fields) => fields.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  },
  {
    name: 'order in Allow',
    why: 'a set (RFC 9110 10.2.1), which httpd reads out of a hash whose seed is new in each process',
    fields: (fields) =>
      fields.map(([name, value]) => [name, name === 'allow' ? value.split(',').sort().join() : value]),
  },
  {
    name: 'repeated request fields',
    why: 'httpd joins them with a comma, which RFC 9110 5.3 makes equal to separate lines; cookie pairs are joined by `; ` (RFC 6265 5.4), where httpd’s comma is a fault',
    fields: (fields, side) => (side === 'request' ? joined(fields) : fields),
  },
  {
    name: 'times',
    why: '%t in logs and header values (`t=` and 16 digits), and %D there (`D=`), are of the moment; fields of a log written as D=, T=, t=, P=, I=, O= hold durations, fractions of a second, process ids and byte counts of whole messages; Age of less than ten is how long the test took',
    text: (text) =>
      text
        .replace(/\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/g, '[{time}]')
        .replace(/\bt=\d{16}\b/g, 't={n}'),
    fields: (fields) =>
      fields.map(([name, value]) => [
        name,
        name === 'age' ? value.replace(/^\d$/, '{n}') : value.replace(/\bD=\d+\b/, 'D={n}'),
      ]),
    log: (lines) => lines.map((line) => line.replace(/\b([DTPIOt])=\d+\b/g, '$1={n}')),
  },
  {
    name: 'log of a request line over the limit',
    why: 'httpd logs what it read before it gave up, so without the end of the line; drover has read it all',
    log: (lines) =>
      lines.map((line) => line.replace(/("\S+ \S{1,100})\S*(?: HTTP\/1\.[01])?(" 414 )/, '$1$2')),
  },
  {
    name: 'order of log lines',
    why: 'a line is written when its response has left, and responses of different connections leave in any order; httpd’s own order varies',
    log: (lines) => lines.toSorted(),
  },
  {
    name: 'nonces',
    why: 'balancer-manager makes one for each balancer at start, of random',
    text: (text) => text.replace(/nonce=[0-9a-f-]{36}/g, 'nonce={nonce}'),
  },
  {
    name: 'size of status pages',
    why: 'balancer-manager, server-status and server-info have a look of their own; the log counts their bytes',
    log: (lines) =>
      lines.map((line) =>
        line.replace(/("\S+ \/(?:balancer-manager|server-\w+)\S* HTTP\/1\.[01]" 200 )\d+/, '$1{n}'),
      ),
  },
  {
    name: 'document type of canned pages',
    why: 'httpd itself changed it within 2.4',
    text: (text) => text.replace(/<!DOCTYPE HTML PUBLIC "[^"]+"(?: "[^"]+")?>/g, '<!DOCTYPE HTML>'),
  },
];

function joined(fields: FieldList): FieldList {
  const values = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const parts = name === 'cookie' ? value.split(/[;,] */) : [value];
    values.set(name, [...(values.get(name) ?? []), ...parts]);
  }
  return [...values].map(([name, parts]) => [name, parts.join(name === 'cookie' ? '; ' : ', ')]);
}

function named(text: string, places: Places): string {
  let result = text.replaceAll(places.root, '{root}');
  for (const [name, port] of places.ports) result = result.replaceAll(`:${port}`, `:{${name.toLowerCase()}}`);
  for (const [index, { port }] of places.fronts.entries())
    result = result.replaceAll(`:${port}`, `:{secure${index + 1}}`);
  for (const [index, { container }] of places.ajp.entries())
    result = result.replaceAll(`:${container.port}`, `:{ajp${index + 1}}`);
  for (const { member, port } of places.origins.members)
    result = result.replaceAll(`:${port}`, `:{${member}}`);
  return result;
}

export function normaliseText(text: string, places: Places): string {
  return RULES.reduce((result, rule) => rule.text?.(result, places) ?? result, text);
}

/** A log's lines, without empty ones. */
export function normaliseLog(log: string, places: Places): string[] {
  const lines = normaliseText(log, places)
    .split('\n')
    .filter((line) => line !== '');
  return RULES.reduce((result, rule) => rule.log?.(result) ?? result, lines);
}

export function normaliseFields(
  fields: FieldList,
  side: Side,
  context: FieldContext,
  places: Places,
): [name: string, value: string][] {
  const kept = RULES.reduce((result, rule) => rule.fields?.(result, side, context) ?? result, fields);
  return kept.map(([name, value]) => [name, normaliseText(value, places)]);
}
