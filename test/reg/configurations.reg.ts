/**
 * The three configurations of the guides as they stand, with real members, logs in a folder of the test's own, and all
 * that differs from place to place coming from the environment. Each starts, says which of its parts are not active yet,
 * and does its main job. They lie beside the repository; where they are absent there is nothing to test.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

/** Beside the repository; the tests run from dist/test/reg. */
const CONFIGS = join(import.meta.dirname, '../../../../shared/configs');

describe('a configuration of the guides', function () {
  this.timeout(120_000);
  let folder: string;
  let members: RawOrigin[];
  let port: number;
  let tlsPort: number;
  let env: Record<string, string>;
  let drover: Appliance | undefined;

  before(function () {
    if (existsSync(CONFIGS)) return;
    console.log(`    skipped: ${CONFIGS} is missing`);
    this.skip();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'drover-reg-guide-'));
    members = await Promise.all(
      ['web1', 'web2', 'web3'].map((name) => RawOrigin.start((socket) => socket.write(plainReply(name)))),
    );
    port = await freePort();
    tlsPort = await freePort();
    const made = await selfSigned({ names: ['your-app.com'], days: 2, now: Date.now() });
    writeFileSync(join(folder, 'site.crt'), made.certificate);
    writeFileSync(join(folder, 'site.key'), made.key);
    env = {
      LISTEN: `127.0.0.1:${port}`,
      PORT: String(port),
      LISTEN_TLS: `127.0.0.1:${tlsPort}`,
      PORT_TLS: String(tlsPort),
      ...Object.fromEntries(members.map((member, i) => [`WEB${i + 1}`, `127.0.0.1:${member.port}`])),
      AJP1: `127.0.0.1:${await freePort()}`,
      AJP_SECRET: 'secret',
      ADMIN_IP: '127.0.0.1',
      LOG_DIR: folder,
      CERT: join(folder, 'site.crt'),
      KEY: join(folder, 'site.key'),
    };
  });
  afterEach(async () => {
    await drover?.stop();
    drover = undefined;
    await Promise.all(members.map((member) => member.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(name: string): Promise<Appliance> {
    const text = readFileSync(join(CONFIGS, name), 'utf8');
    drover = await Appliance.start(text, { listens: false, env, threads: 2 });
    return drover;
  }
  async function bodies(count: number, headers: Record<string, string> = {}): Promise<string[]> {
    const seen: string[] = [];
    for (let n = 0; n < count; n += 1)
      seen.push((await (drover as Appliance).ask('/x', { port, headers })).body);
    return seen;
  }

  it('debian-guide.conf takes turns, sets its cookie and keeps to it', async () => {
    const edge = await start('debian-guide.conf');
    assert.deepEqual(await bodies(4), ['web1', 'web2', 'web1', 'web2']);
    const { headers } = await edge.ask('/x', { port });
    assert.match(String(headers['set-cookie']), /^BALANCEID=balancer\.web1; path=\/;$/);
    assert.deepEqual(await bodies(3, { Cookie: 'BALANCEID=balancer.web2' }), ['web2', 'web2', 'web2']);
    assert.match((await edge.ask('/balancer-manager', { port })).body, /Load Balancer Manager/);
    await drover?.stop();
    drover = undefined;
    assert.match(readFileSync(join(folder, 'access.log'), 'utf8'), /"GET \/x HTTP\/1\.1" 200 \d+ "-" "-"/);
  });

  it('guide-tls.conf weighs its members on both addresses, and keeps sessions', async () => {
    const edge = await start('guide-tls.conf');
    assert.deepEqual(await bodies(5), ['web1', 'web2', 'web1', 'web3', 'web1']);
    assert.deepEqual(await bodies(2, { Cookie: 'JSESSIONID=a.node3' }), ['web3', 'web3']);
    const text = await askTls(tlsPort);
    assert.match(text, /^web\d$/);
    const seen = members.map((member) => member.bytes).join('');
    assert.match(seen, /^X-Forwarded-Proto: https\r$/im);
    assert.match(seen, /^Host: your-app\.com\r$/im);
    assert.doesNotMatch(edge.said + edge.log(), /Cache/);
  });

  it('manual.conf spares its standby, checks its members, and has nothing in it that does not work', async () => {
    const edge = await start('manual.conf');
    const [web1, web2] = members as [RawOrigin, RawOrigin];
    while (!web1.bytes.includes('GET /healthz HTTP/1.0') || !web2.bytes.includes('GET /healthz HTTP/1.0'))
      await sleep(20);
    const seen = new Set(await bodies(12));
    assert.deepEqual([...seen].sort(), ['web1', 'web2']);
    assert.deepEqual(await bodies(2, { Cookie: 'JSESSIONID=a.node2' }), ['web2', 'web2']);
    assert.doesNotMatch(edge.said + edge.log(), /no effect|not active|inactive/);
    await edge.logSays(
      /AH00957: HCCPING: attempt to connect to 127\.0\.0\.1:\d+ \(127\.0\.0\.1:\d+\) failed/,
    );
  });
});

function askTls(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const options = {
      host: '127.0.0.1',
      port,
      path: '/x',
      agent,
      servername: 'your-app.com',
      headers: { Host: 'your-app.com' },
      rejectUnauthorized: false,
    };
    const sent = request(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end();
  });
}
