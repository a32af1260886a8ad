/** `drover demo`: serves on http and https, spreads and sticks, ends clean on Ctrl-C. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { dirname, join } from 'node:path';
import { isAlive } from './process-run.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');

interface Answer {
  text: string;
  headers: IncomingHttpHeaders;
}

function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, headers, method, rejectUnauthorized: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ text, headers: response.headers }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the demonstration', function () {
  this.timeout(120_000);
  let child: ChildProcess;
  let output = '';
  let http = '';
  let https = '';

  before(async () => {
    child = spawn(process.execPath, [CLI, 'demo'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { stdout } = child;
    assert.ok(stdout);
    while (!output.includes('Ctrl-C ends it.')) {
      const [chunk] = (await once(stdout, 'data')) as [Buffer];
      output += chunk.toString();
    }
    http = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0] ?? '';
    https = /https:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0] ?? '';
  });

  after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('prints what to try, and nothing of its libraries', () => {
    assert.match(output, /curl -b ROUTEID=/);
    assert.doesNotMatch(output, /SNI|finding/);
  });

  it('takes backends in turn without a cookie, and tells the session in a cookie', async () => {
    const answers: Answer[] = [];
    for (let times = 0; times < 3; times++) answers.push(await ask(http));
    const names = answers.map(({ text }) => text.split(' ')[0]);
    assert.deepEqual([...names].sort(), ['amber', 'teal', 'violet']);
    for (const [index, { headers }] of answers.entries()) {
      assert.deepEqual(headers['set-cookie'], [`ROUTEID=.${names[index]}; path=/`]);
    }
  });

  it('keeps a session on its backend and sends no new cookie', async () => {
    for (let times = 0; times < 4; times++) {
      const { text, headers } = await ask(http, { Cookie: 'ROUTEID=.violet' });
      assert.match(text, /^violet /);
      assert.equal(headers['set-cookie'], undefined);
    }
  });

  it('serves the same over TLS', async () => {
    const { text } = await ask(https, { Cookie: 'ROUTEID=.teal', Accept: 'text/html' });
    assert.match(text, /Served by teal/);
    assert.match(text, /X-Forwarded-Proto<\/th><td>https</i);
  });

  it('goes on when a backend rests, and moves the session', async () => {
    await ask(`${http}rest`, { Cookie: 'ROUTEID=.amber' }, 'POST');
    const { text, headers } = await ask(http, { Cookie: 'ROUTEID=.amber' });
    assert.match(text, /^(teal|violet) /);
    assert.match(headers['set-cookie']?.[0] ?? '', /^ROUTEID=\.(teal|violet);/);
  });

  it('ends with exit code 0 on Ctrl-C and leaves nothing', async () => {
    const file = /less (\S+)/.exec(output)?.[1] ?? '';
    assert.ok(existsSync(file));
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
    assert.equal(existsSync(dirname(file)), false);
    await assert.rejects(ask(http));
    assert.equal(isAlive(child.pid ?? 0), false);
  });
});
