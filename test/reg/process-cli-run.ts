/**
 * The real command in a folder and on a port of its own, with one small origin behind it. `end` stops what was started
 * here and removes the folder.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPid, runningPid } from '../../edge/process/pidfile.js';
import { freePort } from '../../native-bench/free-port.js';
import { isAlive } from './process-run.js';

export const CLI = join(import.meta.dirname, '../../edge/cli.js');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class CliRun {
  readonly folder = mkdtempSync(join(tmpdir(), 'drover-cli-'));
  readonly file = join(this.folder, 'drover.conf');
  readonly pidFile = join(this.folder, 'drover.pid');
  port = 0;
  /** /slow is answered after 400 ms, /hang never. */
  readonly #origin: Server = createServer((request, response) => {
    if (request.url === '/slow' || request.url === '/hang') this.#isUnderWay = true;
    if (request.url === '/hang') return;
    setTimeout(() => response.end('from the origin'), request.url === '/slow' ? 400 : 0);
  });
  #isUnderWay = false;
  #foreground: ChildProcess | undefined;
  #foregroundText = '';

  /** Opens the origin and writes a configuration that proxies to it. */
  async prepare(): Promise<void> {
    this.port = await freePort();
    await new Promise<void>((resolve) => this.#origin.listen(0, '127.0.0.1', resolve));
    this.configure();
  }

  configure(extra = ''): void {
    const { port } = this.#origin.address() as AddressInfo;
    writeFileSync(
      this.file,
      `Listen 127.0.0.1:${this.port}
ServerName drover.test
PidFile "${this.pidFile}"
ErrorLog "${this.folder}/error.log"
${extra}
ProxyPass / http://127.0.0.1:${port}/
`,
    );
  }

  /** Runs the command with -f and more words until it returns. */
  async run(...words: string[]): Promise<Outcome> {
    const child = spawn(process.execPath, [CLI, '-f', this.file, ...words], {
      env: { ...process.env, DROVER_THREADS: '1', DROVER_SPARE: 'off' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      outcome.stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      outcome.stderr += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { ...outcome, code };
  }

  /** Starts a program with -f and more words, and waits until it answers. */
  async startForeground(program: string, ...words: string[]): Promise<ChildProcess> {
    const child = spawn(process.execPath, [program, '-f', this.file, ...words], {
      env: { ...process.env, DROVER_THREADS: '2', DROVER_SPARE: 'off' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#foregroundText += chunk.toString();
    });
    this.#foreground = child;
    while (child.exitCode === null) {
      if (existsSync(join(this.folder, 'error.log')) && this.log().includes('AH00489')) return child;
      await sleep(10);
    }
    throw new Error(`it ended: ${this.#foregroundText}`);
  }

  /** What the program in the foreground and its children wrote on standard error. */
  get foregroundText(): string {
    return this.#foregroundText;
  }

  /** Edge processes of the program in the foreground. */
  edges(): number[] {
    const pid = this.#foreground?.pid ?? 0;
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  }

  /** Status and body, on a connection of its own. */
  async ask(path = '/'): Promise<{ status: number; text: string }> {
    const { status, text } = await this.#answerTo(path);
    return { status, text };
  }

  #answerTo(path: string): Promise<{ status: number; text: string; headers: IncomingHttpHeaders }> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.port, path, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        );
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** Asks until a configuration that sets X-Version so is served. While it takes over, a connection may be reset. */
  async serves(version: string): Promise<void> {
    while ((await this.#answerTo('/').catch(() => undefined))?.headers['x-version'] !== version)
      await sleep(10);
  }

  /** Resolves when a request for /slow or /hang has come to the origin. */
  async isUnderWay(): Promise<void> {
    while (!this.#isUnderWay) await sleep(5);
  }

  log(): string {
    return readFileSync(join(this.folder, 'error.log'), 'utf8');
  }

  async logSays(text: string): Promise<void> {
    while (!this.log().includes(text)) await sleep(5);
  }

  get pid(): number | undefined {
    return readPid(this.pidFile);
  }

  async end(): Promise<void> {
    const foreground = this.#foreground;
    if (foreground !== undefined && foreground.exitCode === null && foreground.signalCode === null) {
      foreground.kill('SIGINT');
      await once(foreground, 'exit');
    }
    const pid = runningPid(this.pidFile);
    if (pid !== undefined) {
      process.kill(pid, 'SIGINT');
      while (isAlive(pid)) await sleep(10);
    }
    this.#origin.closeAllConnections();
    await new Promise((resolve) => this.#origin.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
