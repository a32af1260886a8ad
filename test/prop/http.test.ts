/** Paths and header lists: normalising is done once and for all, and a list is what was put in. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fieldValue, indexOfField, removeField, setField } from '../../edge/http/fields.js';
import { encodePath, normalisePath } from '../../edge/http/uri.js';
import { parseHead } from '../../workers/upstream/response-head.js';

const SETTINGS = [
  { allowEncodedSlashes: 'Off', mergeSlashes: true },
  { allowEncodedSlashes: 'On', mergeSlashes: true },
  { allowEncodedSlashes: 'NoDecode', mergeSlashes: true },
  { allowEncodedSlashes: 'On', mergeSlashes: false },
] as const;

const piece = fc.constantFrom(
  'a',
  'b',
  '.',
  '..',
  '/',
  '//',
  '%2e',
  '%2E%2e',
  '%2f',
  '%41',
  '%25',
  '~',
  'é',
  ' ',
  ';x',
);
const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

describe('path property', () => {
  it('a normalised path is normalised', () => {
    fc.assert(
      fc.property(target, fc.constantFrom(...SETTINGS), (path, settings) => {
        const once = normalisePath(path, settings);
        if (typeof once !== 'string') return;
        // What is left encoded is kept so; the rest is encoded again as a client would.
        const keeps = settings.allowEncodedSlashes === 'NoDecode';
        assert.equal(normalisePath(encodePath(once, keeps), settings), once);
      }),
      { numRuns: 500 },
    );
  });

  it('no path climbs, and none begins with anything but a slash', () => {
    fc.assert(
      fc.property(target, fc.constantFrom(...SETTINGS), (path, settings) => {
        const normal = normalisePath(path, settings);
        if (typeof normal !== 'string') return;
        assert.ok(normal.startsWith('/'), normal);
        assert.ok(!normal.split('/').some((segment) => segment === '.' || segment === '..'), normal);
        if (settings.mergeSlashes) assert.ok(!normal.includes('//'), normal);
      }),
      { numRuns: 500 },
    );
  });

  it('anything at all is a path or a status', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...SETTINGS), (path, settings) => {
        const normal = normalisePath(path, settings);
        assert.ok(typeof normal === 'string' || [400, 404].includes(normal));
      }),
      { numRuns: 500 },
    );
  });
});

const name = fc.constantFrom('X-A', 'x-b', 'Set-Cookie', 'Vary', 'X-Long-Name');
const value = fc.stringMatching(/^[!-~](?:[ -~]{0,20}[!-~])?$/);
const pairs = fc.array(fc.tuple(name, value), { maxLength: 8 });

describe('header list property', () => {
  it('a list written to a member’s head is read back the same', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const lines = list.map(([field, text]) => `${field}: ${text}\r\n`).join('');
        const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${lines}\r\n`, 'latin1');
        const head = parseHead(bytes, 0, bytes.length, 8192, 1024);
        assert.deepEqual(head?.fields, list.flat());
      }),
      { numRuns: 300 },
    );
  });

  it('a field that is set is there once, others stay', () => {
    fc.assert(
      fc.property(pairs, name, value, (list, field, text) => {
        const fields = list.flat();
        setField(fields, field, text);
        assert.equal(fieldValue(fields, field), text);
        const others = list.filter(([other]) => other.toLowerCase() !== field.toLowerCase());
        removeField(fields, field);
        assert.equal(indexOfField(fields, field), -1);
        assert.deepEqual(fields, others.flat());
      }),
      { numRuns: 300 },
    );
  });
});
