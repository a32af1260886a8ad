/**
 * drover behind HAProxy (PROXY protocol), nginx and another drover (X-Forwarded-For), with the configurations of README.md's
 * recipes: the client's address comes through to access rules, the log and members, nobody else can pretend to be
 * another, and a probe of HTTP/1.0 decides whether drover is sent anything.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { blockOf } from '../pair/recipe.js';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

/** The client's address: loopback has all of 127.0.0.0/8. */
const CLIENT = '127.9.8.7';
const ENVIRONMENT = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

/** What is not installed of a tool's name: a reason to skip, and to fail where CI must have it. */
function missing(tool: string): string | undefined {
  try {
    execFileSync('which', [tool], { stdio: 'ignore', env: ENVIRONMENT });
    return undefined;
  } catch {
    if (process.env['CI'] === 'true') assert.fail(`${tool} is not installed`);
    return `${tool} is not installed: nothing is asked through it`;
  }
}

/** Asks from the client's address; status and body. */
function askFrom(address: string, port: number, headers = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, localAddress: address, agent: false, path: '/who', headers },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString('latin1');
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

async function askUntilServed(port: number): Promise<{ status: number; body: string }> {
  for (;;) {
    const answer = await askFrom(CLIENT, port).catch(() => undefined);
    if (answer?.status === 200) return answer;
    await sleep(50);
  }
}

for (const engine of [undefined, 'node'] as const) {
  describe(`drover (${engine ?? 'its own choice of engine'}) behind other balancers`, function () {
    this.timeout(120_000);
    const how = engine === undefined ? {} : { engine };
    const folder = mkdtempSync(join(tmpdir(), 'drover-behind-'));
    const started: ChildProcess[] = [];
    let origin: RawOrigin;

    before(async () => {
      // A member that says what it was told of the client.
      origin = await RawOrigin.start((socket, { head }) => {
        const told = head.fields
          .filter(([name]) => /^x-forwarded-for$/i.test(name))
          .map(([, value]) => value);
        const body = told.join(' | ');
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
    });
    afterEach(async () => {
      for (const child of started.splice(0)) {
        // nginx's worker would outlive a master that is killed.
        child.kill('SIGTERM');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
    });
    after(async () => {
      await origin.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    function start(command: string, words: readonly string[]): void {
      started.push(spawn(command, words, { stdio: 'ignore', env: ENVIRONMENT }));
    }

    /** drover by a recipe, which lets in nobody but the client. */
    function startDrover(block: string, health: number): Promise<Appliance> {
      const text = blockOf(block)
        .replace(/^Listen .*\n/m, '')
        .replace(/^EdgeHealthAddress .*/m, `EdgeHealthAddress 127.0.0.1:${health}`)
        .replace('10.0.0.1:8080', `127.0.0.1:${origin.port}`)
        .replace('10.0.1.0/24', '127.0.0.1');
      const rules = `CustomLog "\${FOLDER}/access.log" "%a %s"\nBufferedLogs Off\n<Location />\nRequire ip ${CLIENT}\n</Location>\n`;
      return Appliance.start(text + rules, how);
    }

    async function assertLogged(drover: Appliance, line: string): Promise<void> {
      const file = join(drover.folder, 'access.log');
      while (!readFileSync(file, 'latin1').includes(line)) await sleep(10);
    }

    it('knows the client by the PROXY protocol of HAProxy, whose probe is HTTP/1.0', async function () {
      const why = missing('haproxy');
      if (why !== undefined) {
        console.log(why);
        this.skip();
      }
      const health = await freePort();
      const drover = await startDrover('# drover.conf behind the PROXY protocol', health);
      const front = await freePort();
      const file = join(folder, 'haproxy.cfg');
      const text = blockOf('# haproxy.cfg: the PROXY protocol')
        .replace(':80\n', `127.0.0.1:${front}\n`)
        .replace(/^ {2}server two.*\n/m, '')
        // Else a probe has no longer than from one to the next.
        .replace(/^(?= {2}server one)/m, '  timeout check 10s\n')
        .replace('10.0.1.1:8000', `127.0.0.1:${drover.port}`)
        .replace('check port 8081', `check port ${health} addr 127.0.0.1 inter 100`);
      writeFileSync(file, text);
      start('haproxy', ['-db', '-f', file]);
      assert.equal((await askUntilServed(front)).body, CLIENT);
      await assertLogged(drover, `${CLIENT} 200`);
      assert.equal((await askFrom('127.0.0.2', front)).status, 403);
      // A probe that fails takes drover out: HAProxy closes what it has nobody for.
      drover.rewrite(
        (now) => `${now}\n<Proxy balancer://gone>\nBalancerMember http://127.0.0.1:1 status=D\n</Proxy>`,
      );
      await drover.reload();
      while ((await askFrom(CLIENT, front).catch(() => undefined)) !== undefined) await sleep(50);
      await drover.stop();
    });

    it('knows the client by X-Forwarded-For of nginx, and trusts nobody else', async function () {
      const why = missing('nginx');
      if (why !== undefined) {
        console.log(why);
        this.skip();
      }
      const drover = await startDrover('# drover.conf behind X-Forwarded-For', 0);
      const front = await freePort();
      const file = join(folder, 'nginx.conf');
      const text = blockOf('# nginx.conf: X-Forwarded-For')
        .replace('10.0.1.1:8000', `127.0.0.1:${drover.port}`)
        .replace('listen 80', `listen 127.0.0.1:${front}`);
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${folder}/${name};`)
        .join('\n');
      writeFileSync(
        file,
        `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;\nevents {}\nhttp {\naccess_log off;\n${paths}\n${text}}\n`,
      );
      start('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'nginx.log')]);
      assert.equal((await askUntilServed(front)).body, `${CLIENT}, 127.0.0.1`.replace(', 127.0.0.1', ''));
      await assertLogged(drover, `${CLIENT} 200`);
      assert.equal((await askFrom('127.0.0.2', front)).status, 403);
      assert.equal(
        (await askFrom('127.0.0.2', front, { 'X-Forwarded-For': CLIENT })).status,
        403,
        'through nginx',
      );
      assert.equal(
        (await askFrom('127.0.0.2', drover.port, { 'X-Forwarded-For': CLIENT })).status,
        403,
        'past it',
      );
      await drover.stop();
    });

    it('knows the client by what another drover says, by either way', async () => {
      for (const [block, member] of [
        ['# drover.conf behind X-Forwarded-For', ''],
        ['# drover.conf behind the PROXY protocol', ' proxyprotocol=v2'],
      ] as const) {
        const drover = await startDrover(block, await freePort());
        const text = blockOf('# drover.conf in front of drover')
          .replace(/^Listen .*\n/m, '')
          .replace('10.0.1.1:8000/', `127.0.0.1:${drover.port}/${member}`);
        const front = await Appliance.start(text, how);
        const answer = await askFrom(CLIENT, front.port);
        assert.equal(answer.status, 200, block);
        assert.ok(answer.body.startsWith(CLIENT), `${block}: ${answer.body}`);
        await assertLogged(drover, `${CLIENT} 200`);
        assert.equal((await askFrom('127.0.0.2', front.port)).status, 403, block);
        await front.stop();
        await drover.stop();
      }
    });
  });
}
