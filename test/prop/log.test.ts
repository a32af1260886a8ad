/**
 * Log lines of arbitrary requests: one line each, printable ASCII only, and nothing is lost: what was escaped can be
 * read back.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileAccessLine } from '../../edge/log/access-line.js';
import { compileErrorLine, type ErrorEvent } from '../../edge/log/error-line.js';
import { escapeErrorItem, escapeLogItem } from '../../edge/log/escape.js';
import { parseErrorLogFormat, parseLogFormat } from '../../edge/log/format-parse.js';
import { makeRequest } from '../unit/edge/expr/request-fixture.js';

/** One byte a character, as header fields are. */
const bytes = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 30 });
const anything = fc.oneof(bytes, fc.string({ unit: 'binary', maxLength: 20 }));

const LETTERS: Record<string, string> = { b: '\b', n: '\n', r: '\r', t: '\t', v: '\v' };

function readBack(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (LETTERS[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

describe('log line property', () => {
  it('an escaped value is printable, closes no quotes and can be read back', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        for (const escaped of [escapeLogItem(text), escapeErrorItem(text)]) {
          assert.match(escaped, /^[\x20-\x7e]*$/);
          assert.equal(readBack(escaped), text);
        }
        assert.doesNotMatch(escapeLogItem(text), /(?<!\\)(?:\\\\)*"/);
      }),
      { numRuns: 500 },
    );
  });

  it('an access line is one printable line whatever the request holds', () => {
    const line = compileAccessLine(
      parseLogFormat(
        '%h %l %u %t "%r" %>s %b "%{X-A}i" %{X-A}o %{E}e %{N}n %{c}C %f %q %U %m %H %R %V %{S}x %L',
      ),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const r = makeRequest({
          method: text,
          target: `/${text}?${text}`,
          fields: ['x-a', text, 'cookie', `c=${text}`],
        });
        r.setEnv('E', text);
        r.note('N', text);
        r.user = text;
        r.proxyUrl = text;
        r.handler = text;
        r.responseFields = ['X-A', text];
        assert.match(line(r), /^[\x20-\x7e]*\n$/);
      }),
      { numRuns: 300 },
    );
  });

  it('an error line is one printable line whatever is reported', () => {
    const lines = [
      compileErrorLine(undefined),
      compileErrorLine(
        parseErrorLogFormat('[%t] [%l] %E: [client\\ %a] %{X-A}i %{E}e %{N}n %V %M% ,\\ %{Referer}i'),
      ),
    ];
    fc.assert(
      fc.property(anything, (text) => {
        const request = makeRequest({ fields: ['x-a', text, 'referer', text], hostname: text });
        request.setEnv('E', text);
        request.note('N', text);
        const event: ErrorEvent = {
          at: 0,
          module: 'core',
          severity: 'error',
          message: text,
          osError: text,
          request,
        };
        for (const line of lines) assert.match(line(event), /^[\x20-\x7e]*\n$/);
      }),
      { numRuns: 300 },
    );
  });
});
