/**
 * A drover in a control group whose memory another process of the group eats up: requests are answered 503 before the
 * kernel has to kill anybody, and served again when there is room. Needs root and control groups that may be made; where
 * there are none, what decides is tested by test/unit/edge/process/memory-watch.test.ts alone.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from '../reg/appliance.js';

const LIMIT = 320 << 20;
/** What the eater leaves. */
const LEFT = 12 << 20;

/** Takes memory bit by bit until its group uses so many bytes, then waits to be killed: eater(FILE, BYTES). */
const EATER = `
const { readFileSync } = require('node:fs');
const [file, most] = process.argv.slice(1);
const eaten = [];
setInterval(() => {
  if (Number(readFileSync(file, 'latin1')) < Number(most)) eaten.push(Buffer.alloc(2 << 20, 1));
}, 10);
`;

class Group {
  readonly #folder: string;
  readonly #usage: string;

  constructor() {
    const isFirst = existsSync('/sys/fs/cgroup/memory');
    this.#folder = join(isFirst ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup', `drover-test-${process.pid}`);
    this.#usage = isFirst ? 'memory.usage_in_bytes' : 'memory.current';
    mkdirSync(this.#folder);
    try {
      writeFileSync(join(this.#folder, isFirst ? 'memory.limit_in_bytes' : 'memory.max'), String(LIMIT));
    } catch (error) {
      rmdirSync(this.#folder);
      throw error;
    }
  }

  add(pid: number): void {
    writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
  }

  get usageFile(): string {
    return join(this.#folder, this.#usage);
  }

  close(): void {
    rmdirSync(this.#folder);
  }
}

describe('memory that runs out', function () {
  this.timeout(180_000);
  let group: Group;
  let drover: Appliance;
  let isReady = false;

  before(async function () {
    try {
      group = new Group();
    } catch (error) {
      console.log(`no control group can be made here, so no memory runs out: ${String(error)}`);
      this.skip();
    }
    drover = await Appliance.start('Redirect / http://elsewhere.test/');
    group.add(drover.pid);
    // Its next edge process is the group's from its first page on, and knows its limit.
    await drover.reload();
    isReady = true;
  });
  after(async () => {
    if (!isReady) return;
    await drover.stop();
    for (let tries = 0; tries < 100; tries += 1) {
      try {
        group.close();
        return;
      } catch {
        await sleep(50); // the kernel has not taken the last process out yet
      }
    }
  });

  it('is answered 503 with Retry-After, told in the log, and over when there is some again', async () => {
    assert.equal((await drover.ask()).status, 302);
    // It enters the group before it becomes the program that eats.
    const words = ['-c', 'read go; exec "$0" -e "$1" "$2" "$3"', process.execPath, EATER];
    const hungry = spawn('sh', [...words, group.usageFile, String(LIMIT - LEFT)], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    group.add(hungry.pid as number);
    hungry.stdin.write('go\n');
    try {
      await drover.logSays(/\d+ of 320 MB of memory are left: requests are answered 503/);
      const { status, headers } = await drover.ask();
      assert.deepEqual([status, headers['retry-after']], [503, '1']);
    } finally {
      hungry.kill('SIGKILL');
      await once(hungry, 'exit');
    }
    await drover.logSays('there is memory again: requests are served');
    assert.equal((await drover.ask()).status, 302);
  });
});
