/**
 * Several drovers behind IPVS or DNS, as README.md has it. keepalived takes the recipe. What IPVS does in the kernel needs its
 * ip_vs module; the way of packets that the recipe wants (`lb_kind DR`: to a drover by its hardware address, which has
 * the shared address on its loopback and does not answer for it, and straight back) is taken here by a route instead.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Host, Network, whyNoNetwork } from './network.js';
import { blockOf } from './recipe.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');
const NAME_SERVER = join(import.meta.dirname, 'dns-server.js');
const SHARED = '10.77.0.100';
const NAME = 'several.test';

describe('the configuration of directors', () => {
  it('is taken by keepalived, beside that of a pair', function () {
    if (spawnSync('keepalived', ['--version'], { stdio: 'ignore' }).error !== undefined) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have keepalived');
      console.log('keepalived is not installed: its configuration is not checked');
      this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'drover-directors-'));
    try {
      const beginnings = ['on both hosts', 'on the two directors'];
      const blocks = beginnings.map((end) => blockOf(`# /etc/keepalived/keepalived.conf ${end}`));
      // keepalived looks whether the interface is there.
      const [own = 'lo'] = readdirSync('/sys/class/net').filter((name) => name !== 'lo');
      const text = blocks.join('\n').replace('interface eth0', `interface ${own}`);
      assert.equal(complaintsAbout(folder, text), '');
      assert.match(
        complaintsAbout(folder, text.replace('lb_algo sh', 'lb_algo none')),
        /Invalid lvs_scheduler/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** What keepalived says of a configuration that it shall only look at. */
function complaintsAbout(folder: string, text: string): string {
  const file = join(folder, 'keepalived.conf');
  const complaints = join(folder, 'complaints');
  rmSync(complaints, { force: true });
  writeFileSync(file, text, { mode: 0o600 });
  // It ends its own process group with a signal when it has looked, whatever it found.
  spawnSync('setsid', ['--wait', 'keepalived', `--config-test=${complaints}`, '-f', file], {
    stdio: 'ignore',
  });
  return existsSync(complaints) ? readFileSync(complaints, 'utf8') : '';
}

describe('several drovers', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-several-'));
  let network: Network | undefined;
  let director: Host;
  let client: Host;
  const drovers: Host[] = [];

  /** Starts one that answers with its name, and the address that it takes the client to have. */
  async function startDrover(host: Host, name: string): Promise<void> {
    const own = join(folder, name);
    mkdirSync(own);
    const text = `ServerName ${name}.test
PidFile ${own}/drover.pid
ErrorLog ${own}/error.log
Listen 0.0.0.0:80
Header always set X-Client "expr=%{REMOTE_ADDR}"
Redirect / http://${name}.test/
`;
    writeFileSync(join(own, 'drover.conf'), text);
    const child = host.start(process.execPath, [CLI, '-f', join(own, 'drover.conf'), '-D', 'FOREGROUND'], {
      stdio: 'ignore',
      env: { ...process.env, DROVER_THREADS: '1' },
    });
    const log = join(own, 'error.log');
    while (!existsSync(log) || !readFileSync(log, 'utf8').includes('AH00489')) {
      assert.equal(child.exitCode, null);
      await sleep(10);
    }
  }

  /** Which drover answers on a new connection, and whom it takes the client for. */
  function answer(where: string): string {
    const head = client.run(
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-D',
      '-',
      '--max-time',
      '30',
      `http://${where}/`,
    );
    const location = /^location: http:\/\/(\w+)\.test/im.exec(head)?.[1];
    return `${location} for ${/^x-client: (\S+)/im.exec(head)?.[1]}`;
  }

  before(async function () {
    const why = whyNoNetwork();
    if (why !== undefined) {
      console.log(`skipped: network namespaces cannot be made here: ${why}`);
      this.skip();
    }
    network = new Network();
    director = network.add('director', '10.77.0.10');
    client = network.add('client', '10.77.0.60');
    for (const [i, name] of ['one', 'two'].entries()) {
      const host = network.add(name, `10.77.0.2${i + 1}`);
      host.ip('address', 'add', `${SHARED}/32`, 'dev', 'lo');
      host.sysctl('net.ipv4.conf.all.arp_ignore', '1');
      host.sysctl('net.ipv4.conf.all.arp_announce', '2');
      drovers.push(host);
      await startDrover(host, name);
    }
  });
  after(async () => {
    await network?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are spread over by IPVS where the kernel has it', function () {
    const has = existsSync('/proc/net/ip_vs') ? 'has ip_vs, but no test uses it' : 'has no ip_vs module';
    console.log(`not tested: the spreading itself: the kernel here ${has}`);
    this.skip();
  });

  it('answer for the shared address by direct routing, straight back, and know the client', () => {
    assert.throws(() => answer(SHARED), 'no drover says where the address is');
    director.sysctl('net.ipv4.ip_forward', '1');
    director.sysctl('net.ipv4.conf.all.send_redirects', '0');
    director.sysctl('net.ipv4.conf.eth0.send_redirects', '0');
    client.ip('route', 'add', `${SHARED}/32`, 'via', director.address);
    for (const [i, name] of ['one', 'two'].entries()) {
      director.ip('route', 'replace', `${SHARED}/32`, 'via', `10.77.0.2${i + 1}`);
      assert.equal(answer(SHARED), `${name} for ${client.address}`);
    }
  });

  it('are found by a name with several addresses, and one that is gone is passed over', async () => {
    const server = director.start(process.execPath, [NAME_SERVER, ...drovers.map(({ address }) => address)]);
    assert.ok(server.stdout);
    await once(server.stdout, 'data');
    client.resolveBy(director.address);
    const seen = new Set<string>();
    for (let times = 0; times < 50 && seen.size < 2; times++) seen.add(answer(NAME));
    assert.deepEqual([...seen].sort(), [`one for ${client.address}`, `two for ${client.address}`]);
    for (const pid of drovers[0]?.processes() ?? []) process.kill(pid, 'SIGKILL');
    while ((drovers[0]?.processes() ?? []).length > 0) await sleep(10);
    for (let times = 0; times < 4; times++) assert.equal(answer(NAME), `two for ${client.address}`);
  });
});
