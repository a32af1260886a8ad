/**
 * CacheSlice: answers for large objects, put together from slices (cache/slices.ts) as the client takes them. A slice that is
 * not there is asked of a member, once for all who want it; the others wait. What cannot be had in slices, because the member
 * answers no ranges, says no strong validator, or varies, goes the usual way, and so do its next requests for a while.
 *
 *   list fresh? ─ yes ─► conditions, range ─► head ─► slice, slice, slice …   each from the cache, or fetched first
 *        no → the first slice that is needed is asked for: it brings the list, or says that the object has changed
 *
 * An object that changes while it is being sent is seen by its next slice: the client is cut off, and the old slices are gone.
 * Slices lie in memory alone. Thread: worker; one each.
 */
import type { Entry } from '../../cache/memory/entry.js';
import { mayServe, mayServeOnError } from '../../cache/policy.js';
import { firstSlice, isOneRange, sliceKey, sliceSpan, validatorOf } from '../../cache/slices.js';
import type { StoredMeta } from '../../cache/stored.js';
import { FACTS } from '../guard.js';
import { setField } from '../http/fields.js';
import type { Request } from '../request.js';
import type { CacheHost, CacheTools, Lookup } from './phase.js';
import { SliceFetch } from './slice-fetch.js';
import { SlicedAnswer } from './sliced-answer.js';

/** How long, and of how many URLs, is remembered that they cannot be had in slices. */
const WHOLE_FOR_MS = 60_000;
const MOST_WHOLE = 10_000;

/** As SliceQuestion.done. */
export type OnSlice = (list: StoredMeta | undefined, bytes?: Buffer) => void;

export class Slicing {
  readonly #tools: CacheTools;
  readonly #host: CacheHost;
  /** Who waits for a slice in this thread, by its place. */
  readonly #wanted = new Map<string, OnSlice[]>();
  /** Until when a URL goes the usual way. */
  readonly #whole = new Map<string, number>();

  constructor(tools: CacheTools, host: CacheHost) {
    this.#tools = tools;
    this.#host = host;
  }

  /**
   * Takes a request that slices can answer.
   * list    what lies under the URL's key, pinned: given back here
   * resume  goes on the usual way, when slices cannot be had after all
   * returns false when it is to go the usual way at once
   */
  take(lookup: Lookup, urlKey: string, list: Entry | undefined, now: number, resume: () => void): boolean {
    const meta = list?.meta;
    const isSoft = list?.isSoft === true;
    if (list !== undefined) this.#tools.store.release(list);
    const { facts, runtime, place } = lookup;
    const rules = runtime.rulesOf(place);
    if (facts.wantsNoCache || facts.control.onlyIfCached || !isOneRange(facts.range)) return false;
    if (meta === undefined && (facts.isHead || this.#isWhole(urlKey, now))) return false;
    lookup.facts = facts.copy();
    const verdict = meta === undefined ? undefined : mayServe(meta, isSoft, facts, rules, now);
    const answer = new SlicedAnswer(lookup, urlKey, this.#tools, this);
    if (meta !== undefined && verdict?.kind !== 'fetch') {
      if (verdict?.kind === 'stale' && verdict.revalidate)
        this.want(lookup, urlKey, 0, meta, () => undefined, true);
      answer.begin(meta, true, now);
      return true;
    }
    if (facts.isHead) return false;
    answer.wait();
    const guardFacts = { ...FACTS };
    const size = meta?.slices?.size ?? rules.slice;
    const first = firstSlice(facts.range, size);
    const index = meta?.slices !== undefined && first * size >= meta.slices.total ? 0 : first;
    const onSlice: OnSlice = (fresh, bytes) => {
      if (answer.isOver) return;
      const later = Date.now();
      if (fresh !== undefined)
        answer.guarded(() => answer.begin(fresh, false, later, bytes && { index, bytes }));
      else if (meta !== undefined && mayServeOnError(meta, lookup.facts, rules.staleOnError, later))
        answer.guarded(() => answer.begin(meta, true, later));
      else {
        this.#remember(urlKey, later);
        answer.leave();
        Object.assign(FACTS, guardFacts);
        resume();
      }
    };
    this.want(lookup, urlKey, index, meta, onSlice, meta !== undefined);
    return true;
  }

  /**
   * Has a slice fetched, by this thread or another one; done is told when it may be looked for.
   * renews  the list is stale: the slice is asked for though it may be there
   */
  want(
    lookup: Lookup,
    urlKey: string,
    index: number,
    list: StoredMeta | undefined,
    done: OnSlice,
    renews = false,
  ): void {
    const size = list?.slices?.size ?? lookup.runtime.rulesOf(lookup.place).slice;
    const own = sliceKey(urlKey, list?.sequence ?? -1, size, index);
    const key = renews ? `${own} anew` : own;
    const others = this.#wanted.get(key);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    const waiting: OnSlice[] = [done];
    this.#wanted.set(key, waiting);
    const tell: OnSlice = (fresh, bytes) => {
      this.#wanted.delete(key);
      for (const one of waiting) one(fresh, bytes);
    };
    this.#collapse({
      lookup,
      urlKey,
      index,
      size,
      list,
      bringsList: renews || list === undefined,
      key,
      tell,
    });
  }

  /** Another thread may be at it already, or have it. */
  #collapse(wish: Wish): void {
    const { lookup, urlKey, list, bringsList, key, tell } = wish;
    const { store, waiting } = this.#tools;
    const { lockMaxAge } = lookup.runtime.settings;
    const lead = store.lead(key, Date.now(), lockMaxAge);
    if (lead === 'wait') {
      const onReady = (inTime: boolean): void => {
        if (!inTime) this.#fetch(wish, false);
        // By now the URL's list may be another one, or gone: who has what it waited for needs none.
        else tell(this.#has(key) ? list : this.#listOf(urlKey));
      };
      waiting.wait(key, { onReady }, lockMaxAge * 1000);
      return;
    }
    let found = lead === 'again' && this.#has(key) ? list : undefined;
    if (lead === 'lead' && bringsList) {
      // Another thread may have brought the list since it was looked for here: it is not asked for a second time, which
      // would give the object another number, and cut those who are being sent the first one's slices.
      const fresh = this.#listOf(urlKey);
      if (fresh !== undefined && fresh.responseTime !== list?.responseTime) {
        found = fresh;
        store.unlead(key, Date.now(), 0);
        waiting.wake(key, store.takeWaited());
      }
    }
    if (found === undefined) this.#fetch(wish, lead === 'lead');
    // As everything that comes later does: who asks is not ready to be told at once.
    else setImmediate(() => tell(found));
  }

  #has(key: string): boolean {
    const { store } = this.#tools;
    const entry = store.find(key, Date.now());
    if (entry === undefined) return false;
    store.release(entry);
    return true;
  }

  #listOf(urlKey: string): StoredMeta | undefined {
    const { store } = this.#tools;
    const entry = store.find(urlKey, Date.now());
    if (entry === undefined) return undefined;
    store.release(entry);
    return entry.meta.slices === undefined ? undefined : entry.meta;
  }

  #fetch({ lookup, urlKey, index, size, list, key, tell }: Wish, hasLead: boolean): void {
    const { store, waiting } = this.#tools;
    store.counters.add('misses');
    const { runtime, place } = lookup;
    const done: OnSlice = (fresh, bytes) => {
      if (hasLead) store.unlead(key, Date.now(), 0);
      tell(fresh, bytes);
      if (hasLead) waiting.wake(key, store.takeWaited());
    };
    this.#host.runInBackground(lookup.r, (asked) => {
      ask(asked, index, size, list);
      const question = { runtime, place, urlKey, index, size, list, done };
      asked.caching = new SliceFetch(asked, question, this.#tools);
    });
  }

  #isWhole(urlKey: string, now: number): boolean {
    const until = this.#whole.get(urlKey);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#whole.delete(urlKey);
    return false;
  }

  #remember(urlKey: string, now: number): void {
    if (this.#whole.size >= MOST_WHOLE) this.#whole.clear();
    this.#whole.set(urlKey, now + WHOLE_FOR_MS);
  }
}

/** A slice that is wanted. */
interface Wish {
  lookup: Lookup;
  urlKey: string;
  index: number;
  size: number;
  list: StoredMeta | undefined;
  /** It is asked for because the list is not known, or stale. */
  bringsList: boolean;
  /** The slice's own key, unless the list is not known or stale. */
  key: string;
  /** Tells all in this thread who want it. */
  tell: OnSlice;
}

/** By If-Range a member that has another object by now says so with a 200, and not with bytes that do not fit. */
function ask(asked: Request, index: number, size: number, list: StoredMeta | undefined): void {
  const { first, last } = sliceSpan(index, size, list?.slices?.total ?? Number.POSITIVE_INFINITY);
  const fields = asked.ownFields();
  setField(fields, 'range', `bytes=${first}-${last}`);
  // The first slice that is asked for brings what is new; a later one has to fit.
  if (list !== undefined && index > 0) setField(fields, 'if-range', validatorOf(list));
}
