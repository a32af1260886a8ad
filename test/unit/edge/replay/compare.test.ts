/** What counts as a difference between a captured and a replayed answer. */
import assert from 'node:assert/strict';
import { type CaptureRecord, parseRecord } from '../../../../edge/capture/record.js';
import { Comparison } from '../../../../edge/replay/compare.js';

const RECORD: CaptureRecord = {
  at: 1,
  method: 'GET',
  target: '/a?b=1',
  server: '',
  secure: false,
  fields: ['host', 'x'],
  bytes: 0,
  answer: { status: 200, bytes: 10, ms: 4, fields: [] },
};

describe('a comparison', () => {
  it('counts another status before another length, and gathers what is alike', () => {
    const found = new Comparison(false);
    found.add(RECORD, { status: 200, bytes: 10, ms: 8 });
    found.add(RECORD, { status: 500, bytes: 1, ms: 8 });
    found.add({ ...RECORD, target: '/a?b=2' }, { status: 500, bytes: 1, ms: 8 });
    found.add(RECORD, { status: 200, bytes: 11, ms: 8 });
    found.addFailure(RECORD, 'refused');
    const { same, status, length, failed, differences, captured, replayed } = found.summary();
    assert.deepEqual({ same, status, length, failed }, { same: 1, status: 2, length: 1, failed: 1 });
    assert.equal(found.differing, 4);
    assert.deepEqual(differences[0], { method: 'GET', path: '/a', what: '200 → 500', count: 2 });
    assert.deepEqual([captured.p50, replayed.p99], [4, 8]);
  });

  it('does not look at lengths when it is told not to', () => {
    const found = new Comparison(true);
    found.add(RECORD, { status: 200, bytes: 11, ms: 8 });
    assert.equal(found.same, 1);
  });
});

describe('a captured line', () => {
  it('is read again, and anything else is not', () => {
    assert.deepEqual(parseRecord(JSON.stringify(RECORD)), RECORD);
    for (const line of ['', '{', '[]', 'null', '{}', JSON.stringify({ ...RECORD, method: 'A B' })])
      assert.equal(parseRecord(line), undefined, line);
    assert.equal(parseRecord(JSON.stringify({ ...RECORD, fields: ['odd'] })), undefined);
  });
});
