/**
 * The pool of worker threads of an edge process. The control thread makes it when there are settings; a spare
 * (spare-process.ts) makes it before, with one thread that has loaded its modules, and the control thread takes that one.
 * Modules are two thirds of the time until a fresh process serves, and no settings change them. Main thread of an edge
 * process.
 */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';

const SERVE_FILE = join(import.meta.dirname, '../serve.js');

/**
 * Where a worker thread makes new objects, in MB (half of it). Nearly all are garbage when it is full, so that collecting
 * costs the same however large it is, and is done more seldom: 1 MB as V8 begins with is full a thousand times a second
 * under load, and does not grow, because nothing survives. Twice as much takes 2 GB uploads close to 150 MB. V8 reads the flag
 * when a thread starts: this one and those of the supervisor keep what they have.
 */
const YOUNG_MB = 8;

let prepared: Piscina | undefined;

/**
 * Makes the pool of this process before its settings are known.
 * threads    how many it will have; one starts now
 * serveFile  only tests name another than serve.js
 */
export function preparePool(threads: number, serveFile: string | undefined): void {
  prepared = makePool(threads, 1, serveFile);
}

/** The pool was prepared and nobody has taken it: this process is a spare. */
export function isSpare(): boolean {
  return prepared !== undefined;
}

/** The prepared pool, or a new one whose threads all start now. */
export function takePool(threads: number, serveFile: string | undefined): Piscina {
  const pool = prepared ?? makePool(threads, threads, serveFile);
  prepared = undefined;
  return pool;
}

function makePool(threads: number, ready: number, serveFile = SERVE_FILE): Piscina {
  setFlagsFromString(`--min-semi-space-size=${YOUNG_MB}`);
  return new Piscina({
    filename: serveFile,
    name: 'serve',
    minThreads: ready,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Anything else freezes a thread's event loop as soon as a task has returned.
    atomics: 'disabled',
    recordTiming: false,
  });
}
