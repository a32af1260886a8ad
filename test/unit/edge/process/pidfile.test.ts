import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EdgeError } from '../../../../edge/errors.js';
import { claimPid, readPid, removePid, runningPid, writePid } from '../../../../edge/process/pidfile.js';

describe('the PID file', () => {
  let folder: string;
  let file: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pid-'));
    file = join(folder, 'run/drover.pid');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    rmSync(folder, { recursive: true });
  });

  /** A process that is ready, under a title. */
  async function titled(title: string): Promise<number> {
    const code = `process.title = ${JSON.stringify(title)}; process.stdout.write('.'); setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    assert.ok(child.stdout);
    await once(child.stdout, 'data');
    assert.ok(child.pid);
    return child.pid;
  }

  it('holds the number on a line, in a folder that is made when missing', () => {
    writePid(file, 4711);
    assert.equal(readFileSync(file, 'utf8'), '4711\n');
  });

  it('is not taken from another drover that has written it since it was looked', async () => {
    const other = await titled('drover');
    writePid(file, other);
    assert.throws(
      () => claimPid(file, 4711),
      (error) =>
        error instanceof EdgeError && error.code === 'E_RUNNING' && error.message.includes(`${other}`),
    );
    assert.equal(readPid(file), other);
    writePid(file, await titled('something else'));
    claimPid(file, 4711);
    assert.equal(readPid(file), 4711);
  });

  it('leaves no temporary file behind', () => {
    writePid(file, 4711);
    assert.deepEqual(readdirSync(join(folder, 'run')), ['drover.pid']);
  });

  it('fails with a code and the path when it cannot be written', () => {
    writeFileSync(join(folder, 'run'), 'a file where a folder should be');
    assert.throws(
      () => writePid(file, 1),
      (error) => error instanceof EdgeError && error.code === 'E_PIDFILE' && error.message.includes(file),
    );
  });

  it('is removed only by the process that it names', () => {
    writePid(file, 4711);
    removePid(file, 4712);
    assert.equal(readPid(file), 4711);
    removePid(file, 4711);
    assert.equal(readPid(file), undefined);
  });

  it('names no process when it is missing or holds no number', () => {
    assert.equal(runningPid(file), undefined);
    writePid(file, 1);
    for (const text of ['', 'abc', '-5', '12 13']) {
      writeFileSync(file, text);
      assert.equal(readPid(file), undefined, text);
    }
  });

  it('names a running process that calls itself drover', async () => {
    const pid = await titled('drover');
    writePid(file, pid);
    assert.equal(runningPid(file), pid);
  });

  it('is stale when the number belongs to some other program now', async () => {
    writePid(file, await titled('postgres'));
    assert.equal(runningPid(file), undefined);
  });

  it('is stale when the process is gone', async () => {
    const pid = await titled('drover');
    writePid(file, pid);
    const child = children.pop();
    child?.kill('SIGKILL');
    assert.ok(child);
    await once(child, 'exit');
    assert.equal(runningPid(file), undefined);
  });
});
