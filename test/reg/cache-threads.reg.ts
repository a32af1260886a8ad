/**
 * The cache over four threads: what one thread stores all serve, a cold key is fetched once however many ask for it, and
 * after a purge no thread serves what was purged.
 */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

const CLIENTS = 500;

describe('the cache over four threads', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  let version = 'one';
  let delay = 0;

  before(async () => {
    origin = await RawOrigin.start((socket) => {
      const body = version;
      setTimeout(() => {
        socket.write(
          `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nCache-Tag: all\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
      }, delay);
    });
    drover = await Appliance.start(
      [
        'CacheMemorySize 16M',
        'CacheEnable memory /',
        'CacheLock On',
        'CacheLockMaxAge 30',
        'CachePurge 127.0.0.1',
        'KeepAliveTimeout 120',
        `ProxyPass / http://127.0.0.1:${origin.port}/`,
      ].join('\n'),
      { threads: 4 },
    );
  });
  after(async () => {
    agent.destroy();
    await drover.stop();
    await origin.stop();
  });

  /** Asks on a connection of the agent's, so that all threads are asked. */
  function ask(path: string, method = 'GET', headers = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: drover.port, path, method, headers, agent },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString('latin1');
          });
          response.on('end', () => resolve(text));
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  }

  function crowd(path: string, count: number): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => ask(path)));
  }

  it('fetches a cold key once for 500 clients at the same time', async () => {
    delay = 500;
    const answers = await crowd('/cold', CLIENTS);
    delay = 0;
    assert.deepEqual(new Set(answers), new Set(['one']));
    assert.equal(origin.requests.length, 1);
  });

  it('serves no purged object in 10,000 answers, by URL, prefix and tag', async () => {
    version = 'one';
    await crowd('/purged', CLIENTS);
    const purges: [string, Record<string, string>][] = [
      ['/purged', {}],
      ['/pur*', {}],
      ['/', { 'cache-tag': 'all' }],
    ];
    for (const [path, headers] of purges) {
      const before = version;
      version = `${before}+`;
      assert.match(await ask(path, 'PURGE', headers), /"purged":[1-9]/);
      for (let round = 0; round < 7; round += 1) {
        const answers = await crowd('/purged', CLIENTS);
        assert.deepEqual(new Set(answers), new Set([version]), path);
      }
    }
  });

  it('lets those who wait go their own way when the response is not stored', async () => {
    origin.reset();
    const plain = origin.onRequest;
    origin.onRequest = (socket) => {
      setTimeout(
        () => socket.write('HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 2\r\n\r\nno'),
        50,
      );
    };
    const answers = await crowd('/private', 50);
    assert.deepEqual(new Set(answers), new Set(['no']));
    assert.equal(origin.requests.length, 50);
    origin.onRequest = plain;
  });

  it('goes on fetching for those who wait when the first client leaves', async () => {
    origin.reset();
    delay = 400;
    version = 'late';
    const first = request({ host: '127.0.0.1', port: drover.port, path: '/left', agent: false });
    first.on('error', () => undefined);
    first.end();
    while (origin.requests.length === 0) await sleep(5);
    const others = crowd('/left', 20);
    first.destroy();
    assert.deepEqual(new Set(await others), new Set(['late']));
    assert.equal(origin.requests.length, 1);
    delay = 0;
  });
});
