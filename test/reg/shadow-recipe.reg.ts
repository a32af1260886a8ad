/** README.md's recipes for a shadow pool and for capture and replay, as they are written but for addresses and folders. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { blockOf } from '../pair/recipe.js';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');
const SHADOW = '10.0.0.9:8080';
/** Of which one in ten is drawn: none of them once in a thousand million runs. */
const REQUESTS = 200;

describe('the recipes for a new version of an application', function () {
  this.timeout(120_000);
  let live: RawOrigin;
  let shadow: RawOrigin;
  let edge: Appliance;

  before(async () => {
    live = await RawOrigin.start((socket) => socket.write(plainReply('live')));
    shadow = await RawOrigin.start((socket) => socket.write(plainReply('new')));
    const [capture = ''] = blockOf('EdgeCapture /var/log/drover/captured').split('\n');
    edge = await Appliance.start(
      [
        `ProxyPass /shop http://127.0.0.1:${live.port}/shop`,
        blockOf('<Proxy balancer://shadow>').replace(SHADOW, `127.0.0.1:${shadow.port}`),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's variable
        capture.replace('/var/log/drover/', '${FOLDER}/'),
      ].join('\n'),
    );
    for (let n = 0; n < REQUESTS; n += 1) assert.equal((await edge.ask(`/shop/${n}`)).body, 'live');
  });
  after(async () => {
    await edge.stop();
    await Promise.all([live.stop(), shadow.stop()]);
  });

  it('send a share of the requests to the shadow', async () => {
    while (shadow.requests.length === 0) await sleep(5);
    assert.ok(shadow.requests.length < REQUESTS / 2, `${shadow.requests.length} copies`);
    assert.match(shadow.requests[0]?.head.line ?? '', /^GET \/shop\/\d+ HTTP\/1\.1$/);
  });

  it('capture a share of them, and play it against the new version', async () => {
    const file = join(edge.folder, 'captured');
    while (!existsSync(file) || !readFileSync(file, 'utf8').endsWith('\n')) await sleep(10);
    const [, command = ''] = blockOf('EdgeCapture /var/log/drover/captured').split('\n');
    const words = command
      .replace('/var/log/drover/', `${edge.folder}/`)
      .replace(SHADOW, `127.0.0.1:${shadow.port}`)
      .split(' ')
      .slice(1);
    shadow.reset();
    const child = spawn(process.execPath, [CLI, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
    let report = '';
    child.stdout.on('data', (chunk: Buffer) => {
      report += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    const [, played = '0'] =
      /^(\d+) requests: 0 as captured, 0 with another status, \d+ of another length/.exec(report) ?? [];
    assert.equal(Number(played), shadow.requests.length, report);
    assert.ok(Number(played) > 0 && Number(played) < REQUESTS / 2);
    assert.equal(code, 2);
  });
});
