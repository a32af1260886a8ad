/** The command as an operator's scripts use it: what it says where, its exit codes, and who is running afterwards. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliRun } from './process-cli-run.js';
import { isAlive } from './process-run.js';

describe('drover on the command line', function () {
  this.timeout(120_000);
  let run: CliRun;
  beforeEach(async () => {
    run = new CliRun();
    await run.prepare();
  });
  afterEach(() => run.end());

  it('starts in the background and returns when it serves', async () => {
    assert.deepEqual(await run.run(), { code: 0, stdout: '', stderr: '' });
    assert.deepEqual(await run.ask(), { status: 200, text: 'from the origin' });
    assert.match(run.log(), /AH00489: drover\/\d+\.\d+\.\d+ configured -- resuming normal operations/);
    assert.match(run.log(), /AH00094: Command line: 'drover -f .*drover\.conf'/);
  });

  it('runs in a session of its own and in the root directory', async () => {
    await run.run();
    const stat = readFileSync(`/proc/${run.pid}/stat`, 'latin1');
    const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    assert.equal(Number(session), run.pid);
    assert.equal(readFileSync(`/proc/${run.pid}/cmdline`, 'latin1').startsWith('drover'), true);
  });

  it('says that it is running when it is, and that is no failure', async () => {
    await run.run();
    const outcome = await run.run('-k', 'start');
    assert.deepEqual(outcome, { code: 0, stdout: `drover (pid ${run.pid}) already running\n`, stderr: '' });
  });

  it('stops, and then is not running', async () => {
    await run.run();
    const { pid } = run;
    assert.ok(pid !== undefined);
    assert.deepEqual(await run.run('-k', 'stop'), { code: 0, stdout: '', stderr: '' });
    assert.equal(isAlive(pid), false);
    assert.equal(existsSync(run.pidFile), false);
    await assert.rejects(run.ask());
    assert.equal((await run.run('-k', 'stop')).stdout, 'drover (no pid file) not running\n');
  });

  it('stops gracefully', async () => {
    await run.run();
    const { pid } = run;
    assert.ok(pid !== undefined);
    assert.equal((await run.run('-k', 'graceful-stop')).code, 0);
    while (isAlive(pid)) await sleep(10);
    await assert.rejects(run.ask());
    assert.match(run.log(), /AH00492/);
  });

  it('starts on graceful when nothing runs, and says so', async () => {
    const outcome = await run.run('-k', 'graceful');
    assert.deepEqual(outcome, { code: 0, stdout: 'drover not running, trying to start\n', stderr: '' });
    assert.equal((await run.ask()).status, 200);
  });

  it('reads the configuration again on graceful and on restart', async () => {
    await run.run();
    const { pid } = run;
    run.configure('Header set X-Version two');
    assert.equal((await run.run('-k', 'graceful')).code, 0);
    await run.logSays('AH00493');
    await run.serves('two');
    run.configure('Header set X-Version three');
    assert.equal((await run.run('-k', 'restart')).code, 0);
    await run.logSays('AH00494');
    await run.serves('three');
    assert.equal(run.pid, pid);
  });

  it('refuses to restart into a broken configuration, and the running one serves on', async () => {
    await run.run();
    run.configure('KeepAlive maybe');
    for (const verb of ['restart', 'graceful']) {
      const { code, stderr } = await run.run('-k', verb);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /AH00526: Syntax error on line 5 of .*drover\.conf:\nKeepAlive must be On or Off\n/,
      );
    }
    assert.equal((await run.ask()).status, 200);
    assert.doesNotMatch(run.log(), /AH00493|AH00494/);
  });

  it('serves on when a signal finds the configuration broken', async () => {
    await run.run();
    run.configure('KeepAlive maybe');
    process.kill(run.pid ?? 0, 'SIGHUP');
    await run.logSays('the running generation stays');
    assert.match(run.log(), /KeepAlive must be On or Off/);
    assert.equal((await run.ask()).status, 200);
  });

  it("tells of a busy port in httpd's three lines", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(run.port, '127.0.0.1', resolve));
    try {
      const { code, stderr } = await run.run();
      assert.equal(code, 1);
      assert.equal(
        stderr,
        `(98)Address already in use: AH00072: make_sock: could not bind to address 127.0.0.1:${run.port}\n` +
          'no listening sockets available, shutting down\nAH00015: Unable to open logs\n',
      );
      assert.equal(existsSync(run.pidFile), false);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('never shares its port with a second drover', async () => {
    await run.run();
    const { code, stderr } = await run.run('-c', `PidFile "${run.folder}/second.pid"`);
    assert.equal(code, 1);
    assert.match(stderr, /AH00072/);
  });

  it('tells of an error log that cannot be opened', async () => {
    const { code, stderr } = await run.run('-c', `ErrorLog "${run.folder}/none/error.log"`);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `(2)No such file or directory: AH00091: drover: could not open error log file ${run.folder}/none/error.log.\n` +
        'AH00015: Unable to open logs\n',
    );
  });

  it('takes no notice of a PID file that a dead process left', async () => {
    writeFileSync(run.pidFile, '4194305\n');
    assert.equal((await run.run()).code, 0);
    assert.notEqual(run.pid, 4194305);
    assert.equal((await run.ask()).status, 200);
  });

  it('says at start what is not active', async () => {
    run.configure('RequestReadTimeout handshake=5');
    const { stderr } = await run.run('-t', '-v');
    assert.match(stderr, /drover\.conf:5: RequestReadTimeout: inactive: .*\nSyntax OK\n$/s);
    await run.run();
    assert.match(run.log(), /\[core:warn\] .*drover\.conf:5: RequestReadTimeout has no effect: /);
  });

  it('starts as well as it checks: Syntax OK on standard error', async () => {
    assert.deepEqual(await run.run('-t'), { code: 0, stdout: '', stderr: 'Syntax OK\n' });
  });

  it('says which file it cannot open', async () => {
    const { code, stderr } = await run.run('-t', '-f', join(run.folder, 'none.conf'));
    assert.equal(code, 1);
    assert.match(stderr, /drover: Could not open configuration file .*none\.conf: No such file or directory/);
  });

  it('shows the engine of each address with -S', async () => {
    const { code, stdout, stderr } = await run.run('-S');
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /^VirtualHost configuration:\n/);
    assert.match(stdout, new RegExp(`127\\.0\\.0\\.1:${run.port} +uws http`));
    assert.match(stdout, /^PidFile: ".*drover\.pid"$/m);
  });

  it('refuses a number of threads that is none', async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../../edge/cli.js'), '-f', run.file, '-D', 'FOREGROUND'],
      { env: { ...process.env, DROVER_THREADS: 'many' }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 1);
    assert.match(stderr, /drover: DROVER_THREADS=many: must be 1 to 256/);
  });
});
