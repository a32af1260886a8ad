/**
 * Is this the password of that hash? SHA-1 and apr1 are answered at once, bcrypt later, by a thread that does nothing
 * else (bcrypt-thread.ts). What was found is remembered, right or wrong, so that a client that sends its password with
 * every request costs one digest each: the key is a keyed digest of hash and password, no password is kept, and an
 * account whose hash has changed is simply asked for anew.
 * Source: httpd 2.4 manual, "Password Formats"; apr_password_validate. Thread: worker; nothing here throws.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { apr1 } from './apr1.js';
import type { BcryptAnswer, BcryptQuestion } from './bcrypt-thread.js';

const BCRYPT_FILE = join(import.meta.dirname, 'bcrypt-thread.js');
/** Findings that are remembered; the oldest go first. */
const MAX_KNOWN = 1000;
/** Questions that may wait: ten seconds' work. More is an attack, and nobody behind it would wait for so long. */
const MAX_WAITING = 100;

/** `busy`: too many are waiting. `unknown`: a kind of hash that drover cannot compare with. */
export type Finding = 'right' | 'wrong' | 'busy' | 'unknown';
export type FindingHearer = (finding: Finding) => void;

export class Passwords {
  readonly #secret = randomBytes(32);
  readonly #known = new Map<string, Finding>();
  /** By id of the question; several requests with the same password wait for one answer. */
  readonly #waiting = new Map<number, { key: string; hearers: FindingHearer[] }>();
  readonly #idOfKey = new Map<string, number>();
  #thread: Worker | undefined;
  #nextId = 1;

  /**
   * password  UTF-8 or whatever bytes the client sent
   * returns   what was found, or undefined when `hear` will be called with it
   */
  check(password: Buffer, hash: string, hear: FindingHearer): Finding | undefined {
    const key = createHmac('sha256', this.#secret)
      .update(hash)
      .update('\0')
      .update(password)
      .digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (/^\$2[abxy]\$/.test(hash)) return this.#ask(password, hash, key, hear);
    const finding = compareAtOnce(password, hash);
    this.#remember(key, finding);
    return finding;
  }

  /** Ends the thread, if there is one; who waits hears nothing. */
  async close(): Promise<void> {
    this.#waiting.clear();
    this.#idOfKey.clear();
    await this.#thread?.terminate();
    this.#thread = undefined;
  }

  #ask(password: Buffer, hash: string, key: string, hear: FindingHearer): Finding | undefined {
    const same = this.#waiting.get(this.#idOfKey.get(key) ?? 0);
    if (same !== undefined) {
      same.hearers.push(hear);
      return undefined;
    }
    if (this.#waiting.size >= MAX_WAITING) return 'busy';
    const id = this.#nextId++;
    this.#waiting.set(id, { key, hearers: [hear] });
    this.#idOfKey.set(key, id);
    const question: BcryptQuestion = { id, password: password.toString('utf8'), hash };
    this.#thread ??= this.#start();
    this.#thread.postMessage(question);
    return undefined;
  }

  #start(): Worker {
    const thread = new Worker(BCRYPT_FILE);
    thread.on('message', ({ id, isRight }: BcryptAnswer) => this.#tell(id, isRight ? 'right' : 'wrong'));
    // A thread that died answers nobody: whoever waits is turned away, and the next question starts another.
    thread.on('error', () => {
      this.#thread = undefined;
      for (const id of [...this.#waiting.keys()]) this.#tell(id, 'busy');
    });
    thread.unref();
    return thread;
  }

  #tell(id: number, finding: Finding): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#idOfKey.delete(waiting.key);
    if (finding !== 'busy') this.#remember(waiting.key, finding);
    for (const hear of waiting.hearers) hear(finding);
  }

  #remember(key: string, finding: Finding): void {
    if (this.#known.size >= MAX_KNOWN) {
      const { value } = this.#known.keys().next();
      if (value !== undefined) this.#known.delete(value);
    }
    this.#known.set(key, finding);
  }
}

function compareAtOnce(password: Buffer, hash: string): Finding {
  if (hash.startsWith('{SHA}')) {
    const digest = createHash('sha1').update(password).digest('base64');
    return isSame(hash.slice(5), digest) ? 'right' : 'wrong';
  }
  if (hash.startsWith('$apr1$')) return isSame(hash, apr1(password, hash)) ? 'right' : 'wrong';
  return 'unknown';
}

function isSame(one: string, other: string): boolean {
  const a = Buffer.from(one, 'latin1');
  const b = Buffer.from(other, 'latin1');
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The thread's own; created with the first password that is compared. */
let shared: Passwords | undefined;

export function passwords(): Passwords {
  shared ??= new Passwords();
  return shared;
}

export async function closePasswords(): Promise<void> {
  await shared?.close();
  shared = undefined;
}
