/**
 * Logs as their readers get them: several of one vhost, one of them by rotatelogs; both logs as JSON; ids by which a
 * line of the access log finds those of the error log, and what is said once about each request.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createRawServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';

const ROTATELOGS = '/usr/bin/rotatelogs';

/** Complete lines of all files of the folder whose name begins so. */
function linesOf(folder: string, prefix: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
}

async function linesWhen(count: number, folder: string, prefix: string): Promise<string[]> {
  for (let lines = linesOf(folder, prefix); ; lines = linesOf(folder, prefix)) {
    if (lines.length >= count) return lines;
    await sleep(10);
  }
}

describe('logs', function () {
  this.timeout(120_000);
  let origin: Server;
  let port: number;
  let appliance: Appliance | undefined;

  before(async () => {
    origin = createServer((_request, response) => response.end('ok'));
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    port = (origin.address() as AddressInfo).port;
  });

  afterEach(async () => {
    await appliance?.stop();
    appliance = undefined;
  });

  after(() => new Promise((resolve) => origin.close(resolve)));

  it('of one vhost go to files and to rotatelogs, each in its format', async function () {
    if (!existsSync(ROTATELOGS)) {
      if (process.env['CI'] === 'true') throw new Error(`${ROTATELOGS} is missing`);
      console.log(`    skipped: ${ROTATELOGS} is missing`);
      this.skip();
    }
    appliance = await Appliance.start(`
<VirtualHost *:*>
  ServerName a.test
  CustomLog "\${FOLDER}/plain" "%r %>s I=%I O=%O S=%S"
  CustomLog "|${ROTATELOGS} \${FOLDER}/rotated 86400" "%V %{ms}T %{us}T %{%Y}t.%{msec_frac}t %{usec_frac}t %X %k"
  CustomLog "\${FOLDER}/refused" "%r" "expr=%{REQUEST_STATUS} == 403"
  <Location /closed>
    Require all denied
  </Location>
  ProxyPass / http://127.0.0.1:${port}/
</VirtualHost>`);
    await appliance.ask('/x', { method: 'POST', body: 'twelve bytes' });
    await appliance.ask('/closed');
    const { folder } = appliance;
    const plain = await linesWhen(2, folder, 'plain');
    const sizes = plain.map((line) => /^(\S+ \S+) HTTP\/1\.1 (\d+) I=(\d+) O=(\d+) S=(\d+)$/.exec(line));
    assert.deepEqual(
      sizes.map((found) => found?.slice(1, 3)),
      [
        ['POST /x', '200'],
        ['GET /closed', '403'],
      ],
    );
    for (const found of sizes) {
      const [received, sent, both] = (found ?? []).slice(3).map(Number) as [number, number, number];
      assert.ok(received > 12 && sent > 12);
      assert.equal(both, received + sent);
    }
    for (const line of await linesWhen(2, folder, 'rotated.'))
      assert.match(line, /^\S+ \d+ \d+ 20\d\d\.\d{3} \d{6} [-+] \d$/);
    assert.deepEqual(await linesWhen(1, folder, 'refused'), ['GET /closed HTTP/1.1']);
  });

  it('of errors are JSON where that is asked for', async () => {
    appliance = await Appliance.start(`
EdgeLogFormat json
<Location />
  Require all denied
</Location>`);
    await appliance.ask('/a"b', { headers: { referer: 'http://r.test/' } });
    await appliance.logSays('AH01630');
    const events = appliance.log().trimEnd().split('\n');
    const denied = events.map((line) => JSON.parse(line) as Record<string, unknown>).find(isDenial);
    assert.deepEqual(
      { ...denied, time: '', pid: 0, id: '' },
      {
        level: 'error',
        pid: 0,
        time: '',
        module: 'authz_core',
        client: '127.0.0.1',
        method: 'GET',
        target: '/a"b',
        referer: 'http://r.test/',
        id: '',
        msg: 'AH01630: client denied by server configuration: /a"b',
      },
    );
  });

  for (const engine of ['uws', 'node'] as const)
    it(`of access are JSON where that is asked for, whatever a client sends, on ${engine}`, async () => {
      const babbler = createRawServer((socket) => {
        socket.on('error', () => {});
        socket.end('what is that?\r\n\r\n');
      });
      await new Promise<void>((resolve) => babbler.listen(0, '127.0.0.1', resolve));
      const broken = (babbler.address() as AddressInfo).port;
      try {
        appliance = await Appliance.start(
          `
EdgeLogFormat json
CustomLog "\${FOLDER}/access" "%r %{tried}^dr"
CustomLog "|$cat >>\${FOLDER}/piped" common
CustomLog "\${FOLDER}/refused" common "expr=%{REQUEST_STATUS} == 403"
<Proxy balancer://sick>
  BalancerMember http://127.0.0.1:${broken}
</Proxy>
<Location /closed>
  Require all denied
</Location>
ProxyPass /sick balancer://sick/
ProxyPass / http://127.0.0.1:${port}/`,
          { engine },
        );
        const agent = 'a"b\\c\t\xff{}';
        const referer = Buffer.from('http://r.test/é/', 'utf8').toString('latin1');
        await appliance.ask('/x?q="1\\', { headers: { 'user-agent': agent, referer } });
        await appliance.ask('/sick', { method: 'POST', body: 'x' });
        await appliance.ask('/closed');
        const { folder } = appliance;
        const lines = await linesWhen(3, folder, 'access');
        const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
        for (const entry of entries) {
          assert.equal(new Date(String(entry['time'])).toISOString(), entry['time']);
          for (const name of ['pid', 'bytes', 'duration']) assert.ok(Number(entry[name]) > 0, name);
        }
        const common = { client: '127.0.0.1', vhost: 'drover.test', protocol: 'HTTP/1.1' };
        const [passed, failed, denied] = entries;
        const id = String(denied?.['id']);
        assert.match(id, /^[\w-]{11}$/);
        assert.ok(appliance.log().includes(`"id":"${id}"`));
        assert.deepEqual(fixed(passed), {
          ...common,
          method: 'GET',
          target: '/x?q="1\\',
          status: 200,
          referer: 'http://r.test/é/',
          // uWebSockets.js reads fields as UTF-8.
          userAgent: engine === 'uws' ? agent.replace('\xff', '\ufffd') : agent,
          member: `http://127.0.0.1:${port}/`,
          tries: 1,
        });
        const { reason, ...rest } = fixed(failed);
        assert.match(String(reason), /^E_/);
        assert.deepEqual(rest, {
          ...common,
          method: 'POST',
          target: '/sick',
          status: 502,
          balancer: 'balancer://sick',
          member: `http://127.0.0.1:${broken}`,
          tries: 1,
        });
        assert.equal(denied?.['status'], 403);
        assert.deepEqual(await linesWhen(1, folder, 'refused'), [lines[2]]);
        assert.deepEqual(await linesWhen(3, folder, 'piped'), lines);
      } finally {
        babbler.close();
      }
    });

  it('of requests have the ids of their lines in the error log, which begin with what is said once', async () => {
    appliance = await Appliance.start(`
ErrorLogFormat "%L %M"
ErrorLogFormat request "%L asks %{X-Who}i from %a %m"
ErrorLogFormat request "%+{X-Other}i %L"
LogLevel authz_core:debug
CustomLog "\${FOLDER}/access" "%L %U %{c}L"
ProxyPass /open http://127.0.0.1:${port}/
<Location /closed>
  Require all denied
</Location>`);
    await appliance.ask('/closed', { headers: { 'x-who': 'me' } });
    await appliance.ask('/open');
    const [closed = '', open] = await linesWhen(2, appliance.folder, 'access');
    const [id = '', path, connection] = closed.split(' ');
    assert.match(id, /^[\w-]{11}$/);
    assert.deepEqual([path, connection], ['/closed', '-']);
    assert.equal(open, '- /open -');
    const said = appliance
      .log()
      .split('\n')
      .filter((line) => line.startsWith(id));
    assert.match(said[0] ?? '', new RegExp(`^${id} asks me from 127\\.0\\.0\\.1:\\d+$`));
    assert.match(said[1] ?? '', /AH01630: client denied by server configuration: \/closed$/);
    assert.equal(said.filter((line) => line.includes(' asks ')).length, 1);
  });
});

function isDenial(event: Record<string, unknown>): boolean {
  return String(event['msg']).startsWith('AH01630');
}

/** What of an entry is the same in every run. */
function fixed(entry: Record<string, unknown> = {}): Record<string, unknown> {
  const { pid, time, bytes, duration, id, ...rest } = entry;
  return rest;
}
