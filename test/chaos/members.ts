/** Five members as processes on ports of their own: started, killed, stopped, and told how to answer. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Mood } from './member-process.js';

const FILE = join(import.meta.dirname, 'member-process.js');

export class MemberProcess {
  readonly name: string;
  readonly port: number;
  #child: ChildProcess | undefined;

  constructor(name: string, port: number) {
    this.name = name;
    this.port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    assert.equal(this.#child, undefined);
    this.#child = fork(FILE, [String(this.port), this.name]);
    await once(this.#child, 'message');
  }

  /** Ends it by a signal and waits until it is gone; a stopped process hears of SIGKILL only. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  be(mood: Mood): void {
    this.#child?.send(mood);
  }
}
