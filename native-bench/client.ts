/**
 * The load. wrk keeps connections alive and drives requests from C, on the core that the server does not have; its
 * counts are the completed requests. Handshakes come from `openssl s_time -new`: each of its connections is a full
 * TLS 1.3 handshake, whereas wrk, closing after each request, offers its last session again and is resumed (seen in
 * nginx's $ssl_session_reused), which would measure something else.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface WrkLoad {
  kind: 'wrk';
  /** Keep-alive connections, all busy all the time. */
  connections: number;
  /** Bytes of a POST body; undefined: GET. */
  post?: number;
  /** Paths are `path` and a number below keys, drawn by Zipf's law with this exponent. */
  zipf?: { keys: number; exponent: number; path: string };
}

export interface HandshakeLoad {
  kind: 'handshakes';
  /** Clients, each making one connection after the other. */
  clients: number;
}

export interface Http2Load {
  kind: 'h2load';
  /** Connections, each with so many requests under way at once. */
  clients: number;
  streams: number;
}

export interface WebSocketLoad {
  kind: 'websocket';
  /** Connections, each with one message under way. */
  connections: number;
  /** Of a message. */
  bytes: number;
}

export type Load = WrkLoad | HandshakeLoad | Http2Load | WebSocketLoad;

export interface LoadResult {
  /** Completed requests, handshakes, or messages that came back. */
  completed: number;
  seconds: number;
  /** 99th percentile of latency in milliseconds; undefined where the client does not tell. */
  p99?: number;
}

const run = promisify(execFile);

/**
 * Drives a load for a time.
 * target   https or http URL
 * core     processor of the client
 * errors   rejects when any request failed: a failing server must not look fast
 */
export async function drive(
  load: Load,
  target: URL,
  seconds: number,
  core: number,
  directory: string,
): Promise<LoadResult> {
  if (load.kind === 'h2load') return driveHttp2(load, target, seconds, core);
  if (load.kind === 'websocket') return driveWebSockets(load, target, seconds, core);
  return load.kind === 'wrk'
    ? driveWrk(load, target, seconds, core, directory)
    : driveHandshakes(load, target, seconds, core);
}

async function driveWrk(
  load: WrkLoad,
  target: URL,
  seconds: number,
  core: number,
  directory: string,
): Promise<LoadResult> {
  const options = ['-t1', `-c${load.connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency'];
  if (load.post !== undefined) {
    const script = join(directory, 'post.lua');
    writeFileSync(script, postScript(load.post));
    options.push('-s', script);
  }
  if (load.zipf !== undefined) {
    const script = join(directory, 'zipf.lua');
    writeFileSync(script, zipfScript(load.zipf));
    options.push('-s', script);
  }
  const { stdout } = await run('taskset', ['-c', `${core}`, 'wrk', ...options, target.href]);
  return parseWrk(stdout);
}

function postScript(bytes: number): string {
  return [
    'wrk.method = "POST"',
    'wrk.headers["Content-Type"] = "application/octet-stream"',
    `wrk.body = string.rep("x", ${bytes})`,
    '',
  ].join('\n');
}

/** Draws by the inverse of the distribution: a table of sums, searched by halves. Seeded by the time: no two runs are alike. */
function zipfScript({ keys, exponent, path }: NonNullable<WrkLoad['zipf']>): string {
  return [
    'local sums, sum = {}, 0',
    `for i = 1, ${keys} do sum = sum + 1 / i ^ ${exponent}; sums[i] = sum end`,
    'math.randomseed(os.time())',
    'request = function()',
    '  local wanted = math.random() * sum',
    `  local low, high = 1, ${keys}`,
    '  while low < high do',
    '    local middle = math.floor((low + high) / 2)',
    '    if sums[middle] < wanted then low = middle + 1 else high = middle end',
    '  end',
    `  return wrk.format('GET', '${path}' .. low)`,
    'end',
    '',
  ].join('\n');
}

const MILLISECONDS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** Reads wrk's report; throws when it counted errors of any kind. */
export function parseWrk(report: string): LoadResult {
  const errors = /^\s*(Socket errors:.*|Non-2xx or 3xx responses:.*)$/m.exec(report)?.[1];
  if (errors !== undefined) throw new Error(`requests failed: ${errors}`);
  const total = /(\d+) requests in ([\d.]+)(\w+),/.exec(report);
  // wrk pads `1.28s` with a blank.
  const worst = /^\s*99%\s+([\d.]+)(\w+) *$/m.exec(report);
  if (total === null || worst === null) throw new Error(`cannot read wrk's report:\n${report}`);
  const milliseconds = (value = '', unit = ''): number => Number(value) * (MILLISECONDS[unit] ?? Number.NaN);
  return {
    completed: Number(total[1]),
    seconds: milliseconds(total[2], total[3]) / 1000,
    p99: milliseconds(worst[1], worst[2]),
  };
}

async function driveHttp2(load: Http2Load, target: URL, seconds: number, core: number): Promise<LoadResult> {
  const options = ['-t1', `-c${load.clients}`, `-m${load.streams}`, `-D${seconds}`, '--warm-up-time=0'];
  const words = ['-c', `${core}`, 'h2load', ...options, target.href];
  const limit = { timeout: seconds * 1000 + HTTP2_SPARE_MS, killSignal: 'SIGKILL' } as const;
  for (let tries = 1; ; tries += 1) {
    try {
      const { stdout } = await run('taskset', words, limit);
      return { completed: parseHttp2(stdout), seconds };
    } catch (error) {
      const wasKilled = (error as { killed?: boolean }).killed === true;
      if (!wasKilled || tries === HTTP2_TRIES) throw error;
    }
  }
}

/**
 * h2load (1.52) never stops a client whose handshake took longer than the whole measurement, as on a machine that is busy
 * with other things: what goes on for so much longer is ended, and measured again.
 */
const HTTP2_SPARE_MS = 15_000;
const HTTP2_TRIES = 4;

/** Requests of one h2load; throws when any failed, or another protocol was spoken. */
export function parseHttp2(report: string): number {
  const found = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(report);
  const others = /status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(report);
  const isHttp2 = /Application protocol: h2c?$/m.test(report);
  const failures = [found?.[2], ...(others ?? []).slice(1)].some((count) => Number(count) > 0);
  if (found === null || others === null || !isHttp2 || failures || Number(found[1]) === 0)
    throw new Error(`requests failed, or not in HTTP/2:\n${report}`);
  return Number(found[1]);
}

const WEB_SOCKET_CLIENT = join(import.meta.dirname, 'websocket-load.js');

async function driveWebSockets(
  load: WebSocketLoad,
  target: URL,
  seconds: number,
  core: number,
): Promise<LoadResult> {
  const words = [target.href, load.connections, load.bytes, seconds].map(String);
  const { stdout } = await run('taskset', ['-c', `${core}`, process.execPath, WEB_SOCKET_CLIENT, ...words]);
  return JSON.parse(stdout) as LoadResult;
}

async function driveHandshakes(
  load: HandshakeLoad,
  target: URL,
  seconds: number,
  core: number,
): Promise<LoadResult> {
  const options = ['s_time', '-connect', target.host, '-new', '-tls1_3', '-time', `${seconds}`];
  const begin = performance.now();
  const reports = await Promise.all(
    Array.from({ length: load.clients }, () => run('taskset', ['-c', `${core}`, 'openssl', ...options])),
  );
  const completed = reports.reduce((sum, { stdout }) => sum + parseHandshakes(stdout), 0);
  // s_time counts in whole seconds; its clients end together, so that the time of all is the time of each.
  return { completed, seconds: (performance.now() - begin) / 1000 };
}

/** Connections that one `openssl s_time` made. */
export function parseHandshakes(report: string): number {
  const count = Number(/(\d+) connections in \d+ real seconds/.exec(report)?.[1] ?? 0);
  if (count === 0) throw new Error(`no handshake succeeded:\n${report}`);
  return count;
}
