/**
 * Two hundred clients, each asking again as soon as it has had its answer and a short rest, on a kept connection of its own:
 * none is idle for so long that the balancer would close it at the moment it is used again, which is nobody's fault.
 * Every answer is looked at: whole ones are counted by member, those that were cut after they had begun apart, all else is
 * an error with its reason.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BODY_BYTES } from './member-process.js';

const REST_MS = 150;
/** Longer than the balancer may take with all its tries: what is silent for so long hangs. */
const PATIENCE_MS = 20_000;

export class Clients {
  /** Whole answers by member since the last reset. */
  readonly answered = new Map<string, number>();
  /** Answers that had begun and were cut. */
  cut = 0;
  readonly errors: string[] = [];
  /** All requests so far. */
  asked = 0;
  readonly #port: number;
  #isOver = false;
  readonly #all: Promise<void>[];

  constructor(port: number, count: number) {
    this.#port = port;
    this.#all = Array.from({ length: count }, (_, n) => this.#live(n));
  }

  reset(): void {
    this.answered.clear();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#all);
  }

  async #live(n: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await sleep(n);
    while (!this.#isOver) {
      await this.#ask(agent);
      await sleep(REST_MS * (0.5 + Math.random()));
    }
    agent.destroy();
  }

  #ask(agent: Agent): Promise<void> {
    this.asked += 1;
    return new Promise((resolve) => {
      let hasBegun = false;
      const fail = (reason: string): void => {
        if (hasBegun) this.cut += 1;
        else this.errors.push(`${new Date().toISOString()} ${reason}`);
        resolve();
      };
      const sent = request({ port: this.#port, host: '127.0.0.1', path: '/', agent }, (response) => {
        const { statusCode = 0 } = response;
        hasBegun = statusCode === 200;
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        response.on('error', () => undefined);
        response.on('close', () => {
          if (statusCode !== 200 || bytes !== BODY_BYTES) fail(`status ${statusCode}, ${bytes} bytes`);
          else {
            const member = String(response.headers['x-member']);
            this.answered.set(member, (this.answered.get(member) ?? 0) + 1);
            resolve();
          }
        });
      });
      sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error('no answer')));
      sent.on('error', (error) => {
        if (!hasBegun) fail(error.message);
      });
      sent.end();
    });
  }
}
