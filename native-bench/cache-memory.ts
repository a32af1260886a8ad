/**
 * What cached objects cost in memory: drover with four threads is asked for many objects of 10 KB twice, so that every thread
 * has had most of them, and the growth of its edge process is divided by the bytes of the bodies. At most 1.25 is wanted.
 *
 *   npm run build && node dist/native-bench/cache-memory.js [objects] [threads]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { start } from './process.js';

const CLI = join(import.meta.dirname, '../edge/cli.js');
const SIZE = 10_240;
const AT_ONCE = 64;

function residentOf(pid: number): number {
  const kib = (one: number): number =>
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/status`, 'latin1'))?.[1] ?? 0);
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
  return Math.max(...children.map(kib)) * 1024;
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0; // it has ended since it was listed
  }
}

/** Asks for paths, so many at once, in an order that mixes the connections. */
async function askAll(port: number, paths: number, pathOf: (n: number) => string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE, scheduling: 'fifo' });
  let next = 0;
  const goOn = async (): Promise<void> => {
    while (next < paths) {
      const path = pathOf(next);
      next += 1;
      await new Promise<void>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path, agent }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`));
          response.resume();
          response.on('end', resolve);
        })
          .on('error', reject)
          .end();
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, goOn));
  agent.destroy();
}

async function main(objects: number, threads: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'drover-memory-'));
  const body = 'm'.repeat(SIZE);
  let asked = 0;
  const origin = createServer((_, response) => {
    asked += 1;
    response.setHeader('Cache-Control', 'max-age=86400');
    response.end(body);
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const file = join(directory, 'drover.conf');
  const lines = [
    `Listen 127.0.0.1:${port}`,
    'ServerName bench.test',
    `PidFile ${directory}/pid`,
    `ErrorLog ${directory}/error.log`,
    `CacheMemorySize ${Math.ceil((objects * SIZE * 2) / 2 ** 20)}M`,
    'CacheEnable memory /cached/',
    `ProxyPass / http://127.0.0.1:${(origin.address() as AddressInfo).port}/`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const environment = { DROVER_THREADS: String(threads), DROVER_SPARE: 'off' };
  const launch = { command: process.execPath, arguments: [CLI, '-f', file, '-D', 'FOREGROUND'], environment };
  const server = await start(launch, 0, port, directory);
  try {
    // Code, connections and buffers are there before anything is counted.
    await askAll(port, 20_000, (n) => `/uncached/${n}`);
    const before = residentOf(server.pid);
    asked = 0;
    await askAll(port, objects, (n) => `/cached/${n}`);
    const stored = residentOf(server.pid) - before;
    const fetches = asked;
    // Another order, so that another thread is asked for most of them.
    for (const step of [7919, 104_729, 15_485_863])
      await askAll(port, objects, (n) => `/cached/${(n * step) % objects}`);
    const read = residentOf(server.pid) - before;
    const bytes = objects * SIZE;
    const ratio = (grown: number): string => (grown / bytes).toFixed(3);
    console.log(
      `${objects} objects of ${SIZE} bytes, ${threads} threads; ${fetches} fetched, ${asked - fetches} fetched again\n` +
        `before ${(before / 2 ** 20).toFixed(0)} MiB; bodies ${(bytes / 2 ** 20).toFixed(0)} MiB\n` +
        `grown when stored ${(stored / 2 ** 20).toFixed(0)} MiB, ${ratio(stored)} of the bodies\n` +
        `grown when every thread has served them ${(read / 2 ** 20).toFixed(0)} MiB, ${ratio(read)} of the bodies`,
    );
  } finally {
    await server.stop();
    origin.closeAllConnections();
    origin.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main(Number(process.argv[2] ?? 50_000), Number(process.argv[3] ?? 4));
