import assert from 'node:assert/strict';
import { describeEnding, headerBlockLimit } from '../../../../edge/process/generation-process.js';
import type { Settings } from '../../../../edge/settings.js';

function withLimits(...limits: [line: number, field: number][]): Settings {
  const servers = limits.map(([limitRequestLine, limitRequestFieldSize]) => ({
    limitRequestLine,
    limitRequestFieldSize,
  }));
  return { servers } as unknown as Settings;
}

describe('the room for a header block', () => {
  it('is a longest request line and two longest fields', () => {
    assert.equal(headerBlockLimit(withLimits([8190, 8190])), 24_570);
  });

  it('is 16 KiB at least', () => {
    assert.equal(headerBlockLimit(withLimits([100, 100])), 16_384);
  });

  it('fits the server with the highest limits', () => {
    assert.equal(headerBlockLimit(withLimits([8190, 8190], [100_000, 8190])), 116_380);
  });
});

describe('the end of an edge process', () => {
  it('is told by its signal or its exit code', () => {
    assert.equal(describeEnding({ code: null, signal: 'SIGKILL', lived: 0 }), 'signal SIGKILL');
    assert.equal(describeEnding({ code: 1, signal: null, lived: 0 }), 'exit code 1');
  });
});
