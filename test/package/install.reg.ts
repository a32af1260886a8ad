/**
 * The Debian package in a bare Debian: debootstrap makes a root, apt-get installs into it, drover runs there with the
 * runtime that came along, and a purge leaves nothing. service.reg.ts boots such a root. Needs root and debootstrap.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { RawOrigin } from '../reg/raw-origin.js';
import { APT, has, install, makePackage, makeRoot, whyNoRoot } from './debian-root.js';

function ask(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the Debian package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-root-'));
  const root = join(folder, 'root');
  let clean: string[] = [];

  /** Runs in the new root; what it printed. errors: with that when it fails. */
  const inside = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync('chroot', [root, ...words], { encoding: 'utf8' });
    assert.equal(status, 0, `${words.join(' ')}: ${stdout}${stderr}`);
    return stdout + stderr;
  };
  /** Everything below /etc, /usr and /var but for what packages always write. */
  const files = (): string[] =>
    inside(
      'find',
      '/etc',
      '/usr',
      '/var',
      '/run',
      '-not',
      '-path',
      '/var/lib/dpkg/*',
      '-not',
      '-path',
      '/var/*/apt/*',
      '-not',
      '-path',
      '/var/log/*',
    )
      .split('\n')
      .filter(
        (path) => !/^\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-?$|ldconfig|\/dpkg/.test(path),
      )
      .sort();

  before(function () {
    const why = whyNoRoot();
    if (why !== undefined) {
      assert.notEqual(process.env['CI'], 'true', why);
      console.log(`skipped: ${why}`);
      this.skip();
    }
    makeRoot(root);
    const deb = makePackage();
    clean = files();
    install(root, deb);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('brings a runtime of its own, and a configuration that is right', () => {
    assert.match(inside('/usr/bin/drover', '-v'), /^Server version: drover\//);
    assert.match(inside('/usr/bin/drover', '-t'), /Syntax OK/);
    assert.match(inside('/usr/bin/drover', '-S'), /DROVER_THREADS=not set/);
  });

  /** Runs drover there as its account, while `act` asks it; it must end with 0. */
  async function serving(file: string, health: number, act: () => Promise<void>): Promise<void> {
    // Worker threads look at their limits, and the supervisor at its children: both by /proc.
    execFileSync('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
    try {
      const own = ['--userspec=drover:drover', root, '/usr/bin/drover', '-f', file, '-D', 'FOREGROUND'];
      const child = spawn('chroot', own, {
        stdio: 'ignore',
        env: { PATH: process.env['PATH'], DROVER_THREADS: '1' },
      });
      const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
      let answer = '';
      // It listens a moment before it is ready, and says so.
      for (let tries = 0; tries < 1200 && !answer.startsWith('200 '); tries++) {
        answer = await ask(health, '/readyz').catch(String);
        await sleep(50);
      }
      assert.equal(answer, '200 ok\n');
      await act();
      child.kill('SIGTERM');
      assert.equal(await gone, 0);
    } finally {
      execFileSync('umount', [join(root, 'proc')]);
    }
  }

  it('serves there, as the account that it made, and is reloaded', async () => {
    const health = await freePort();
    const port = await freePort();
    const text = `ServerName test\nPidFile /run/drover/drover.pid\nErrorLog /var/log/drover/error.log
Listen 127.0.0.1:${port}\nEdgeHealthAddress 127.0.0.1:${health}\nRedirect / http://elsewhere.test/\n`;
    writeFileSync(join(root, 'tmp/drover.conf'), text);
    await serving('/tmp/drover.conf', health, async () => {
      assert.match(await ask(port, '/x'), /^302 /);
      inside('/usr/bin/drover', '-k', 'graceful', '-f', '/tmp/drover.conf');
      assert.match(await ask(port, '/x'), /^302 /);
    });
    rmSync(join(root, 'tmp/drover.conf'));
  });

  it('takes an installed httpd over with one command', async function () {
    if (!existsSync('/etc/apache2/apache2.conf')) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have apache2');
      console.log('skipped: an installed apache2 is what is migrated');
      this.skip();
    }
    const port = await freePort();
    const origin = await RawOrigin.start();
    execFileSync('cp', ['-a', '/etc/apache2', join(root, 'etc/apache2')]);
    const apache = join(root, 'etc/apache2');
    const site = `LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
<VirtualHost *:${port}>
  ServerName shop.test
  ProxyPass / http://127.0.0.1:${origin.port}/
</VirtualHost>
`;
    writeFileSync(join(apache, 'ports.conf'), `Listen 127.0.0.1:${port}\n`);
    rmSync(join(apache, 'sites-enabled'), { recursive: true });
    mkdirSync(join(apache, 'sites-enabled'));
    writeFileSync(join(apache, 'sites-enabled/shop.conf'), site);
    try {
      const said = inside('/usr/bin/drover', 'migrate', '/etc/apache2');
      assert.match(said, /systemctl/, 'how to switch');
      assert.match(inside('/usr/bin/drover', '-t', '-f', '/etc/drover/migrated/drover.conf'), /Syntax OK/);
      await serving('/etc/drover/migrated/drover.conf', 8079, async () => {
        assert.equal(await ask(port, '/x'), '200 ok');
      });
    } finally {
      rmSync(apache, { recursive: true });
      rmSync(join(root, 'etc/drover/migrated'), { recursive: true, force: true });
      await origin.stop();
    }
  });

  it('has manual pages, a completion, and a unit whose exposure is at most 1.5', function () {
    for (const file of [
      'usr/share/man/man8/drover.8.gz',
      'usr/share/man/man5/drover.conf.5.gz',
      'usr/share/bash-completion/completions/drover',
      'usr/lib/sysusers.d/drover.conf',
      'etc/logrotate.d/drover',
    ]) {
      assert.ok(existsSync(join(root, file)), file);
    }
    inside('bash', '-n', '/usr/share/bash-completion/completions/drover');
    if (!has('systemd-analyze')) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have systemd-analyze');
      console.log('skipped: the unit is looked at by systemd-analyze');
      this.skip();
    }
    const unit = join(root, 'usr/lib/systemd/system/drover.service');
    const report = spawnSync('systemd-analyze', ['security', '--offline=yes', '--threshold=15', unit], {
      encoding: 'utf8',
    });
    assert.equal(report.status, 0, report.stdout.split('\n').slice(-3).join('\n'));
    assert.match(report.stdout, /Overall exposure level for drover\.service: (?:0\.\d|1\.[0-5]) /);
    // The bare root has no units of systemd's own, so the unit is looked at on this host, with that root's program.
    const here = join(folder, 'drover.service');
    writeFileSync(here, readFileSync(unit, 'utf8').replaceAll('/usr/bin/drover', `${root}/usr/bin/drover`));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', here], { encoding: 'utf8' });
    assert.deepEqual([verified.status, verified.stdout + verified.stderr], [0, '']);
  });

  it('leaves nothing when it is purged', () => {
    inside(...APT, 'purge', 'drover');
    assert.deepEqual(
      files().filter((path) => !clean.includes(path)),
      [],
    );
    assert.equal(existsSync(join(root, 'var/log/drover')), false);
    assert.doesNotMatch(inside('cat', '/etc/passwd', '/etc/group'), /drover/);
    assert.deepEqual(
      readdirSync(join(root, 'run')).filter((name) => name.includes('drover')),
      [],
    );
  });
});
