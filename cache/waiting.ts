/**
 * Those who wait for another request's fetch of the same key: a list per key in each thread, and a channel between the
 * threads that says whose wait is over. Who waits looks again afterwards, whatever happened: the response is there, or it
 * is not kept and everybody asks for himself. Nobody waits longer than he said.
 * Thread: worker; one each.
 */
import { BroadcastChannel } from 'node:worker_threads';

export interface Waiter {
  /** The wait is over. inTime: false when its time limit was met */
  onReady(inTime: boolean): void;
}

interface Group {
  waiters: Set<Waiter>;
  timer: NodeJS.Timeout;
}

export class Waiting {
  readonly #groups = new Map<string, Group>();
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  #isClosed = false;

  /** channel: CacheMemory.channel */
  constructor(channel: string) {
    this.#name = channel;
    this.#channel = new BroadcastChannel(channel);
    this.#channel.onmessage = (event) => this.#wakeHere((event as { data: string }).data);
    this.#channel.unref();
  }

  /** limit: ms from the first waiter of a key on */
  wait(key: string, waiter: Waiter, limit: number): void {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { waiters: new Set(), timer: setTimeout(() => this.#end(key, false), limit) };
      this.#groups.set(key, group);
    }
    group.waiters.add(waiter);
  }

  /** The waiter is gone. */
  leave(key: string, waiter: Waiter): void {
    const group = this.#groups.get(key);
    group?.waiters.delete(waiter);
    if (group?.waiters.size !== 0) return;
    clearTimeout(group.timer);
    this.#groups.delete(key);
  }

  /** Ends the waits for a key. everywhere: in the other threads too */
  wake(key: string, everywhere: boolean): void {
    if (everywhere) this.#tell(key);
    this.#wakeHere(key);
  }

  /** Fetches may end after this: a thread that is replaced has its answers still to come, and others wait for them. */
  close(): void {
    this.#isClosed = true;
    for (const group of this.#groups.values()) clearTimeout(group.timer);
    this.#groups.clear();
    this.#channel.close();
  }

  #tell(key: string): void {
    const channel = this.#isClosed ? new BroadcastChannel(this.#name) : this.#channel;
    channel.postMessage(key);
    if (this.#isClosed) channel.close();
  }

  #wakeHere(key: string): void {
    if (this.#groups.has(key)) this.#end(key, true);
  }

  #end(key: string, inTime: boolean): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    clearTimeout(group.timer);
    this.#groups.delete(key);
    for (const waiter of group.waiters) waiter.onReady(inTime);
  }
}
