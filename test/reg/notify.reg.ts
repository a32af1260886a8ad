/**
 * What a service manager hears, by the real protocol: a unix datagram socket, as sd_notify(3) has it. Node.js has no such
 * sockets, so a few lines of Python listen; the sender is systemd-notify.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');

const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(s.recv(4096).decode().replace('\\n', '|'), flush=True)
`;

describe('a service manager', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-notify-'));
  let listener: ChildProcess | undefined;
  let drover: Appliance;
  let text = '';

  const said = (): string[] => text.split('\n').filter((line) => line !== '');

  /** Waits for the next message that matches, from a place on; returns the place behind it. */
  async function hears(wanted: RegExp, from = 0): Promise<number> {
    for (let tries = 0; tries < 4000; tries++) {
      const at = said().findIndex((line, i) => i >= from && wanted.test(line));
      if (at >= 0) return at + 1;
      await sleep(10);
    }
    throw new Error(`${wanted} was not said: ${said().join('\n')}`);
  }

  before(async function () {
    const missing = ['python3', 'systemd-notify'].filter(
      (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0,
    );
    if (missing.length > 0) {
      assert.notEqual(process.env['CI'], 'true', `CI must have ${missing.join(' and ')}`);
      console.log(`skipped: needs ${missing.join(' and ')}`);
      this.skip();
    }
    const socket = join(folder, 'socket');
    listener = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    listener.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await hears(/^bound$/);
    drover = await Appliance.start('Redirect / http://elsewhere.test/', {
      threads: 2,
      env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '3000000' },
    });
  });
  after(() => {
    listener?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('hears that drover is ready, and which process it is', async () => {
    const at = await hears(/READY=1/);
    assert.match(said()[at - 1] ?? '', new RegExp(`MAINPID=${drover.pid}\\b.*STATUS=serving`));
  });

  it('hears that the workers answer, and no longer when they do not', async () => {
    await hears(/WATCHDOG=1/, said().length);
    const { edge } = drover;
    process.kill(edge, 'SIGSTOP');
    try {
      let quietSince = Date.now();
      let last = said().length;
      for (let tries = 0; tries < 600 && Date.now() - quietSince < 5000; tries++) {
        await sleep(100);
        if (
          said()
            .slice(last)
            .some((line) => line.includes('WATCHDOG=1'))
        )
          quietSince = Date.now();
        last = said().length;
      }
      assert.ok(Date.now() - quietSince >= 5000, 'it went on saying that all is well');
    } finally {
      process.kill(edge, 'SIGCONT');
    }
    await hears(/WATCHDOG=1/, said().length);
  });

  it('hears of a reload before it and after it', async () => {
    const from = said().length;
    await drover.reload();
    const begun = await hears(/RELOADING=1\|MONOTONIC_USEC=\d+/, from);
    await hears(/READY=1/, begun);
  });

  it('hears of a reload from the command that asks for it, before that ends', async () => {
    const from = said().length;
    const file = join(drover.folder, 'drover.conf');
    // What it does not hear from the command it does not hear at all.
    drover.signal('SIGSTOP');
    try {
      const env = { ...process.env, NOTIFY_SOCKET: join(folder, 'socket') };
      const asking = spawn(process.execPath, [CLI, '-f', file, '-k', 'graceful'], { env, stdio: 'ignore' });
      assert.deepEqual(await once(asking, 'exit'), [0, null]);
      await hears(/RELOADING=1\|MONOTONIC_USEC=\d+/, from);
    } finally {
      drover.signal('SIGCONT');
    }
    await hears(/READY=1/, from);
  });

  it('hears that drover ends', async () => {
    const from = said().length;
    await drover.stop();
    await hears(/STOPPING=1/, from);
  });
});
