/**
 * The guard on requests made of the ways to smuggle one: whatever it lets through is one unambiguous request, and what is
 * sent to a member of it is framed by us, once, with nothing of the client's framing left.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { announcedLength } from '../../edge/engine/uws/uws-framing.js';
import type { Exchange, Fields } from '../../edge/exchange.js';
import { inspect } from '../../edge/guard.js';
import { upstreamFields } from '../../edge/http/upstream-fields.js';
import type { Plan } from '../../edge/route/place.js';
import type { ServerSettings } from '../../edge/settings.js';
import { makeRequest } from '../unit/edge/expr/request-fixture.js';

/** A row of the table: the fields that are added, and whether any server might read them in two ways. */
const TRICKS: [string[], boolean][] = [
  [['content-length', '5'], false],
  [['content-length', '0'], false],
  [['transfer-encoding', 'chunked'], false],
  [['content-length', '5', 'content-length', '6'], true],
  [['content-length', '5', 'content-length', '5'], true],
  [['content-length', '5', 'transfer-encoding', 'chunked'], true],
  [['content-length', '+5'], true],
  [['content-length', '-5'], true],
  [['content-length', '5, 6'], true],
  [['content-length', ''], true],
  [['content-length', '0x5'], true],
  [['content-length', '5 5'], true],
  [['content-length', '99999999999999999999'], true],
  [['transfer-encoding', 'gzip, chunked'], true],
  [['transfer-encoding', 'chunked, identity'], true],
  [['transfer-encoding', 'xchunked'], true],
  [['transfer-encoding', 'chunked', 'transfer-encoding', 'chunked'], true],
  [['transfer-encoding', ''], true],
  [['host', 'b.test'], true],
  [['host', 'a.test'], true],
  [['x-a', 'b\r\nTransfer-Encoding: chunked'], true],
  [['x-a', 'b\nc'], true],
  [['x-a', 'b\0c'], true],
  [['te', 'trailers'], false],
  [['connection', 'transfer-encoding, content-length, close'], false],
  [['connection', 'host'], false],
  [['upgrade', 'h2c'], false],
  [['expect', '100-continue'], false],
  [['x-a', 'plain'], false],
  [['cookie', 'a=b; c=d'], false],
];

const LIMITS = { limitRequestLine: 8190, limitRequestFieldSize: 8190, limitRequestFields: 100 };
const httpProtocolOptions = { strict: true, registeredMethods: false, require10: false };
const { server } = makeRequest({
  server: { ...LIMITS, httpProtocolOptions, proxy: { via: 'Off' } as ServerSettings['proxy'] },
});

function exchangeOf(method: string, fields: Fields): Exchange {
  const { exchange } = makeRequest({ method, fields });
  return { ...exchange, method, fields, bodyLength: announcedLength(fields) } as Exchange;
}

const lines = fc.subarray(TRICKS, { minLength: 1, maxLength: 4 });
const method = fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'BREW');

describe('guard property', () => {
  it('lets nothing through that can be read in two ways', () => {
    fc.assert(
      fc.property(method, lines, (verb, tricks) => {
        const fields = ['host', 'a.test', ...tricks.flatMap(([row]) => row)];
        const isBad = tricks.some(([, isAmbiguous]) => isAmbiguous) || hasTwoFramings(fields);
        const refusal = inspect(exchangeOf(verb, fields), server);
        if (isBad) assert.ok(refusal !== undefined, JSON.stringify(fields));
        else assert.equal(refusal, undefined, JSON.stringify(fields));
      }),
      { numRuns: 400 },
    );
  });

  it('leaves no framing, no name and no line of the client’s own in what a member is sent', () => {
    fc.assert(
      fc.property(method, lines, (verb, tricks) => {
        const fields = ['host', 'a.test', ...tricks.flatMap(([row]) => row)];
        const exchange = exchangeOf(verb, fields);
        if (inspect(exchange, server) !== undefined) return;
        const r = makeRequest({ method: verb, fields, server });
        const connection = r.header('connection') ?? '';
        const sent = upstreamFields(r, { place: {} } as Plan, connection, 'a.test');
        assert.doesNotMatch(
          sent,
          /^(?:host|content-length|transfer-encoding|connection|te|upgrade|expect):/im,
        );
        for (const line of sent.split('\r\n').slice(0, -1)) assert.match(line, /^[\w-]+: [^\r\n\0]*$/);
      }),
      { numRuns: 400 },
    );
  });

  it('never throws, whatever fields and methods come', () => {
    const field = fc.tuple(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(field, { maxLength: 6 }), (verb, pairs) => {
        inspect(exchangeOf(verb, ['host', 'a.test', ...pairs.flat()]), server);
      }),
      { numRuns: 300 },
    );
  });
});

/** Two lengths, alike or not, or a length and a coding. */
function hasTwoFramings(fields: readonly string[]): boolean {
  return fields.filter((text) => text === 'content-length' || text === 'transfer-encoding').length > 1;
}
