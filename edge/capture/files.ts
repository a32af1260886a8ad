/**
 * The files of captures, on the control thread of an edge process: the only writer there. Batches are appended one after the other;
 * a file that has become too long is put aside as FILE.1, FILE.1 as FILE.2 and so on, and the last one is taken away. The file
 * is looked at by its name before each batch: a generation that ends meanwhile may write and rotate as well, and an operator
 * may move it. Files are for their owner alone. Thread: control.
 */
import { open, rename, rm } from 'node:fs/promises';
import { messageOf } from '../errors.js';
import type { Settings } from '../settings.js';
import type { CaptureBatch } from './outbox.js';
import type { CaptureSettings } from './settings.js';

/** What went wrong with a file is told at most so often. */
const TELL_EVERY_MS = 10_000;

export class CaptureFiles {
  readonly #files = new Map<string, CaptureSettings>();
  readonly #onTrouble: (text: string) => void;
  #last: Promise<void> = Promise.resolve();
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(settings: Pick<Settings, 'servers'>, onTrouble: (text: string) => void) {
    this.#onTrouble = onTrouble;
    for (const { capture } of settings.servers)
      if (capture !== undefined && capture !== 'off') this.#files.set(capture.file, capture);
  }

  /** done: called when the batch is off this thread's hands, written or not */
  write(batch: CaptureBatch, done: () => void): void {
    this.#last = this.#last
      .then(() => this.#append(batch))
      .then(done, (error: unknown) => {
        this.#tell(`EdgeCapture: could not write ${batch.file}: ${messageOf(error)}`);
        done();
      });
  }

  /** Resolves when all that was given is written. */
  async ended(): Promise<void> {
    await this.#last;
  }

  async #append({ file, lines, bytes }: CaptureBatch): Promise<void> {
    const settings = this.#files.get(file);
    if (settings === undefined) return;
    const handle = await open(file, 'a', 0o600);
    let length: number;
    try {
      length = (await handle.stat()).size;
      if (length === 0 || length + bytes <= settings.size) {
        await handle.appendFile(lines);
        return;
      }
    } finally {
      await handle.close();
    }
    await this.#putAside(settings);
    const fresh = await open(file, 'a', 0o600);
    try {
      await fresh.appendFile(lines);
    } finally {
      await fresh.close();
    }
  }

  async #putAside({ file, files }: CaptureSettings): Promise<void> {
    if (files === 1) {
      await rm(file, { force: true });
      return;
    }
    for (let n = files - 2; n > 0; n -= 1) await rename(`${file}.${n}`, `${file}.${n + 1}`).catch(() => {});
    await rename(file, `${file}.1`);
  }

  #tell(text: string): void {
    const now = Date.now();
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    this.#onTrouble(text);
  }
}
