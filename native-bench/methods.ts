/**
 * Which balancing method for what: one load, every method in turn, response times of each. Prints the table of README.md.
 *
 * Four unequal members (10, 10, 30 and 60 ms of work a request, eight requests at a time, the rest waits in the member's
 * own queue) under requests of which one in ten is ten times as slow. Members only wait, so the processor decides
 * nothing: what differs is whom a method gives the next request to.
 *
 *   npm run build && node dist/native-bench/methods.js [seconds a method]
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { start } from './process.js';

const METHODS = ['byrequests', 'bytraffic', 'bybusyness', 'random2', 'leasttime', 'hash'];
/** Ms of work a request by member, and how often a request is ten times as much. */
const WORK_MS = [10, 10, 30, 60];
const SLOW_TIMES = 10;
const AT_ONCE = 8;
const CONNECTIONS = 40;
const CLI = join(import.meta.dirname, '../edge/cli.js');
const run = promisify(execFile);

/** A member that waits instead of working, for so many requests at a time. */
class Worker {
  readonly #workMs: number;
  readonly #line: { response: ServerResponse; ms: number }[] = [];
  #working = 0;
  readonly #server: Server;

  constructor(workMs: number) {
    this.#workMs = workMs;
    this.#server = createServer((request, response) => {
      const ms = this.#workMs * (request.url?.startsWith('/slow') === true ? SLOW_TIMES : 1);
      this.#line.push({ response, ms });
      this.#next();
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #next(): void {
    if (this.#working >= AT_ONCE) return;
    const job = this.#line.shift();
    if (job === undefined) return;
    this.#working += 1;
    setTimeout(() => {
      this.#working -= 1;
      job.response.end('done');
      this.#next();
    }, job.ms);
  }
}

const SCRIPT = `request = function()
  local kind = math.random(10) == 1 and "slow" or "fast"
  return wrk.format("GET", "/" .. kind .. "/" .. math.random(1000))
end
`;

interface Row {
  method: string;
  perSecond: number;
  p50: number;
  p99: number;
}

async function measure(method: string, seconds: number, directory: string): Promise<Row> {
  const workers = WORK_MS.map((ms) => new Worker(ms));
  const ports = await Promise.all(workers.map((worker) => worker.listen()));
  const port = await freePort();
  const file = join(directory, `${method}.conf`);
  const lines = [
    `Listen 127.0.0.1:${port}`,
    'ServerName bench.test',
    `PidFile "${directory}/${method}.pid"`,
    `ErrorLog "${directory}/error.log"`,
    'EdgeHashKey %{REQUEST_URI}',
    '<Proxy balancer://b>',
    ...ports.map((member) => `BalancerMember http://127.0.0.1:${member}`),
    `ProxySet lbmethod=${method}`,
    '</Proxy>',
    'ProxyPass / balancer://b/',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const command = { command: process.execPath, arguments: [CLI, '-f', file, '-D', 'FOREGROUND'] };
  const drover = await start(
    { ...command, environment: { DROVER_THREADS: '1', DROVER_SPARE: 'off' } },
    0,
    port,
    directory,
  );
  try {
    const script = join(directory, 'mixed.lua');
    writeFileSync(script, SCRIPT);
    const options = [
      '-t1',
      `-c${CONNECTIONS}`,
      `-d${seconds}s`,
      '--timeout',
      '20s',
      '--latency',
      '-s',
      script,
    ];
    const { stdout } = await run('wrk', [...options, `http://127.0.0.1:${port}/`]);
    return { method, ...read(stdout) };
  } finally {
    await drover.stop();
    for (const worker of workers) worker.close();
  }
}

const MILLISECONDS: Record<string, number> = { us: 0.001, ms: 1, s: 1000 };

function read(report: string): Omit<Row, 'method'> {
  if (/Socket errors|Non-2xx/.test(report)) throw new Error(`requests failed:\n${report}`);
  const percentile = (name: string): number => {
    const [, value, unit = ''] = new RegExp(`^\\s*${name}%\\s+([\\d.]+)(\\w+)\\s*$`, 'm').exec(report) ?? [];
    return Number(value) * (MILLISECONDS[unit] ?? Number.NaN);
  };
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1]);
  return { perSecond, p50: percentile('50'), p99: percentile('99') };
}

const seconds = Number(process.argv[2] ?? 20);
const directory = mkdtempSync(join(tmpdir(), 'drover-methods-'));
try {
  console.log('| method | requests a second | p50 ms | p99 ms |\n|---|---|---|---|');
  for (const method of METHODS) {
    const { perSecond, p50, p99 } = await measure(method, seconds, directory);
    console.log(`| \`${method}\` | ${perSecond.toFixed(0)} | ${p50.toFixed(0)} | ${p99.toFixed(0)} |`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
