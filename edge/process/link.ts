/**
 * What two programs still tell each other when one has taken over from the other (takeover.ts): the channel between their
 * supervisors, which does not keep either of them alive. Words that are said before the link is open wait, and those that
 * the other does not know it leaves unread. Supervisor process.
 */
import type { Invalidated } from '../../cache/memory/snapshot.js';
import type { Carried } from '../../workers/carry.js';

/** Plain data; kinds are only ever added. */
export type Word =
  /** What is invalidated in a cache: to be dropped in the other, too. */
  | { type: 'invalidated'; what: Invalidated }
  /** What the old program's generation has counted since it handed over. */
  | { type: 'late'; before: Carried; after: Carried };

/** The part of a child process, and of `process` in a child, that is a channel. */
export interface Channel {
  readonly connected: boolean;
  readonly channel?: { unref(): void } | null | undefined;
  send?(message: unknown, sent: (error: Error | null) => void): boolean;
  on(event: 'message', heard: (message: Word) => void): unknown;
  disconnect?(): void;
}

export class Link {
  readonly #channel: Channel;
  #waiting: Word[] | undefined = [];
  #unsent = 0;
  #isLeaving = false;
  /** Called with what the other says. */
  onWord: (word: Word) => void = () => {};

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.on('message', (word) => this.onWord(word));
    channel.channel?.unref();
  }

  /** Sends what waits, after this. */
  open(first?: { type: 'serving' }): void {
    if (first !== undefined) this.#send(first);
    for (const word of this.#waiting ?? []) this.#send(word);
    this.#waiting = undefined;
  }

  tell(word: Word): void {
    if (this.#waiting === undefined) this.#send(word);
    else this.#waiting.push(word);
  }

  /** Closes the channel once all is sent. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#unsent === 0 && this.#channel.connected) this.#channel.disconnect?.();
  }

  #send(message: Word | { type: 'serving' }): void {
    if (!this.#channel.connected || this.#isLeaving) return;
    this.#unsent += 1;
    this.#channel.send?.(message, () => {
      this.#unsent -= 1;
      if (this.#isLeaving) this.leave();
    });
  }
}
