import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { joinHead } from '../../../../../edge/engine/uws/uws-framing.js';

function expected(line: string, fields: readonly string[], asksToClose: boolean): string {
  let text = line;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]?.toLowerCase() !== 'date') text += `\r\n${fields[i]}: ${fields[i + 1]}`;
  }
  return asksToClose ? `${text}\r\nConnection: close` : text;
}

describe('heads for uWebSockets.js', () => {
  it('are whole whatever stood in the heads before', () => {
    const field = fc.tuple(
      fc.constantFrom('Server', 'Date', 'date', 'Content-Type', 'X-A', 'x-a'),
      fc.constantFrom('', 'a', 'b', 'é', 'text/plain', 'v'.repeat(1500), 'w'.repeat(1500), 'z'.repeat(5000)),
    );
    const head = fc.tuple(
      fc.constantFrom('200 OK', '404 Not Found', '299'),
      fc.array(field, { maxLength: 6 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(head, { minLength: 1, maxLength: 12 }), (heads) => {
        for (const [line, pairs, asksToClose] of heads) {
          const fields = pairs.flat();
          assert.equal(
            joinHead(line, fields, asksToClose).toString('latin1'),
            expected(line, fields, asksToClose),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('differ from the head before in one value, one name, or one field more or less', () => {
    const fields = ['Server', 'x', 'Content-Type', 'text/plain', 'X-Rule', '1'];
    const others = [
      ['Server', 'y', 'Content-Type', 'text/plain', 'X-Rule', '1'],
      ['Server', 'x', 'Content-Type', 'text/html', 'X-Rule', '1'],
      ['Server', 'x', 'Content-Type', 'text/plain'],
      ['Server', 'x', 'Date', 'then', 'Content-Type', 'text/plain', 'X-Rule', '1'],
      ['Server', 'x', 'Content-Type', 'text/plain', 'X-Rule', '1', 'X-More', '2'],
      ['Server', 'x', 'content-type', 'text/plain', 'X-Rule', '1'],
      [],
    ];
    for (const other of others) {
      for (const each of [fields, other, fields])
        assert.equal(joinHead('200 OK', each, false).toString('latin1'), expected('200 OK', each, false));
    }
  });
});
