/**
 * EdgeCapture and `drover replay`: what is written under load is bounded, whole and masked, and what is played against another
 * backend tells the differences. On both engines.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureRecord } from '../../edge/capture/record.js';
import type { Summary } from '../../edge/replay/compare.js';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');
const SIZE = 65_536;

function recordsOf(file: string): CaptureRecord[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as CaptureRecord);
}

async function replay(words: string[]): Promise<{ code: number; out: string; progress: string }> {
  const child = spawn(process.execPath, [CLI, 'replay', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', progress: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.progress += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...said };
}

for (const engine of ['uws', 'node'] as const)
  describe(`a capture (${engine})`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let edge: Appliance;

    before(async () => {
      origin = await RawOrigin.start((socket) =>
        socket.write('HTTP/1.1 200 OK\r\nSet-Cookie: s=secret\r\nContent-Length: 2\r\n\r\nok'),
      );
      edge = await Appliance.start(
        [
          `ProxyPass / http://127.0.0.1:${origin.port}/`,
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's variable
          'EdgeCapture "${FOLDER}/small" body=1K mask=token,x-key',
          '<VirtualHost *>\nServerName drover.test\n</VirtualHost>',
          '<VirtualHost *>\nServerName off.test\nEdgeCapture Off\n</VirtualHost>',
          '<VirtualHost *>\nServerName load.test',
          `EdgeCapture "\${FOLDER}/load" size=64K files=3\n</VirtualHost>`,
          '<VirtualHost *>\nServerName some.test\nEdgeCapture /nowhere/at/all share=50%\n</VirtualHost>',
        ].join('\n'),
        { engine, threads: 2 },
      );
    });
    after(async () => {
      await edge.stop();
      await origin.stop();
    });

    async function written(count: number): Promise<CaptureRecord[]> {
      for (;;) {
        const list = recordsOf(join(edge.folder, 'small'));
        if (list.length >= count) return list;
        await sleep(10);
      }
    }

    it('has each request once, with its answer, and no secret in it', async () => {
      const headers = {
        host: 'drover.test',
        authorization: 'Bearer secret',
        cookie: 'c=secret',
        'x-key': 'secret',
        referer: 'http://u:secret@h/?token=secret',
        'content-type': 'application/x-www-form-urlencoded',
      };
      await edge.ask('/a?token=secret&b=1', { method: 'POST', body: 'token=secret&c=2', headers });
      await edge.ask('/long', { method: 'POST', body: 'b'.repeat(2000), headers: { host: 'drover.test' } });
      await edge.ask('/off', { headers: { host: 'off.test' } });
      const list = await written(2);
      assert.equal(list.length, 2);
      const first = list.find(({ target }) => target.startsWith('/a'));
      const second = list.find(({ target }) => target === '/long');
      assert.ok(first !== undefined && second !== undefined);
      const { method, target, bytes, body = '', answer } = first;
      assert.deepEqual([method, target, bytes], ['POST', '/a?token=***&b=1', 16]);
      assert.equal(Buffer.from(body, 'base64').toString(), 'token=***&c=2');
      assert.deepEqual([answer.status, answer.bytes], [200, 2]);
      assert.deepEqual([second.bytes, second.body], [2000, undefined]);
      assert.doesNotMatch(readFileSync(join(edge.folder, 'small'), 'utf8'), /secret/);
      assert.equal(statSync(join(edge.folder, 'small')).mode & 0o777, 0o600);
    });

    it('is bounded under load, loses no line but whole files, and costs no request anything', async () => {
      const ask = async (n: number): Promise<void> => {
        for (let i = 0; i < 100; i += 1) {
          const headers = { host: 'load.test', 'x-filler': 'f'.repeat(500) };
          const { status } = await edge.ask(`/load/${n}/${i}`, { headers });
          assert.equal(status, 200);
        }
      };
      await Promise.all(Array.from({ length: 10 }, (_, n) => ask(n)));
      const files = (): string[] => readdirSync(edge.folder).filter((name) => name.startsWith('load'));
      while (files().length < 3) await sleep(10);
      assert.deepEqual(files().sort(), ['load', 'load.1', 'load.2']);
      // The last batch comes a quarter of a second after the last request.
      const names = (): string[] =>
        files().flatMap((name) => recordsOf(join(edge.folder, name)).map((r) => r.target));
      let seen = names();
      for (let before = -1; before !== seen.length; seen = names()) {
        before = seen.length;
        await sleep(400);
      }
      for (const name of files()) assert.ok(statSync(join(edge.folder, name)).size <= 2 * SIZE, name);
      assert.equal(new Set(seen).size, seen.length);
      assert.ok(seen.length > 100, `${seen.length} lines`);
    });

    it('that can not be written is told, and nothing else', async () => {
      for (let n = 0; n < 20; n += 1)
        assert.equal((await edge.ask('/x', { headers: { host: 'some.test' } })).status, 200);
      await edge.logSays('EdgeCapture: could not write /nowhere/at/all');
    });
  });

describe('drover replay', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let changed: RawOrigin;
  let edge: Appliance;
  let file: string;

  before(async () => {
    origin = await RawOrigin.start((socket) => socket.write(plainReply('old')));
    edge = await Appliance.start(
      `ProxyPass / http://127.0.0.1:${origin.port}/\nEdgeCapture "\${FOLDER}/captured" body=1K`,
    );
    file = join(edge.folder, 'captured');
    for (const path of ['/same', '/status', '/length', '/dead', '/same?again'])
      await edge.ask(path, { headers: { authorization: 'x', 'x-mine': path } });
    await edge.ask('/post', { method: 'POST', body: 'the body' });
    await edge.ask('/post', { method: 'POST', body: 'b'.repeat(3000) });
    while (recordsOf(file).length < 7) await sleep(10);
  });
  after(async () => {
    await edge.stop();
    await Promise.all([origin.stop(), changed.stop()]);
  });

  it('says that nothing differs where nothing does, and exits with 0', async () => {
    origin.reset();
    const { code, out, progress } = await replay([
      file,
      '--to',
      `http://127.0.0.1:${origin.port}`,
      '--speed',
      'max',
    ]);
    assert.match(out, /^6 requests: 6 as captured, 0 with another status, 0 of another length, 0 without/);
    assert.match(out, /^1 skipped/m);
    assert.match(progress, /6 sent, 0 differ, 1 skipped/);
    assert.equal(code, 0);
    const posted = origin.requests.find(({ head }) => head.line.startsWith('POST'));
    assert.equal(posted?.body.toString(), 'the body');
    const fields = new Map(origin.requests.find(({ head }) => head.line.includes('/status'))?.head.fields);
    assert.equal(fields.get('x-mine'), '/status');
    assert.equal(fields.has('authorization'), false);
  });

  it('reports what differs at a changed backend, and exits with 2', async () => {
    changed = await RawOrigin.start((socket, { head }) => {
      if (head.line.includes('/status')) socket.write('HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nold');
      else if (head.line.includes('/length')) socket.write(plainReply('longer'));
      else if (head.line.includes('/dead')) socket.destroy();
      else socket.write(plainReply('old'));
    });
    const words = [file, '--to', `http://127.0.0.1:${changed.port}/base`, '--speed', '50x', '--json'];
    const { code, out } = await replay([...words, '--header', 'Authorization: Basic test']);
    const { sent, same, status, length, failed, differences } = JSON.parse(out) as Summary;
    assert.deepEqual(
      { sent, same, status, length, failed },
      { sent: 6, same: 3, status: 1, length: 1, failed: 1 },
    );
    assert.equal(code, 2);
    const found = differences.map(({ path, what }) => `${path} ${what}`).sort();
    assert.equal(found[1], '/length 3 → 6 bytes');
    assert.equal(found[2], '/status 200 → 500');
    assert.ok(changed.requests.every(({ head }) => head.line.includes(' /base/')));
    assert.ok(
      changed.requests.every(({ head }) => new Map(head.fields).get('Authorization') === 'Basic test'),
    );
  });

  it('keeps to the pace that requests came in, or a multiple of it', async () => {
    const list = recordsOf(file);
    const span = (list.at(-1)?.at ?? 0) - (list[0]?.at ?? 0);
    const began = performance.now();
    await replay([file, '--to', `http://127.0.0.1:${origin.port}`, '--speed', '0.5x']);
    assert.ok(performance.now() - began >= span * 2);
  });

  it('exits with 1 and its usage when it is told wrong, or there is no file', async () => {
    const wrong = await replay([file]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.progress, /--to needs a http:\/\/ or https:\/\/ URL\nUsage: drover replay/);
    const missing = await replay(['/nowhere', '--to', 'http://127.0.0.1:1']);
    assert.equal(missing.code, 1);
    assert.match(missing.progress, /ENOENT/);
  });
});
