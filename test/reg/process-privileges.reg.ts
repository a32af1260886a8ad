/** Root is given away once everything is open, and what cannot be opened again without it comes from a successor. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StubRun } from './process-run.js';

const IS_ROOT = process.getuid?.() === 0;

describe('an edge process started as root', function () {
  this.timeout(120_000);
  let run: StubRun;
  before(function () {
    if (IS_ROOT) return;
    assert.notEqual(process.env['CI'], 'true', 'CI must be root');
    console.log('      not root: giving root away cannot be tested here');
    this.skip();
  });
  beforeEach(async () => {
    run = new StubRun();
    await run.start({ user: 'nobody', group: 'nogroup' });
  });
  afterEach(() => run.end());

  it('becomes User and Group in every thread, with the groups of that user only', async () => {
    const { pid } = await run.ask();
    const uid = execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).trim();
    const tasks = execFileSync('ls', [`/proc/${pid}/task`], { encoding: 'utf8' })
      .trim()
      .split('\n');
    assert.ok(tasks.length > 2);
    for (const task of tasks) {
      const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
      assert.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
      assert.doesNotMatch(status, /^Gid:\t0\t/m);
      assert.doesNotMatch(status, /^Groups:.*\b0\b/m);
    }
  });

  it('leaves the supervisor as it was', () => {
    assert.match(readFileSync(`/proc/${run.pid}/status`, 'utf8'), /^Uid:\t0\t0\t/m);
  });

  it('gets a successor when a worker of it cannot listen again', async () => {
    const { pid } = await run.ask();
    await assert.rejects(run.ask('/throw'));
    const successor = await run.askUntil((answer) => answer.pid !== pid);
    while (!run.log().includes(`edge process ${pid} is replaced`)) await sleep(5);
    assert.notEqual(successor.pid, pid);
  });
});

describe('an edge process with a User that does not exist', function () {
  this.timeout(120_000);

  it('does not start, and says which user', async function () {
    if (!IS_ROOT) {
      assert.notEqual(process.env['CI'], 'true', 'CI must be root');
      console.log('      not root: giving root away cannot be tested here');
      this.skip();
    }
    const run = new StubRun();
    try {
      await run.start();
      run.signal('SIGTERM');
      await run.ended();
      const { code, text } = await run.startInVain({ user: 'no-such-user', group: 'nogroup' });
      assert.equal(code, 1);
      assert.match(text, /could not become user no-such-user and group nogroup/);
      assert.equal(await run.portIsClosed(), true);
    } finally {
      await run.end();
    }
  });
});
