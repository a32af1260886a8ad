/**
 * A supervisor under test, over stub workers (process-stub.ts), in a folder and on a port of its own. Whatever a test does
 * to it, `end` leaves no process and no folder behind, and it only touches processes that it started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../edge/settings.js';
import { freePort } from '../../native-bench/free-port.js';
import { plainSettings } from './process-settings.js';

const PROGRAM = join(import.meta.dirname, 'process-stub.js');

export interface Answer {
  /** Process and thread that answered. */
  pid: number;
  thread: number;
}

export class StubRun {
  readonly folder = mkdtempSync(join(tmpdir(), 'drover-process-'));
  port = 0;
  readonly #words: string[];
  #child: ChildProcess | undefined;
  /** Every edge process that answered, to look for orphans. */
  readonly #seen = new Set<number>();

  /**
   * worker     compiled file beside this one that exports `serve`
   * spareWait  ms before there is a spare; undefined: there is none
   */
  constructor(worker = 'process-stub-serve.js', spareWait?: number) {
    this.#words = [worker, ...(spareWait === undefined ? [] : [String(spareWait)])];
  }

  /** Starts and waits until it serves. */
  async start(changes: Partial<Settings> = {}, threads = 2): Promise<void> {
    this.port = await freePort();
    this.configure(changes);
    const child = this.#spawn(threads);
    await Promise.race([
      once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data'),
      once(child, 'exit').then(() => {
        throw new Error(`it ended: ${this.log()}`);
      }),
    ]);
  }

  /** Starts where it is expected to fail; the exit code and what it said. */
  async startInVain(changes: Partial<Settings>): Promise<{ code: number | null; text: string }> {
    this.configure(changes);
    const child = this.#spawn(1);
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, text };
  }

  #spawn(threads: number): ChildProcess {
    const args = [PROGRAM, join(this.folder, 'settings.json'), String(threads), ...this.#words];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.resume();
    this.#child = child;
    return child;
  }

  /** Writes the settings that the next start or reload reads. */
  configure(changes: Partial<Settings>): void {
    this.writeConfiguration(JSON.stringify({ ...plainSettings(this.folder, this.port), ...changes }));
  }

  writeConfiguration(text: string): void {
    writeFileSync(join(this.folder, 'settings.json'), text);
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('not started');
    return pid;
  }

  get pidFile(): string {
    return join(this.folder, 'drover.pid');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  log(): string {
    return readFileSync(join(this.folder, 'error.log'), 'utf8');
  }

  async ask(path = '/'): Promise<Answer> {
    const [pid = '', thread = ''] = (await this.#get(path)).split(' ');
    this.#seen.add(Number(pid));
    return { pid: Number(pid), thread: Number(thread) };
  }

  /** Asks until an answer is as wanted; connection errors in between count as no answer. */
  async askUntil(isWanted: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const answer = await this.ask().catch(() => undefined);
      if (answer !== undefined && isWanted(answer)) return answer;
      await sleep(5);
    }
  }

  /** A new connection for each, so that the kernel may choose another thread. */
  #get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const agent = new Agent({ keepAlive: false });
      const sent = request({ host: '127.0.0.1', port: this.port, path, agent }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve(text));
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  async ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const child = this.#child;
    if (child === undefined) throw new Error('not started');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return { code: child.exitCode, signal: child.signalCode };
  }

  /** Resolves when a request that takes its time has come to a worker. */
  async isUnderWay(): Promise<void> {
    while (!existsSync(join(this.folder, 'begun'))) await sleep(5);
  }

  /** Resolves when every edge process that ever answered is gone. */
  async edgesGone(): Promise<void> {
    while ([...this.#seen].some(isAlive)) await sleep(10);
  }

  async portIsClosed(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('error', () => resolve(true));
      socket.once('connect', () => {
        socket.destroy();
        resolve(false);
      });
    });
  }

  async end(): Promise<void> {
    this.#child?.kill('SIGKILL');
    if (this.#child !== undefined) await this.ended();
    for (const pid of this.#seen) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await this.edgesGone();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * True while the process runs; a zombie that nobody has waited for yet counts as gone, but not as long as another of its
 * threads has to end: until then its sockets are open.
 */
export function isAlive(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return !/^State:\s+Z/m.test(status) || Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0) > 1;
  } catch {
    return false;
  }
}

/**
 * What a connection counts that is made while a listener of the uws engine closes, where the kernel does not hand it to
 * another one (tcp_migrate_req): nothing. errors: any other error is one
 */
export function unlessReset(error: NodeJS.ErrnoException): number {
  if (error.code === 'ECONNRESET') return 0;
  throw error;
}
