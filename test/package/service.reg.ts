/**
 * The package where systemd runs: a Debian root is booted in namespaces, and there the unit does what it says. It has started
 * at boot, is reloaded, refuses a broken file aloud, is upgraded by apt-get without a restart, is started again by the
 * watchdog when its control thread stands still, ends clean, and a purge takes it away.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BootedRoot } from './booted-root.js';
import { APT, install, makePackage, makeRoot, whyNoRoot } from './debian-root.js';

const UNIT = 'drover.service';
const CONFIGURATION = 'etc/drover/drover.conf';

describe('the service of systemd', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-booted-'));
  const root = join(folder, 'root');
  let debian: BootedRoot | undefined;
  let deb: string;

  const inside = (...words: string[]): string => {
    const { status, stdout, stderr } = (debian as BootedRoot).run(...words);
    assert.equal(status, 0, `${words.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const property = (name: string): string =>
    inside('systemctl', 'show', '--property', name, '--value', UNIT).trim();
  /** Its edge processes, by their numbers in there. */
  const edges = (): string[] => {
    const all = inside('cat', `/sys/fs/cgroup/system.slice/${UNIT}/cgroup.procs`).trim().split('\n');
    // Some are gone by the time they are looked at: what tells systemd, and an edge process that has drained.
    const words = (pid: string): string => (debian as BootedRoot).run('cat', `/proc/${pid}/cmdline`).stdout;
    return all.filter((pid) => words(pid).startsWith('drover-edge'));
  };
  const livez = (): string =>
    inside(
      'bash',
      '-c',
      "exec 3<>/dev/tcp/127.0.0.1/8079 && printf 'GET /livez HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3",
    ).trim();

  before(async function () {
    const why = whyNoRoot();
    if (why !== undefined) {
      assert.notEqual(process.env['CI'], 'true', why);
      console.log(`skipped: ${why}`);
      this.skip();
    }
    makeRoot(root, 'systemd', 'systemd-sysv', 'dbus');
    deb = makePackage();
    install(root, deb);
    const booted = await BootedRoot.boot(root, join(folder, 'groups'));
    if (typeof booted === 'string') {
      assert.notEqual(process.env['CI'], 'true', booted);
      console.log(`skipped: systemd cannot be booted in namespaces here: ${booted}`);
      this.skip();
    }
    debian = booted;
  });
  after(async () => {
    await debian?.end(root);
    rmSync(folder, { recursive: true, force: true });
  });

  it('has been started at boot, in its sandbox, as its account', async () => {
    for (let tries = 0; tries < 1200 && property('ActiveState') !== 'active'; tries++) await sleep(100);
    assert.equal(property('StatusText'), 'serving');
    assert.equal(livez(), 'HTTP/1.1 200 OK');
    assert.match(inside('stat', '-c', '%U', `/proc/${edges()[0]}`), /^drover$/m);
  });

  it('is reloaded, and says what is wrong with a broken file', () => {
    const [before] = edges();
    inside('systemctl', 'reload', UNIT);
    assert.equal(property('StatusText'), 'serving');
    assert.ok(
      edges().some((pid) => pid !== before),
      'the new one serves when the command returns',
    );
    const text = readFileSync(join(root, CONFIGURATION), 'utf8');
    appendFileSync(join(root, CONFIGURATION), 'Broken\n');
    assert.notEqual(debian?.run('systemctl', 'reload', UNIT).status, 0);
    assert.match(inside('journalctl', '--no-pager', '-o', 'cat', '-u', UNIT), /Invalid command 'Broken'/);
    writeFileSync(join(root, CONFIGURATION), text);
    assert.equal(property('ActiveState'), 'active');
    assert.equal(livez(), 'HTTP/1.1 200 OK');
  });

  it('is upgraded by apt-get without an end of service', async () => {
    const [before, since] = [property('MainPID'), property('ActiveEnterTimestampMonotonic')];
    const next = join(folder, 'next');
    execFileSync('dpkg-deb', ['-R', deb, next]);
    const control = join(next, 'DEBIAN/control');
    writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, '$&+next'));
    execFileSync(
      'dpkg-deb',
      ['--root-owner-group', '-Znone', '-b', next, join(root, 'opt/drover_next.deb')],
      {
        stdio: 'ignore',
      },
    );
    inside(...APT, 'install', '/opt/drover_next.deb');
    for (let tries = 0; tries < 600 && property('MainPID') === before; tries++) await sleep(100);
    assert.notEqual(property('MainPID'), before);
    assert.equal(property('NRestarts'), '0');
    assert.equal(property('ActiveEnterTimestampMonotonic'), since);
    assert.equal(livez(), 'HTTP/1.1 200 OK');
  });

  it('is started again by the watchdog when its control thread stands still', async () => {
    inside('mkdir', '-p', `/run/systemd/system/${UNIT}.d`);
    inside('sh', '-c', `printf '[Service]\\nWatchdogSec=9\\n' > /run/systemd/system/${UNIT}.d/watchdog.conf`);
    inside('systemctl', 'daemon-reload');
    inside('systemctl', 'restart', UNIT);
    const main = property('MainPID');
    inside('bash', '-c', `kill -STOP ${edges().at(-1)}`);
    for (let tries = 0; tries < 600 && property('NRestarts') === '0'; tries++) await sleep(100);
    for (let tries = 0; tries < 1200 && property('ActiveState') !== 'active'; tries++) await sleep(100);
    assert.equal(property('NRestarts'), '1');
    assert.notEqual(property('MainPID'), main);
    assert.equal(livez(), 'HTTP/1.1 200 OK');
  });

  it('ends clean, and is gone after a purge', () => {
    inside('systemctl', 'stop', UNIT);
    assert.deepEqual([property('Result'), property('ExecMainStatus')], ['success', '0']);
    inside('systemctl', 'start', UNIT);
    inside(...APT, 'purge', 'drover');
    assert.notEqual(debian?.run('systemctl', 'cat', UNIT).status, 0);
    const left = debian?.run('cat', `/sys/fs/cgroup/system.slice/${UNIT}/cgroup.procs`);
    assert.equal(left?.stdout, '', 'processes are left');
    for (const path of ['etc/drover', 'usr/lib/drover', 'var/log/drover', 'var/lib/drover'])
      assert.equal(existsSync(join(root, path)), false, path);
  });
});
