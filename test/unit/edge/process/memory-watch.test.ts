import assert from 'node:assert/strict';
import { MemoryWatch } from '../../../../edge/process/memory-watch.js';

const GB = 2 ** 30;
const MB = 2 ** 20;

describe('the watch of memory', () => {
  let rooms: { left: number; limit: number }[];
  let changes: boolean[];
  let lines: string[];
  let watch: MemoryWatch;
  beforeEach(() => {
    rooms = [{ left: GB, limit: 2 * GB }];
    changes = [];
    lines = [];
    watch = new MemoryWatch({
      onChange: (isShort) => changes.push(isShort),
      log: (severity, text) => lines.push(`${severity}: ${text}`),
      rooms: () => rooms,
    });
  });

  it('says nothing while there is enough', () => {
    watch.look();
    assert.deepEqual([changes, lines], [[], []]);
  });

  it('says once that memory is short, and once that it is not', () => {
    rooms = [{ left: 50 * MB, limit: 2 * GB }];
    watch.look();
    watch.look();
    assert.deepEqual(changes, [true]);
    rooms = [{ left: 90 * MB, limit: 2 * GB }];
    watch.look();
    assert.deepEqual(changes, [true], 'a little more is not enough');
    rooms = [{ left: 200 * MB, limit: 2 * GB }];
    watch.look();
    assert.deepEqual(changes, [true, false]);
    assert.deepEqual(lines, [
      'crit: 50 of 2048 MB of memory are left: requests are answered 503',
      'notice: there is memory again: requests are served',
    ]);
  });

  it('looks at every limit there is', () => {
    rooms = [
      { left: GB, limit: 2 * GB },
      { left: 20 * MB, limit: 128 * MB },
    ];
    watch.look();
    assert.deepEqual(changes, [true]);
  });

  it('holds no more back on a large machine than it needs', () => {
    rooms = [{ left: 300 * MB, limit: 64 * GB }];
    watch.look();
    assert.deepEqual(changes, []);
  });
});
