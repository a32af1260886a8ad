/**
 * What was purged by prefix or tag, or softly, and when: a file below CacheRoot with a line for each purge. Nobody looks for
 * the objects that it means when it comes; whoever reads an object from disk asks the list whether it is older than a purge
 * that means it. So a purge costs the same however many objects lie there, holds for every thread from the moment its line
 * is written, and outlives a restart. The sweep (sweep.ts) takes out what the list means, and empties it then.
 * Threads: workers, one list each over the same file; control, while it sweeps.
 */
import { appendFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredMeta } from '../stored.js';

/** What a purge means. */
export type PurgeRule = { key: string } | { prefix: string } | { tags: readonly string[] };

type Line = PurgeRule & { at: number; isSoft: boolean };

export type Judgement = 'good' | 'soft' | 'gone';

export class PurgeList {
  readonly path: string;
  #lines: Line[] = [];
  #state = '';

  constructor(root: string) {
    this.path = join(root, 'purges');
  }

  /** Adds a purge. at: ms since the epoch. errors: what open(2) and write(2) say */
  add(rule: PurgeRule, isSoft: boolean, at: number): void {
    // It begins a line of its own: the one before may have been cut by a full disk or a crash.
    appendFileSync(this.path, `\n${JSON.stringify({ at, isSoft, ...rule })}\n`, { mode: 0o600 });
  }

  /** When the last purge came, in ms since the epoch; 0 for none. */
  get last(): number {
    return this.#lines.at(-1)?.at ?? 0;
  }

  /** Reads the list again when it is another one than the last time. errors: what read(2) says, but for a missing list */
  refresh(): boolean {
    const { size = 0, ino = 0, ctimeMs = 0 } = statSync(this.path, { throwIfNoEntry: false }) ?? {};
    const state = `${ino} ${size} ${ctimeMs}`;
    if (state === this.#state) return false;
    this.#state = state;
    this.#lines = [];
    if (size > 0)
      for (const line of readFileSync(this.path, 'utf8').split('\n')) {
        const parsed = parse(line);
        if (parsed !== undefined) this.#lines.push(parsed);
      }
    return true;
  }

  /** Takes all purges out; the caller has seen to it that none is added meanwhile. */
  empty(): void {
    truncateSync(this.path, 0);
  }

  /** Is an object good still? Call refresh before. meta: StoredMeta as JSON */
  judge(key: string, meta: string): Judgement {
    if (this.#lines.length === 0) return 'good';
    const { requestTime, tags = [] } = JSON.parse(meta) as StoredMeta;
    let judgement: Judgement = 'good';
    for (const line of this.#lines) {
      if (line.at < requestTime || !isMeant(line, key, tags)) continue;
      if (!line.isSoft) return 'gone';
      judgement = 'soft';
    }
    return judgement;
  }
}

/** A key means its variants too, whose keys begin with it. */
function isMeant(rule: PurgeRule, key: string, tags: readonly string[]): boolean {
  if ('key' in rule) return key === rule.key || key.startsWith(`${rule.key}\n`);
  if ('prefix' in rule) return key.startsWith(rule.prefix);
  return tags.some((tag) => rule.tags.includes(tag));
}

/** A line that was cut by a crash was never answered for. */
function parse(line: string): Line | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
