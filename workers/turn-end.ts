/**
 * What is put off to the end of this turn of the event loop, to be done in one go. Each send to a process that sleeps
 * wakes it, which costs the sender as much as the rest of the call. A loop's turn takes in many requests and answers; sent
 * one by one, between other work, nearly each meets a sleeper; sent together, only the first does. Alone in its
 * turn, a request waits for nothing.
 * Any worker thread.
 */
export class TurnEnd<T> {
  readonly #act: (item: T) => void;
  readonly #waiting: (T | undefined)[] = [];
  #count = 0;
  #done = 0;

  /** act  what is done with each; it must not throw, since what waits behind would be lost */
  constructor(act: (item: T) => void) {
    this.#act = act;
  }

  add(item: T): void {
    if (this.#count === 0) setImmediate(flush, this);
    this.#waiting[this.#count] = item;
    this.#count += 1;
  }

  /** Does all that waits, also what is added meanwhile. */
  flush(): void {
    while (this.#done < this.#count) {
      const item = this.#waiting[this.#done] as T;
      this.#waiting[this.#done] = undefined;
      this.#done += 1;
      this.#act(item);
    }
    this.#count = 0;
    this.#done = 0;
  }
}

function flush(turn: { flush(): void }): void {
  turn.flush();
}
