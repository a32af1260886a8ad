/**
 * The programs before and after this one, as its generations see them: what one that takes over must be given, and ended if
 * this one is told to end meanwhile; and word between them as long as both are there (link.ts). There may be one of each at
 * a time, or more, when upgrades follow each other faster than downloads end. Supervisor process.
 */
import type { HeldSocket } from './held-sockets.js';
import type { Link, Word } from './link.js';
import type { Estate, Successor } from './takeover.js';

/** Starts a program that takes over. */
export type Hand = (sockets: HeldSocket[], estate: Estate) => Successor;

const UNWANTED = 'this one was told to end';

export class Neighbours {
  readonly #links = new Set<Link>();
  readonly #onWord: (word: Word, from: Link) => void;
  #coming: Successor | undefined;

  constructor(onWord: (word: Word, from: Link) => void) {
    this.#onWord = onWord;
  }

  /** A program is starting that may take over. */
  get isOneComing(): boolean {
    return this.#coming !== undefined;
  }

  join(link: Link): void {
    this.#links.add(link);
    link.onWord = (word) => this.#onWord(word, link);
  }

  /**
   * isWanted  is asked again when the other serves: it may have come to that at the moment when all were told to end
   * returns   the link to it, or why it does not take over; it ends then
   */
  async welcome(start: () => Successor, isWanted: () => boolean): Promise<Link | string> {
    if (!isWanted()) return UNWANTED;
    const successor = start();
    this.join(successor.link);
    this.#coming = successor;
    const problem = await successor.outcome;
    this.#coming = undefined;
    if (problem === undefined && isWanted()) return successor.link;
    successor.stop();
    this.#part(successor.link);
    return problem ?? UNWANTED;
  }

  /** Nobody shall take over any more. */
  refuse(): void {
    this.#coming?.stop();
  }

  tell(word: Word, from?: unknown): void {
    for (const link of this.#links) if (link !== from) link.tell(word);
  }

  close(): void {
    for (const link of [...this.#links]) this.#part(link);
  }

  #part(link: Link): void {
    this.#links.delete(link);
    link.leave();
  }
}
