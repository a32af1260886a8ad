/**
 * The blocks of README.md are run as they stand there, each by the test that is named here; a block that nobody runs
 * fails this one. What needs a process and no peer is run below: only file names, ports and addresses are exchanged.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../native-bench/free-port.js';
import { blockOf, blocks } from '../pair/recipe.js';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');

/** Beginning of a block → who runs it. */
const RUN_BY: Record<string, string> = {
  '                      ┌───': 'nobody: a drawing',
  'npm ci && npm start': 'test/reg/process-demo.reg.ts, .ci/run',
  'npm ci                ': 'here',
  'npm run package': 'test/package/install.reg.ts',
  '<Location /balancer-manager>': 'here',
  '<Proxy balancer://shadow>': 'here',
  'EdgeCapture /var/log': 'here',
  '# /etc/keepalived/keepalived.conf on both hosts': 'test/pair/pair.reg.ts',
  '# /etc/drover/drover.conf on both hosts': 'test/pair/pair.reg.ts',
  '# /etc/keepalived/keepalived.conf on the two directors': 'test/pair/directors.reg.ts',
  '# haproxy.cfg: the PROXY protocol': 'test/reg/behind-others.reg.ts',
  '# drover.conf behind the PROXY protocol': 'test/reg/behind-others.reg.ts',
  '# nginx.conf: X-Forwarded-For': 'test/reg/behind-others.reg.ts',
  '# drover.conf behind X-Forwarded-For': 'test/reg/behind-others.reg.ts',
  '# drover.conf in front of drover': 'test/reg/behind-others.reg.ts',
};

describe("README.md's blocks", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-readme-'));
  let origin: RawOrigin;
  before(async () => {
    origin = await RawOrigin.start();
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/drover'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
    chmodSync(join(folder, 'bin/drover'), 0o755);
  });
  after(async () => {
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function sh(line: string): { status: number | null; said: string } {
    const env = {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      DROVER_THREADS: '1',
    };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8', env });
    return { status, said: stdout + stderr };
  }

  it('are all known to a test', () => {
    const unknown = blocks().filter(
      (block) => !Object.keys(RUN_BY).some((beginning) => block.startsWith(beginning)),
    );
    assert.deepEqual(unknown, []);
    for (const beginning of Object.keys(RUN_BY)) blockOf(beginning);
  });

  it("check, list, start and reload a configuration of one's own", async () => {
    const file = join(folder, 'apache2.conf');
    const port = await freePort();
    const text = `ServerName own.test\nPidFile ${folder}/own.pid\nErrorLog ${folder}/own.log\nListen 127.0.0.1:${port}
ProxyPass / http://127.0.0.1:${origin.port}/\n`;
    writeFileSync(file, text);
    const lines = blockOf('npm ci                ')
      .split('\n')
      .filter((line) => line.startsWith('drover'))
      .map((line) => line.replaceAll('/etc/apache2/apache2.conf', file));
    assert.equal(lines.length, 4);
    try {
      for (const line of lines) {
        const { status, said } = sh(line);
        assert.equal(status, 0, `${line}\n${said}`);
        if (line.includes(' -t ')) assert.match(said, /Syntax OK/);
        if (line.includes(' -S ')) assert.match(said, /uws|node/);
      }
      assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'ok');
    } finally {
      sh(`drover -k stop -f ${file}`);
    }
  });

  it('are configurations that drover serves by: the manager, a shadow pool, a capture', async () => {
    const capture = blockOf('EdgeCapture /var/log').split('\n')[0] as string;
    const shadow = blockOf('<Proxy balancer://shadow>').replace('10.0.0.9:8080', `127.0.0.1:${origin.port}`);
    const drover = await Appliance.start(
      [
        blockOf('<Location /balancer-manager>').replaceAll(/ +# .*/g, ''),
        shadow.replaceAll(/ +# .*/g, ''),
        capture.replace('/var/log/drover/captured', `${folder}/captured`),
        `ProxyPass /shop http://127.0.0.1:${origin.port}/`,
      ].join('\n'),
    );
    try {
      assert.equal((await drover.ask('/shop')).body, 'ok');
      assert.equal((await drover.ask('/balancer-manager')).status, 403, 'Require ip');
    } finally {
      await drover.stop();
    }
  });
});
