/** Logs that go to programs: whole lines of all threads, a program that ends is started again, none outlives drover. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { isAlive } from './process-run.js';

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

describe('piped logs', () => {
  let origin: Server;
  let appliance: Appliance;
  let folder: string;
  let dead: number;

  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), 'drover-pipes-'));
    dead = await freePort();
    // A `logger` of our own: it keeps what it is told, beside its words and its number.
    const logger = join(folder, 'logger');
    writeFileSync(
      logger,
      `#!/bin/sh\necho "$@" >> ${folder}/words\necho $$ >> ${folder}/pids\nexec cat >> ${folder}/syslog\n`,
    );
    chmodSync(logger, 0o755);
    origin = createServer((_request, response) => response.end('ok'));
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    const { port } = origin.address() as AddressInfo;
    const text = `
ErrorLog \${FOLDER}/error.log
LogFormat "%r %{X-Long}i" long
CustomLog "|${folder}/logger '--two words' one" long
CustomLog "|$cat >> ${folder}/shell" "%>s %{tried}^dr %{tries}^dr %{member}^dr %{reason}^dr %{waited}^dr"
<VirtualHost *>
  ServerName first.test
</VirtualHost>
<VirtualHost *>
  ServerName syslog.test
  ErrorLog syslog:local3:edge
  <Location />
    Require all denied
  </Location>
</VirtualHost>
<Proxy balancer://pool>
  BalancerMember http://127.0.0.1:${dead} lbset=0
  BalancerMember http://127.0.0.1:${port} lbset=1
</Proxy>
ProxyPass /pool balancer://pool/
ProxyPass / http://127.0.0.1:${port}/`;
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    appliance = await Appliance.start(text, { threads: 2, env });
  });

  after(async function () {
    this.timeout(120_000);
    await appliance.stop();
    await new Promise((resolve) => origin.close(resolve));
    const left = linesOf(join(folder, 'pids')).map(Number).filter(isAlive);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(left, [], 'programs are left');
  });

  it('gets every line of every thread whole', async () => {
    const long = 'x'.repeat(6000);
    const paths = Array.from({ length: 60 }, (_, at) => `/n${at}`);
    await Promise.all(paths.map((path) => appliance.ask(path, { headers: { 'x-long': long } })));
    const file = join(folder, 'syslog');
    await until(() => linesOf(file).length >= paths.length);
    assert.deepEqual(
      linesOf(file).toSorted(),
      paths.map((path) => `GET ${path} HTTP/1.1 ${long}`).toSorted(),
    );
    assert.ok(linesOf(join(folder, 'words')).includes('--two words one'));
  }).timeout(120_000);

  it('says in what order members were asked, and how it ended', async () => {
    await appliance.ask('/pool');
    const file = join(folder, 'shell');
    await until(() => linesOf(file).some((line) => line.includes(`:${dead}=`)));
    const line = linesOf(file).find((one) => one.includes(`:${dead}=`)) ?? '';
    const { port } = origin.address() as AddressInfo;
    const shown = new RegExp(
      `^200 http://127.0.0.1:${dead}=E_[A-Z_]+/\\d+,http://127.0.0.1:${port}=200/\\d+ 2 http://127.0.0.1:${port} - \\d+$`,
    );
    assert.match(line, shown);
  }).timeout(120_000);

  it('starts a program again that has ended, and loses nothing after that', async () => {
    const before = linesOf(join(folder, 'pids'));
    const first = Number(before[0]);
    process.kill(first, 'SIGTERM');
    await appliance.logSays(/AH00104: piped log program '.*' failed unexpectedly \(signal SIGTERM\)/);
    await until(() => linesOf(join(folder, 'pids')).length > before.length);
    await appliance.ask('/again');
    await until(() => linesOf(join(folder, 'syslog')).some((line) => line.startsWith('GET /again ')));
  }).timeout(120_000);

  it('tells syslog with a priority and without the time', async () => {
    await appliance.ask('/', { headers: { host: 'syslog.test' } });
    const file = join(folder, 'syslog');
    await until(() => linesOf(file).some((line) => line.includes('AH01630')));
    const line = linesOf(file).find((one) => one.includes('AH01630')) ?? '';
    // local3 is 19, error is 3.
    assert.match(line, /^<155>\[authz_core:error\] /);
    assert.ok(linesOf(join(folder, 'words')).includes('--prio-prefix --tag edge'));
  }).timeout(120_000);
});
