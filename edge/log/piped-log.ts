/**
 * Logs that go to a program: `|rotatelogs …`, `||…` (the same), `|$…` by way of a shell, and syslog, which is a `logger`.
 * One process has each program once; worker threads hand it their lines by message (edge/process/messages.ts), whole ones, so
 * that no two threads cut each other's lines in the pipe. A program that ends is started again and told of; one that
 * does not read its input fills a bounded queue, and what no longer fits is dropped and counted.
 *
 * httpd differs: a program that is started again runs as the user drover has become, not as root.
 * Source: httpd 2.4, mod_log_config "Piped Logs"; core "ErrorLog". Control thread, and the supervisor for its own lines.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Backoff } from '../process/backoff.js';
import type { Settings } from '../settings.js';
import { commandLine } from './command-line.js';
import type { LogTarget } from './format.js';

export type ProgramTarget = Extract<LogTarget, { kind: 'pipe' | 'syslog' }>;

/** Hands lines to whoever has the program. */
export type LineRelay = (target: ProgramTarget, lines: string) => void;
/** Hears of what went wrong with a program, in words for the error log. */
export type TroubleHearer = (text: string) => void;

/** Bytes that may wait for a program that is slow. */
const MAX_WAITING = 16 * 1024 * 1024;
/** How long a program may go on after its input has ended. */
const END_LIMIT_MS = 3000;
/** Losses are told at most so often. */
const TELL_EVERY_MS = 10_000;

export function isProgram(target: LogTarget): target is ProgramTarget {
  return target.kind === 'pipe' || target.kind === 'syslog';
}

export class PipedLogs {
  readonly #programs = new Map<string, LogProgram>();
  readonly #onTrouble: TroubleHearer;

  constructor(onTrouble: TroubleHearer) {
    this.#onTrouble = onTrouble;
  }

  /** Starts the program of a target, if it does not run yet. */
  start(target: ProgramTarget): void {
    this.#of(target);
  }

  write(target: ProgramTarget, lines: string): void {
    this.#of(target).write(lines);
  }

  /** Lines that no program took. */
  get dropped(): number {
    let count = 0;
    for (const program of this.#programs.values()) count += program.dropped;
    return count;
  }

  /** Ends the input of every program and waits for it to end, killing those that do not. */
  async close(): Promise<void> {
    await Promise.all([...this.#programs.values()].map((program) => program.close()));
    this.#programs.clear();
  }

  #of(target: ProgramTarget): LogProgram {
    const key = JSON.stringify(target);
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = new LogProgram(target, this.#onTrouble);
      this.#programs.set(key, program);
    }
    return program;
  }
}

class LogProgram {
  dropped = 0;
  readonly #target: ProgramTarget;
  readonly #name: string;
  readonly #onTrouble: TroubleHearer;
  readonly #backoff = new Backoff();
  #child: ChildProcess | undefined;
  /** Lines for the next child, while there is none. */
  #waiting: string[] = [];
  #waitingBytes = 0;
  #startTimer: NodeJS.Timeout | undefined;
  #isClosing = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  #told = 0;

  constructor(target: ProgramTarget, onTrouble: TroubleHearer) {
    this.#target = target;
    this.#name = target.kind === 'pipe' ? target.command : 'logger';
    this.#onTrouble = onTrouble;
    this.#start();
  }

  write(lines: string): void {
    const input = this.#child?.stdin;
    const waiting = this.#waitingBytes + (input?.writableLength ?? 0);
    if (waiting + lines.length > MAX_WAITING) this.#drop(lines);
    else if (input === undefined || input === null) {
      this.#waiting.push(lines);
      this.#waitingBytes += lines.length;
    } else input.write(lines);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#startTimer);
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'close');
    const late = setTimeout(() => child.kill('SIGTERM'), END_LIMIT_MS);
    const tooLate = setTimeout(() => child.kill('SIGKILL'), 2 * END_LIMIT_MS);
    child.stdin?.end();
    await ended;
    clearTimeout(late);
    clearTimeout(tooLate);
  }

  #start(): void {
    const startedAt = Date.now();
    const [program = '', ...words] = argumentsOf(this.#target);
    const child = spawn(program, words, { stdio: ['pipe', 'ignore', 'inherit'] });
    this.#child = child;
    let why = '';
    child.on('error', (error) => {
      why = error.message;
    });
    // Who writes to a program that has just ended hears of it here, and `close` tells the rest.
    child.stdin.on('error', () => {});
    child.once('close', (code, signal) => {
      this.#child = undefined;
      if (this.#isClosing) return;
      why ||= signal === null ? `exit code ${code}` : `signal ${signal}`;
      this.#onTrouble(`AH00104: piped log program '${this.#name}' failed unexpectedly (${why})`);
      const wait = this.#backoff.after(Date.now() - startedAt);
      this.#startTimer = setTimeout(() => this.#start(), wait);
    });
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const text of lines) child.stdin.write(text);
  }

  #drop(lines: string): void {
    this.dropped += lines.split('\n').length - 1;
    const now = Date.now();
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    const fresh = this.dropped - this.#told;
    this.#onTrouble(
      `piped log program '${this.#name}' does not read: ${fresh} lines dropped, ${this.dropped} in all`,
    );
    this.#toldAt = now;
    this.#told = this.dropped;
  }
}

function argumentsOf(target: ProgramTarget): string[] {
  if (target.kind === 'syslog') return ['logger', '--prio-prefix', '--tag', target.tag];
  return target.shell ? ['/bin/sh', '-c', target.command] : commandLine(target.command);
}

/** Programs that logs go to begin while this process still has the rights that it gives away later, as in httpd. */
export function startPrograms(settings: Settings, programs: PipedLogs): void {
  for (const { errorLog, accessLogs } of settings.servers) {
    for (const target of [errorLog, ...accessLogs.map((log) => log.target)])
      if (isProgram(target)) programs.start(target);
  }
}
