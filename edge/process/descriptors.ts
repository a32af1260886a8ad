/**
 * Watches how many descriptors this process has left. The gate for connections (connection-gate.ts) keeps clients to four
 * fifths of them, but members, logs and an operator's prlimit have a say too, and a process that is out of descriptors
 * would fail at every accept: the kernel reports the waiting connection again at once, and the loop spins.
 *
 * So a few descriptors are held back for nothing but this moment. When nearly none are left, they are given up and the
 * threads are told: each connection is then accepted and closed at once, which never needs more than one descriptor, so
 * that the queue empties and nobody spins. Requests under way go on; one that needs a new connection to its
 * member gets 503 (workers/pool.ts), and its member is not blamed. When there are enough again, they are taken back.
 * The log says each once. Control thread.
 */
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import type { ClientCounts } from '../../workers/scoreboard-clients.js';
import type { Ms } from '../settings.js';

const LOOK_EVERY: Ms = 100;
/** Held back: a thread accepts at most one at a time, and log files, probes and the control socket need some. */
const SPARE = 8;
/** Fewer left than this share, and at most so many, are nearly none. */
const LOW_SHARE = 0.02;
const MOST_LOW = 64;

export interface DescriptorTools {
  counts: Pick<ClientCounts, 'isShort'>;
  log: (severity: 'crit' | 'notice', text: string) => void;
  /** Only tests name others. */
  limit?: () => number;
  left?: (limit: number) => number;
}

export class DescriptorWatch {
  readonly #tools: DescriptorTools;
  readonly #limit: () => number;
  readonly #left: (limit: number) => number;
  readonly #spare: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastLimit = Infinity;

  constructor(tools: DescriptorTools) {
    this.#tools = tools;
    this.#limit = tools.limit ?? descriptorLimit;
    this.#left = tools.left ?? descriptorsLeft;
  }

  start(): void {
    this.#readLimit();
    this.#holdBack();
    this.#timer ??= setInterval(() => this.look(), LOOK_EVERY);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#giveUp();
  }

  /** By itself ten times a second. */
  look(): void {
    const { counts, log } = this.#tools;
    const limit = this.#readLimit();
    const low = Math.min(Math.ceil(limit * LOW_SHARE), MOST_LOW);
    const left = this.#left(limit);
    if (!counts.isShort) {
      if (left >= low) return;
      counts.isShort = true;
      this.#giveUp();
      log('crit', `out of descriptors (${limit}): connections are closed until some are free again`);
      return;
    }
    this.#giveUp();
    // What is held back must be there as well, or the next look would find too few.
    if (left < 2 * low + SPARE) return;
    this.#holdBack();
    counts.isShort = false;
    log('notice', 'descriptors are free again: connections are taken');
  }

  /** Reading it takes a descriptor: without one the last answer holds. */
  #readLimit(): number {
    try {
      this.#lastLimit = this.#limit();
    } catch {
      // As it was.
    }
    return this.#lastLimit;
  }

  #holdBack(): void {
    try {
      while (this.#spare.length < SPARE) this.#spare.push(openSync('/dev/null', 'r'));
    } catch {
      // There are none: the next look says so.
    }
  }

  #giveUp(): void {
    for (const fd of this.#spare.splice(0)) closeSync(fd);
  }
}

/** Descriptors that this process may open. (Node.js raises the soft limit to the hard one.) */
export function descriptorLimit(): number {
  const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  const limit = Number(line);
  return Number.isFinite(limit) && limit > 0 ? limit : Infinity;
}

/**
 * How many are left, none when opening fails. Linux 6.2 and later tell the number of open ones as the size of a folder;
 * before that the number of the lowest free one is all that is known cheaply, which is right where few gaps are.
 */
export function descriptorsLeft(limit: number): number {
  try {
    const lowest = openSync('/dev/null', 'r');
    closeSync(lowest);
    return limit - Math.max(statSync('/proc/self/fd').size, lowest);
  } catch {
    return 0;
  }
}
