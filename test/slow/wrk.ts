/**
 * wrk as a client that counts what went wrong: a fixed number of connections that pause after each answer, so that the rate
 * is about connections ÷ pause and does not follow the server's speed. Whatever is not a whole answer with status 200
 * is a failure, told by its kind.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** wrk calls an answer late beyond this; late is not lost, so it is longer than a loaded machine needs. */
const PATIENCE = '60s';

export interface WrkLoad {
  url: string;
  connections: number;
  /** After each answer of a connection, ms; 0: the next request follows at once. */
  pause: number;
  /** False: each request asks for its connection to be closed. */
  isKept: boolean;
  /** wrk ends by itself after so many seconds at the latest. */
  seconds: number;
}

export interface WrkResult {
  answered: number;
  perSecond: number;
  /** 99th percentile, as wrk says it: `12.34ms`. */
  p99: string;
  failures: { connect: number; read: number; write: number; timeout: number; status: number };
}

export function hasWrk(): boolean {
  try {
    execFileSync('which', ['wrk'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export class Wrk {
  readonly #child: ChildProcess;
  #said = '';

  /** folder  takes the script */
  constructor(folder: string, load: WrkLoad) {
    const script = join(folder, `wrk-${load.pause}-${load.isKept}.lua`);
    const delay = load.pause === 0 ? '' : `function delay() return ${load.pause} end\n`;
    writeFileSync(script, `${delay}${load.isKept ? '' : 'wrk.headers["Connection"] = "close"\n'}`);
    const words = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', PATIENCE, '--latency'];
    this.#child = spawn('wrk', [...words, '-s', script, load.url], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
  }

  /** Tells it to end; the sum comes with `result`. */
  stop(): void {
    this.#child.kill('SIGINT');
  }

  async result(): Promise<WrkResult> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    const number = (pattern: RegExp): number => Number(pattern.exec(this.#said)?.[1] ?? 0);
    const answered = number(/(\d+) requests in/);
    if (!/requests in/.test(this.#said)) throw new Error(`wrk said nothing of use: ${this.#said}`);
    return {
      answered,
      perSecond: number(/Requests\/sec:\s+([\d.]+)/),
      p99: /99%\s+(\S+)/.exec(this.#said)?.[1] ?? '',
      failures: {
        connect: number(/connect (\d+)/),
        read: number(/read (\d+), write/),
        write: number(/write (\d+), timeout/),
        timeout: number(/timeout (\d+)/),
        status: number(/Non-2xx or 3xx responses: (\d+)/),
      },
    };
  }
}

export const NO_FAILURES: WrkResult['failures'] = { connect: 0, read: 0, write: 0, timeout: 0, status: 0 };
