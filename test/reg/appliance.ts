/**
 * A whole drover for one test: the real command in the foreground, in a folder and on ports of its own. `stop` is part of
 * every test: it asserts that the process ends with 0, says nothing of an abort, and leaves no port, process or folder.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { isAlive } from './process-run.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');
const STOP_LIMIT = 60_000;
/** Of the column `st`. */
const LISTEN = '0A';

export interface ApplianceOptions {
  /** Worker threads; 1 unless a test is about several. */
  threads?: number;
  /** Engine of every address; undefined: drover's own choice. */
  engine?: 'uws' | 'node';
  /** False: the text has its own Listen lines. */
  listens?: boolean;
  env?: Record<string, string>;
}

/** A response read to its end. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** Statuses of what came before it. */
  interim: number[];
}

export interface Question {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  port?: number;
  host?: string;
}

export class Appliance {
  readonly folder: string;
  /** The port that the prelude listens on. */
  readonly port: number;
  readonly #child: ChildProcess;
  #said = '';
  readonly #edges = new Set<number>();

  private constructor(folder: string, port: number, child: ChildProcess) {
    this.folder = folder;
    this.port = port;
    this.#child = child;
    const hear = (chunk: Buffer): void => {
      this.#said += chunk.toString();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
  }

  /**
   * Starts on a configuration, where ${FOLDER} is the test's own folder, and waits until it serves.
   * errors  rejects with what the process said when it ends before that
   */
  static async start(text: string, options: ApplianceOptions = {}): Promise<Appliance> {
    const { threads = 1, engine, listens = true, env = {} } = options;
    const folder = mkdtempSync(join(tmpdir(), 'drover-reg-'));
    const port = await freePort();
    const prelude = [
      'ServerName drover.test',
      `Define FOLDER "${folder}"`,
      `PidFile "${folder}/drover.pid"`,
      `ErrorLog "${folder}/error.log"`,
      ...(listens ? [`Listen 127.0.0.1:${port}`] : []),
      ...(engine === undefined ? [] : [`EdgeEngine ${engine}`]),
    ];
    const file = join(folder, 'drover.conf');
    writeFileSync(file, `${prelude.join('\n')}\n${text}\n`);
    const child = spawn(process.execPath, [CLI, '-f', file, '-D', 'FOREGROUND'], {
      // A spare would come in the middle of tests that look at processes; spare.reg.ts has one.
      env: { ...process.env, DROVER_SPARE: 'off', ...env, DROVER_THREADS: String(threads) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const appliance = new Appliance(folder, port, child);
    while (!appliance.log().includes('AH00489')) {
      if (child.exitCode !== null || child.signalCode !== null) {
        rmSync(folder, { recursive: true, force: true });
        throw new Error(`drover ended at once: ${appliance.#said}`);
      }
      await sleep(10);
    }
    for (const pid of edgesOf(appliance.pid)) appliance.#edges.add(pid);
    return appliance;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** All that the process and its children wrote on standard output and error. */
  get said(): string {
    return this.#said;
  }

  /** The youngest edge process; it is the same from start to stop unless a test ends it or reloads. */
  get edge(): number {
    const pid = edgesOf(this.pid).at(-1);
    assert.ok(pid !== undefined, 'no edge process');
    return pid;
  }

  log(): string {
    const file = join(this.folder, 'error.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async logSays(text: string | RegExp): Promise<void> {
    while (this.log().search(text) < 0) {
      // The wait of a test whose time is over would go on for ever.
      assert.ok(existsSync(this.folder), `the log never said ${String(text)}`);
      await sleep(5);
    }
  }

  /** Resident memory of the edge process in bytes. */
  residentBytes(): number {
    return residentOf(this.edge);
  }

  /** Asks on a connection of its own. */
  ask(path = '/', question: Question = {}): Promise<Answer> {
    const { method = 'GET', headers = {}, body, port = this.port, host = '127.0.0.1' } = question;
    return new Promise((resolve, reject) => {
      const interim: number[] = [];
      const sent = request({ host, port, path, method, headers, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (chunk: Buffer) => parts.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts).toString('latin1'),
            interim,
          });
        });
      });
      sent.on('information', ({ statusCode }) => interim.push(statusCode));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Writes another configuration where the first one was; ${FOLDER} and the port stay. */
  rewrite(change: (text: string) => string): void {
    const file = join(this.folder, 'drover.conf');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks for a graceful restart, and waits until the new generation serves, and it alone takes connections. */
  async reload(): Promise<void> {
    const old = edgesOf(this.pid);
    for (const pid of old) this.#edges.add(pid);
    const before = this.#timesConfigured();
    this.signal('SIGUSR1');
    while (this.#timesConfigured() === before) {
      assert.ok(this.#child.exitCode === null, `drover ended: ${this.#said}`);
      await sleep(10);
    }
    for (const pid of edgesOf(this.pid)) this.#edges.add(pid);
    while (old.some(isListening)) await sleep(5);
  }

  #timesConfigured(): number {
    return this.log().split('AH00489').length;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits for the end of the process that was started; null when a signal ended it. */
  async exitCode(): Promise<number | null> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  /** After another process has taken over and ended: asserts that it left nothing. */
  async sweep(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    assert.doesNotMatch(this.#said, /\babort(?:ed)?\b|uv loop|open handles|request failed:/i);
    assert.equal(await isClosed(this.port), true, 'the port is still open');
  }

  /** Kills all of it at once, as a machine that loses its power does. */
  async crash(): Promise<void> {
    const child = this.#child;
    const ended = once(child, 'exit');
    for (const pid of [...edgesOf(this.pid), ...this.#edges].filter(isAlive)) process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await ended;
    for (const pid of this.#edges) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends it as an operator does, and asserts that it ends clean. */
  async stop(): Promise<void> {
    const child = this.#child;
    const wasRunning = child.exitCode === null && child.signalCode === null;
    if (wasRunning) {
      for (const pid of edgesOf(this.pid)) this.#edges.add(pid);
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
      await once(child, 'exit');
      clearTimeout(late);
    }
    const log = this.log();
    rmSync(this.folder, { recursive: true, force: true });
    const left = [...this.#edges].filter(isAlive);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    assert.ok(wasRunning, `drover ended by itself: ${this.#said}`);
    assert.deepEqual({ code: child.exitCode, signal: child.signalCode }, { code: 0, signal: null });
    assert.doesNotMatch(
      this.#said + log,
      /\babort(?:ed)?\b|uv loop|open handles|SIGKILL|request failed:|fell below zero/i,
    );
    assert.deepEqual(left, [], 'edge processes are left');
    assert.equal(await isClosed(this.port), true, 'the port is still open');
  }
}

/** The edge processes among a supervisor's children; others, a systemd-notify or a piped log's program, come and go. */
function edgesOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number).filter(isEdge);
}

function isEdge(pid: number): boolean {
  try {
    // Before it has given itself its title, and after.
    return /generation\.js|drover-edge/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  } catch {
    return false; // it has ended since it was listed
  }
}

/** True while the process has a TCP socket open on which it listens. Source: proc(5), /proc/net/tcp */
function isListening(pid: number): boolean {
  try {
    const listeners = new Set<string>();
    for (const line of readFileSync(`/proc/${pid}/net/tcp`, 'latin1').split('\n')) {
      const [, , , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN) listeners.add(`socket:[${inode}]`);
    }
    return readdirSync(`/proc/${pid}/fd`).some((fd) => listeners.has(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false; // it has ended since it was listed
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // the descriptor has been closed since it was listed
  }
}

function residentOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1] ?? 0) * 1024;
}

function isClosed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
