import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { Clock, turnClock, wallClock } from '../../../workers/clock.js';

/** Two clocks that go on together; the wall one can be set. */
class Times {
  steady = 100;
  offset = 1_000_000;
  readonly clock = new Clock(
    () => this.steady,
    () => Math.floor(this.steady + this.offset),
    this.offset,
  );

  pass(ms: number): number {
    this.steady += ms;
    return this.clock.read();
  }
}

describe('the clock', () => {
  it('says the time of day, with fractions', () => {
    const times = new Times();
    assert.equal(times.pass(0.25), 1_000_100.25);
    assert.equal(times.pass(5000), 1_005_100.25);
    assert.ok(Math.abs(wallClock() - Date.now()) < 1000);
  });

  for (const step of [3_600_000, -3_600_000, 40])
    it(`follows the system's time within a second when that is set by ${step} ms`, () => {
      const times = new Times();
      const before = times.pass(10);
      times.offset += step;
      times.pass(1000);
      assert.ok(Math.abs(times.pass(10) - (before + 1010 + step)) <= 1);
    });

  it('does not take a reading that came late for a step', () => {
    const times = new Times();
    let isLate = false;
    const clock = new Clock(
      () => times.steady,
      () => {
        const late = isLate ? 500 : 0;
        isLate = false;
        return times.steady + times.offset + late;
      },
      times.offset,
    );
    isLate = true;
    times.steady += 2000;
    assert.equal(clock.read(), 1_002_100);
    assert.equal(clock.read(), 1_002_100);
  });

  it('stands still within a turn of the event loop, and no longer', async () => {
    const first = turnClock();
    while (wallClock() < first + 2) assert.equal(turnClock(), first);
    await sleep(5);
    assert.ok(turnClock() > first + 2);
  });
});
