/**
 * Live changes beyond the page: `drover ctl` on its socket, changes that outlive a graceful restart, a killed edge process
 * and, with BalancerPersist On, a stop and start; and that a reset forgets them.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CtlHands, runCtl } from '../../edge/ctl/ctl.js';
import { runTop } from '../../edge/ctl/top.js';
import { Appliance } from './appliance.js';
import { type OnRequest, plainReply, RawOrigin } from './raw-origin.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');

interface Said {
  code: number;
  out: string;
  err: string;
}

describe('live control', function () {
  this.timeout(120_000);
  let origins: RawOrigin[];
  let urls: string[];
  let drover: Appliance | undefined;
  let kept: string;

  before(async () => {
    const slow =
      (name: string): OnRequest =>
      (socket, { head }) => {
        setTimeout(() => socket.write(plainReply(name)), head.line.includes('/slow') ? 1500 : 0);
      };
    origins = await Promise.all(['a', 'b', 'c'].map((name) => RawOrigin.start(slow(name))));
    urls = origins.map(({ port }) => `http://127.0.0.1:${port}`);
  });
  beforeEach(() => {
    kept = mkdtempSync(join(tmpdir(), 'drover-kept-'));
  });
  afterEach(async () => {
    await drover?.stop();
    drover = undefined;
    rmSync(kept, { recursive: true, force: true });
  });
  after(() => Promise.all(origins.map((origin) => origin.stop())));

  /** A PID file of the test's own, so that what lies beside it outlives the appliance's folder. */
  async function start(persist: 'On' | 'Off' = 'Off'): Promise<Appliance> {
    const members = `BalancerMember ${urls[0]} route=ra\nBalancerMember ${urls[1]} route=rb\nProxySet growth=2`;
    drover = await Appliance.start(
      `PidFile ${kept}/d.pid\nBalancerPersist ${persist}\n<Proxy balancer://shop>\n${members}\n</Proxy>\nProxyPass / balancer://shop/`,
      { threads: 2 },
    );
    return drover;
  }
  /** The command within this process: starting one takes seconds on a busy machine. */
  function ctl(...words: string[]): Promise<Said> {
    return within(runCtl, words);
  }
  async function within(
    run: (words: readonly string[], hands: CtlHands) => Promise<number>,
    words: readonly string[],
  ): Promise<Said> {
    const said = { out: '', err: '' };
    const code = await run(words, {
      say: (text) => {
        said.out += text;
      },
      complain: (text) => {
        said.err += text;
      },
      socketOf: () => join(kept, 'd.ctl'),
    });
    return { code, ...said };
  }
  /** The command as an operator types it. */
  function typed(...words: string[]): Said {
    const file = join((drover as Appliance).folder, 'drover.conf');
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'ctl', '-f', file, ...words]);
    return { code: status ?? -1, out: stdout.toString(), err: stderr.toString() };
  }
  async function done(...words: string[]): Promise<string> {
    const { code, out, err } = await ctl(...words);
    assert.equal(code, 0, err);
    return out;
  }
  async function served(count: number): Promise<string> {
    const seen: string[] = [];
    for (let n = 0; n < count; n += 1) seen.push((await (drover as Appliance).ask()).body);
    return seen.sort().join('');
  }
  const text = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

  it('is watched by drover top, with rates from the second picture on', async () => {
    const edge = await start();
    for (let n = 0; n < 4; n += 1) await edge.ask('/');
    const { code, out, err } = await within(runTop, ['-n', '2', '-d', '0.2']);
    assert.deepEqual([code, err], [0, '']);
    const [first = '', second = ''] = out.split('\n\nedge process');
    assert.match(first, /^edge process \d+, up \d+ s, - requests\/s, 0 under way, cpu -, memory /);
    assert.match(first, /balancer:\/\/shop {2}byrequests, 2 of 2 usable\n/);
    assert.match(second, /, 0 requests\/s, /);
    for (const url of urls.slice(0, 2)) assert.match(second, new RegExp(`${url} +Init Ok +0 +0 +0\\.0 `));
    assert.equal((await within(runTop, ['-n', 'x'])).code, 2);
  });

  it('shows a table, and JSON for scripts', async () => {
    await start();
    const { code, out: table, err } = typed('status');
    assert.equal(code, 0, err);
    assert.match(table, /^balancer:\/\/shop {2}byrequests, 2 of 2 usable, 2 free$/m);
    assert.match(table, /MEMBER +STATUS +FACTOR/);
    assert.match(table, new RegExp(`${urls[0]} +Init Ok +1\\.00 +0 +ra .* serves$`, 'm'));
    const { balancers } = JSON.parse(await done('status', '--json')) as { balancers: { name: string }[] };
    assert.deepEqual(
      balancers.map(({ name }) => name),
      ['balancer://shop'],
    );
    assert.equal(statSync(join(kept, 'd.ctl')).mode & 0o777, 0o600);
  });

  it('drains, waits for the last request, and puts a member back in service', async () => {
    const edge = await start();
    const answers = [edge.ask('/slow'), edge.ask('/slow')];
    while (
      origins.slice(0, 2).some(({ requests }) => !requests.some(({ head }) => head.line.includes('/slow')))
    )
      await sleep(5);
    const out = await done('drain', 'balancer://shop', urls[0] ?? '', '--wait');
    assert.match(out, /Init Drn Ok .* 0 +0 .*draining, no request is under way/);
    assert.deepEqual((await Promise.all(answers)).map(({ body }) => body).sort(), ['a', 'b']);
    assert.equal(await served(3), 'bbb');
    await done('enable', 'shop', urls[0] ?? '');
    assert.equal(await served(4), 'aabb');
  });

  it('sets, adds, removes and resets', async () => {
    await start();
    await done('set', 'shop', urls[0] ?? '', 'loadfactor=3');
    assert.equal(await served(8), 'aaaaaabb');
    await done('set', 'shop', 'lbmethod=bybusyness', 'timeout=2');
    assert.match(await done('status'), /^balancer:\/\/shop {2}bybusyness/m);
    await done('reset', 'shop');
    await done('reset', 'shop', urls[0] ?? '');
    await done('add', 'shop', urls[2] ?? '', '--enabled', 'route=rc');
    assert.equal(await served(6), 'aabbcc');
    assert.match(await done('remove', 'shop', urls[2] ?? '', '--wait'), /is gone/);
    assert.equal(await served(4), 'aabb');
  });

  it('says what is wrong: words, names, and a drover that is not there', async () => {
    await start();
    assert.equal((await ctl('drain', 'shop')).code, 2);
    const none = await ctl('drain', 'none', 'x');
    assert.deepEqual(
      { code: none.code, err: none.err },
      { code: 1, err: 'drover ctl: there is no balancer none\n' },
    );
    assert.match((await ctl('stop', 'shop', 'http://127.0.0')).err, /more than one member/);
    assert.match((await ctl('remove', 'shop', urls[0] ?? '')).err, /stands in the configuration/);
    rmSync(join(kept, 'd.ctl'));
    assert.match(typed('status').err, /no drover answers on .*d\.ctl/);
  });

  it('keeps changes over a graceful restart and over a killed edge process', async () => {
    const edge = await start();
    await done('disable', 'shop', urls[0] ?? '');
    await done('add', 'shop', urls[2] ?? '', '--enabled');
    for (const restart of [
      () => process.kill(edge.pid, 'SIGUSR1'),
      () => process.kill(edge.edge, 'SIGSEGV'),
    ]) {
      const old = edge.edge;
      restart();
      while (existsSync(`/proc/${old}`)) await sleep(20);
      while (!(await ctl('status')).out.includes('shop')) await sleep(50);
      assert.equal(await served(4), 'bbcc');
    }
    assert.match(edge.log(), /balancer:\/\/shop http:\S+: changed live and kept: flags/);
    assert.equal(existsSync(join(kept, 'd.balancers.json')), false);
  });

  it('keeps them where the file was edited meanwhile, and what a member counted that was added live', async () => {
    const edge = await start();
    await done('set', 'shop', urls[0] ?? '', 'loadfactor=3', 'route=other');
    await done('add', 'shop', urls[2] ?? '', '--enabled');
    assert.equal(await served(10), 'aaaaaabbcc');
    const file = join(edge.folder, 'drover.conf');
    writeFileSync(file, text(file).replace('route=ra', 'route=ra loadfactor=7 status=+I'));
    const old = edge.edge;
    process.kill(edge.pid, 'SIGUSR1');
    while (existsSync(`/proc/${old}`)) await sleep(20);
    const { members } = JSON.parse(await done('status', 'shop', '--json')) as {
      members: { loadfactor: number; route: string; elected: number; flags: string[] }[];
    };
    assert.deepEqual(
      members.map(({ loadfactor, route, elected, flags }) => [loadfactor, route, elected, flags.join('')]),
      [
        [3, 'other', 6, 'I'],
        [1, 'rb', 2, ''],
        [1, '', 2, ''],
      ],
    );
    assert.equal(await served(5), 'aaabc');
  });

  it('warms up a member that is added with slowstart=', async () => {
    await start();
    await done('add', 'shop', urls[2] ?? '', '--enabled', 'slowstart=600');
    assert.equal(await served(20), 'aaaaaaaaaabbbbbbbbbb');
  });

  it('keeps them over a stop with BalancerPersist On, in a file for the owner alone, and forgets them on reset', async () => {
    await start('On');
    const file = join(kept, 'd.balancers.json');
    await done('set', 'shop', urls[1] ?? '', 'loadfactor=3', 'route=other');
    while (!text(file).includes('other')) await sleep(20);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await drover?.stop();
    await start('On');
    assert.equal(await served(8), 'aabbbbbb');
    assert.match(await done('status'), /other .*\[changed: loadfactor route\]/);
    await done('reset', 'shop', urls[1] ?? '');
    while (existsSync(file)) await sleep(20);
    assert.equal(await served(4), 'aabb');
  });

  it('drops a kept file that is broken, says so, and serves', async () => {
    writeFileSync(join(kept, 'd.balancers.json'), '{"version":1,"balan');
    const edge = await start('On');
    assert.equal(await served(4), 'aabb');
    assert.match(edge.log(), /live changes that were kept cannot be read/);
  });
});
