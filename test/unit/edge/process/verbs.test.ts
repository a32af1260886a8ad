import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runVerb } from '../../../../edge/process/verbs.js';

describe('-k with nothing running', () => {
  let folder: string;
  let pidFile: string;
  let said: string;
  let starts: number;
  const hands = {
    say: (text: string): void => {
      said += text;
    },
    complain: (text: string): void => {
      said += text;
    },
    start: async (): Promise<number> => {
      starts += 1;
      return 5;
    },
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'verbs-'));
    pidFile = join(folder, 'drover.pid');
    said = '';
    starts = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('says so on stop and graceful-stop, and that is no failure', async () => {
    for (const verb of ['stop', 'graceful-stop'] as const) {
      said = '';
      assert.equal(await runVerb(verb, pidFile, hands), 0);
      assert.equal(said, 'drover (no pid file) not running\n');
    }
    assert.equal(starts, 0);
  });

  it('names the number of a stale file', async () => {
    // 2^22 is above the highest pid Linux gives.
    writeFileSync(pidFile, '4194305\n');
    assert.equal(await runVerb('stop', pidFile, hands), 0);
    assert.equal(said, 'drover (pid 4194305?) not running\n');
  });

  it('starts on restart and graceful, and gives the exit code of that', async () => {
    for (const verb of ['restart', 'graceful'] as const) {
      said = '';
      assert.equal(await runVerb(verb, pidFile, hands), 5);
      assert.equal(said, 'drover not running, trying to start\n');
    }
    assert.equal(starts, 2);
  });
});
