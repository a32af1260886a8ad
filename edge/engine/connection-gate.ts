/**
 * How many connections of clients may be open: DROVER_MAX_CONNECTIONS, and never more than descriptors allow. Each
 * client is a descriptor, and so is each connection to a member; when there are none left, accept fails and so does
 * everything else. So a fifth of them is kept for members, logs and what the process needs itself, and one connection too
 * many is closed as soon as it is accepted; so is every one while descriptors are short all the same (descriptors.ts).
 * Counted over all threads. Thread: worker.
 */
import type { ClientCounts } from '../../workers/scoreboard-clients.js';
import { descriptorLimit } from '../process/descriptors.js';

const KEPT_SHARE = 0.2;
const COMPLAIN_EVERY_MS = 10_000;

export class ConnectionGate {
  readonly most: number;
  /** Its connections begin with a TLS handshake. */
  readonly isSecure: boolean;
  readonly #counts: ClientCounts;
  readonly #log: (text: string) => void;
  #complainedAt = 0;

  /** configured  undefined: what descriptors allow */
  constructor(
    configured: number | undefined,
    counts: ClientCounts,
    log: (text: string) => void,
    isSecure = false,
  ) {
    this.isSecure = isSecure;
    const possible = Math.floor(descriptorLimit() * (1 - KEPT_SHARE));
    this.most = Math.min(configured ?? possible, possible);
    this.#counts = counts;
    this.#log = log;
  }

  /** Counts a connection in; false: close it, which counts it out. */
  opened(): boolean {
    this.#counts.countConnection('accepted');
    if (this.isSecure) this.#counts.countConnection('handshakes');
    if (this.#counts.addConnection(1) <= this.most && !this.#counts.isShort) return true;
    this.#counts.countConnection('refused');
    if (this.#counts.isShort) return false;
    const now = Date.now();
    if (now - this.#complainedAt >= COMPLAIN_EVERY_MS) {
      this.#complainedAt = now;
      this.#log(`${this.most} connections are open, as many as may be (DROVER_MAX_CONNECTIONS, descriptors)`);
    }
    return false;
  }

  /** The same gate for a TLS address, whose connections count as handshakes. */
  secured(): ConnectionGate {
    return new ConnectionGate(this.most, this.#counts, this.#log, true);
  }

  /** How a handshake ended, from an engine that knows. */
  shook(how: 'resumed' | 'failed'): void {
    this.#counts.countConnection(how);
  }

  closed(): void {
    this.#counts.addConnection(-1);
  }
}
