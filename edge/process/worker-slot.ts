/**
 * One worker thread's place: it runs the task, hears its messages, and runs it again in a fresh thread when it ended
 * unasked. The thread itself belongs to Piscina. A thread must never be terminated while its app is open (that aborts
 * the whole process): serve.ts closes the app itself, on drain, on stop and on an uncaught exception. Control thread.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { CaptureBatch } from '../capture/outbox.js';
import { messageOf, stackOf } from '../errors.js';
import type { LineRelay } from '../log/piped-log.js';
import type { Ms } from '../settings.js';
import { Backoff } from './backoff.js';
import type { BoundAddress, ControlMessage, ServeTask, ThreadSocket, WorkerMessage } from './messages.js';

export interface WorkerSlotEvents {
  /** A thread serves; the first time and after each replacement. */
  onListening(thread: number, addresses: BoundAddress[]): void;
  /** What a worker reports, or how it ended; fatal: it can not serve here. */
  onFailed(thread: number, message: string, fatal: boolean): void;
  /** Lines for a program. */
  onLines: LineRelay;
  onNotice(module: string, text: string): void;
  /** Captured requests; done: they are off the hands of whoever takes them. */
  onCaptured(batch: CaptureBatch, done: () => void): void;
}

/** What stays the same when a thread is replaced. */
export type SlotTask = Omit<ServeTask, 'port' | 'sockets'>;

export class WorkerSlot {
  readonly thread: number;
  /** Resolves when the slot is empty for good. */
  readonly ended: Promise<void>;
  /** When the thread last answered a ping, by performance.now(): nobody is silent because the time of day was set. */
  lastPong: Ms = performance.now();
  readonly #pool: Piscina;
  readonly #task: SlotTask;
  /** For the first thread only: it closes them with its engine. */
  #sockets: ThreadSocket[];
  readonly #events: WorkerSlotEvents;
  readonly #backoff = new Backoff();
  #port: MessagePort | undefined;
  #hasReported = false;
  /** The last order to end; a replacement never starts after it. */
  #order: ControlMessage | undefined;

  constructor(pool: Piscina, task: SlotTask, sockets: ThreadSocket[], events: WorkerSlotEvents) {
    this.thread = task.thread;
    this.#pool = pool;
    this.#task = task;
    this.#sockets = sockets;
    this.#events = events;
    this.ended = this.#runOnAndOn();
  }

  send(message: ControlMessage): void {
    if (message.type === 'drain' || message.type === 'stop') this.#order = message;
    this.#port?.postMessage(message);
  }

  async #runOnAndOn(): Promise<void> {
    for (;;) {
      const startedAt = performance.now();
      const { port1, port2 } = new MessageChannel();
      this.#port = port1;
      this.lastPong = startedAt;
      this.#hasReported = false;
      port1.on('message', (message: WorkerMessage) => this.#hear(message));
      let trouble = 'its task ended unasked';
      try {
        const task: ServeTask = { ...this.#task, port: port2, sockets: this.#sockets };
        this.#sockets = [];
        await this.#pool.run(task, { transferList: [port2] });
      } catch (error) {
        trouble = this.#describe(error);
      }
      // The thread's last lines came before its end, and may not have been taken out yet.
      for (let left = receiveMessageOnPort(port1); left !== undefined; left = receiveMessageOnPort(port1))
        this.#hear(left.message as WorkerMessage);
      port1.close();
      this.#port = undefined;
      if (this.#isOrderedToEnd()) return;
      const wait = this.#backoff.after(performance.now() - startedAt);
      this.#events.onFailed(this.thread, `worker ${this.thread} is replaced: ${trouble}`, false);
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (this.#isOrderedToEnd()) return;
    }
  }

  /** A worker that reported its failure has told its stack; what is left is how the thread ended. */
  #describe(error: unknown): string {
    return this.#hasReported ? messageOf(error) : stackOf(error);
  }

  #isOrderedToEnd(): boolean {
    return this.#order !== undefined;
  }

  #hear(message: WorkerMessage): void {
    switch (message.type) {
      case 'listening':
        this.#events.onListening(this.thread, message.addresses);
        return;
      case 'failed':
        this.#hasReported = true;
        this.#events.onFailed(this.thread, message.message, message.fatal);
        return;
      case 'pong':
        this.lastPong = performance.now();
        return;
      case 'log':
        this.#events.onLines(message.target, message.lines);
        return;
      case 'notice':
        this.#events.onNotice(message.module, message.text);
        return;
      case 'capture':
        this.#events.onCaptured(message.batch, () =>
          this.send({ type: 'captured', bytes: message.batch.bytes }),
        );
        return;
      case 'drained':
        return;
    }
  }
}
