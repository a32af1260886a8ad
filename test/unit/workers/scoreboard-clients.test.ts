/** Counts of clients: a rate is kept to the request, entries are found again, and forgotten ones make room. */
import assert from 'node:assert/strict';
import { ClientCounts, clientsBytes } from '../../../workers/scoreboard-clients.js';

function fresh(): ClientCounts {
  return new ClientCounts(new SharedArrayBuffer(clientsBytes(true)));
}

describe('counts of clients', () => {
  it('let a burst in, then one request each interval, and say how long to wait', () => {
    const counts = fresh();
    const entry = counts.find('a', 0);
    const interval = 1000;
    assert.deepEqual(
      Array.from({ length: 4 }, () => counts.take(entry, 0, interval, 2)),
      [0, 0, 0, 1000],
    );
    assert.equal(counts.take(entry, 400, interval, 2), 600);
    assert.equal(counts.take(entry, 1000, interval, 2), 0);
    assert.equal(counts.take(entry, 1000, interval, 2), 1000);
    assert.equal(counts.take(entry, 9000, interval, 2), 0);
  });

  it('count over the end of the clock', () => {
    const counts = fresh();
    const now = 0x7fffff00;
    const entry = counts.find('a', now);
    assert.equal(counts.take(entry, now, 1000, 0), 0);
    assert.equal(counts.take(entry, (now + 500) | 0, 1000, 0), 500);
    assert.equal(counts.take(entry, (now + 1000) | 0, 1000, 0), 0);
  });

  it('keep a burst of hours, and let nobody pay for what he did before the clock began anew', () => {
    const hour = 360_000_000;
    for (let start = 0; start < 24 * hour; start += 5 * hour) {
      for (let later = 7; later < 40; later += 1) {
        const counts = fresh();
        const entry = counts.find('a', start);
        const waits = Array.from({ length: 7 }, () => counts.take(entry, start, hour, 5));
        assert.deepEqual(waits, [0, 0, 0, 0, 0, 0, hour], `burst at ${start}`);
        assert.equal(counts.take(entry, start + hour / 2, hour, 5), hour / 2);
        const now = start + later * hour;
        assert.equal(counts.take(counts.find('a', now), now, hour, 5), 0, `${later} hours after ${start}`);
      }
    }
  });

  it('give away the place of a client that has been silent, for however long', () => {
    const hour = 360_000_000;
    for (const later of [6, 9, 13]) {
      const counts = fresh();
      for (let i = 0; i < 200_000; i++) counts.find(`client ${i}`, 0);
      const entries = Array.from({ length: 100 }, (_, i) => counts.find(`new ${i}`, later * hour));
      assert.equal(entries.indexOf(-1), -1, `after ${later} hours`);
    }
  });

  it('find a client again, and count what it has under way', () => {
    const counts = fresh();
    const entry = counts.find('10.0.0.1', 0);
    assert.equal(counts.find('10.0.0.1', 5), entry);
    assert.notEqual(counts.find('10.0.0.2', 5), entry);
    assert.deepEqual([counts.enter(entry), counts.enter(entry)], [1, 2]);
    counts.leave(entry);
    assert.equal(counts.enter(entry), 2);
  });

  it('give the places of clients that are idle to others, and let those in that find none', () => {
    const counts = fresh();
    const entries = new Set<number>();
    for (let i = 0; i < 200_000; i++) {
      const entry = counts.find(`client ${i}`, 0);
      if (entry < 0) continue;
      entries.add(entry);
      counts.enter(entry);
    }
    assert.ok(entries.size > 60_000 && entries.size <= 65_536, `${entries.size} places`);
    assert.equal(counts.find('one more', 0) < 0 || entries.size < 65_536, true);
    for (const entry of entries) counts.leave(entry);
    assert.ok(counts.find('one more', 1) >= 0);
  });

  it('come down to nothing, whoever had the place of a client meanwhile', () => {
    const counts = fresh();
    const entries: number[] = [];
    for (let i = 0; i < 300_000; i++) {
      const entry = counts.find(`client ${i}`, i);
      if (entry < 0) continue;
      counts.enter(entry);
      entries.push(entry);
      if (i % 3 !== 0) continue;
      const at = (i * 7919) % entries.length;
      counts.leave(entries[at] as number);
      entries[at] = entries.at(-1) as number;
      entries.pop();
    }
    for (const entry of entries) counts.leave(entry);
    for (const entry of entries) {
      assert.equal(counts.enter(entry), 1);
      counts.leave(entry);
    }
  });

  it('need little where no address is limited', () => {
    const counts = new ClientCounts(new SharedArrayBuffer(clientsBytes(false)));
    assert.deepEqual([counts.addConnection(1), counts.addConnection(1), counts.addConnection(-1)], [1, 2, 1]);
    assert.equal(counts.connections, 1);
    assert.equal(clientsBytes(false), 64);
  });
});
