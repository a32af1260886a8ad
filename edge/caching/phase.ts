/**
 * The cache's phase of the pipeline. As quick handler (the default) it comes right after guard, vhost and path, so that a
 * hit is answered before anything else is looked at, access rules included, as in httpd; with CacheQuickHandler Off it
 * comes after access and fixups.
 *
 *   method, URL → key → index → fresh?  yes: answered here
 *                                stale?  may it be sent, now or meanwhile?  else it is asked for, with what is stored
 *                                miss?   it is asked for; with CacheLock by one request, the others wait for it
 *
 * What has to be asked for goes on through the pipeline with a Fetch (fetch.ts) in its hand.
 * Source: httpd 2.4, mod_cache; RFC 9111 4. Thread: worker; one each.
 */
import { ageOf } from '../../cache/freshness.js';
import { keyOf } from '../../cache/key.js';
import type { Entry } from '../../cache/memory/entry.js';
import type { CacheMemory } from '../../cache/memory/layout.js';
import { MemoryStore } from '../../cache/memory/store.js';
import { mayServe, mayServeMeanwhile } from '../../cache/policy.js';
import { purge } from '../../cache/purge.js';
import type { FetchReason } from '../../cache/reasons.js';
import { RequestFacts } from '../../cache/request-facts.js';
import { variantKey } from '../../cache/vary.js';
import { Waiting } from '../../cache/waiting.js';
import { encodePath } from '../http/uri.js';
import type { RequestEnd } from '../outgoing.js';
import type { Request } from '../request.js';
import type { Place } from '../settings.js';
import { Fetch, staleFields, staleStory } from './fetch.js';
import { Invalidation } from './invalidation.js';
import { diskOf, Loading } from './loading.js';
import { addMarks } from './marks.js';
import { hitFields, hitStory } from './prepared-head.js';
import { isSoftPurge, purgeRuleOf } from './purge.js';
import type { CacheRuntime } from './runtime.js';
import { serveFresh, serveStored } from './serve.js';
import type { CacheStoreKind } from './settings.js';
import { Slicing } from './slicing.js';
import { WaitingRequest } from './waiting-request.js';

/** What the phase asks of the pipeline. */
export interface CacheHost extends RequestEnd {
  /** Answers a request with a page, or a small text. */
  answerForCache(r: Request, status: number, text: string): void;
  /** Asks for the same as a request, with nobody waiting for the answer. prepare: gets the request before it starts. */
  runInBackground(like: Request, prepare: (r: Request) => void): void;
  /** Takes a request of the quick handler on past the cache. */
  resumeQuick(r: Request): void;
}

export interface CacheTools {
  store: MemoryStore;
  waiting: Waiting;
  end: RequestEnd;
}

/** One lookup: what stays the same when it is done again after a wait. */
export interface Lookup {
  r: Request;
  runtime: CacheRuntime;
  place: Place;
  kind: CacheStoreKind;
  facts: RequestFacts;
  /** How often the disk was asked. */
  loads: number;
  /** It can not be answered from slices. */
  isWhole?: boolean;
  /** Goes on past the cache; undefined: it was asked as quick handler. */
  resume: (() => void) | undefined;
}

/** A URL's list of varying fields, its variant, and once more for what went meanwhile. */
const MOST_LOADS = 3;

/** Facts of the request at hand: most lookups end before the next request comes. */
const FACTS = new RequestFacts();

export class CachePhase implements CacheTools {
  readonly store: MemoryStore;
  readonly waiting: Waiting;
  readonly #host: CacheHost;
  readonly #slicing: Slicing;

  constructor(memory: CacheMemory, thread: number, host: CacheHost) {
    this.store = new MemoryStore(memory, thread);
    this.waiting = new Waiting(memory.channel);
    this.#host = host;
    this.#slicing = new Slicing(this, host);
  }

  get end(): RequestEnd {
    return this.#host;
  }

  /** Another generation of the process has taken over, and stores what this one would. */
  leave(): void {
    for (const disk of this.store.disks) disk.close();
  }

  close(): void {
    this.leave();
    this.waiting.close();
  }

  /**
   * Looks at a request.
   * place   whose rules hold: the server's base for the quick handler
   * resume  goes on with the request past the cache, after a wait; undefined for the quick handler
   * returns true when it has been answered, or will be
   */
  take(r: Request, runtime: CacheRuntime, place: Place, resume: (() => void) | undefined): boolean {
    const isQuick = resume === undefined;
    const { method } = r.exchange;
    if (method !== 'GET' && method !== 'HEAD') return this.#takeUnsafe(r, runtime, place, isQuick);
    if (r.exchange.bodyLength !== 0) return false;
    const kind = runtime.storeOf(r, place);
    if (kind === undefined) return false;
    const facts = FACTS.read(method, r.fields);
    if (!facts.isPlain) {
      // httpd: the quick handler comes before anybody has looked at the credentials.
      if (isQuick && facts.hasAuthorization) return false;
      if (facts.control.noStore && !runtime.settings.ignoreCacheControl) return false;
    }
    if (!isQuick && r.hasFlag('no-cache')) return false;
    return this.#look({ r, runtime, place, kind, facts, loads: 0, resume }, isQuick, r.startedAt, true);
  }

  #keyOf(r: Request, runtime: CacheRuntime, isQuick: boolean): string {
    // A path that a rule has changed is not the one that was sent.
    const path = isQuick || r.uri === r.firstUri ? r.rawPath : encodePath(r.uri);
    return keyOf(runtime.keyBaseOf(r), path, r.query, runtime.keyRules);
  }

  #takeUnsafe(r: Request, runtime: CacheRuntime, place: Place, isQuick: boolean): boolean {
    const { method } = r.exchange;
    if (method === 'PURGE' && runtime.settings.purgeFrom !== undefined) {
      this.#purge(r, runtime, isQuick);
      return true;
    }
    // RFC 9110 9.2.1: these change nothing.
    // httpd differs: PUT, POST and DELETE alone invalidate there; RFC 9111 4.4 wants it of every unsafe method, PATCH too.
    if (method === 'OPTIONS' || method === 'TRACE') return false;
    if (runtime.storeOf(r, place) !== undefined)
      r.caching = new Invalidation(r, runtime, this.store, this.#keyOf(r, runtime, isQuick));
    return false;
  }

  #purge(r: Request, runtime: CacheRuntime, isQuick: boolean): void {
    if (runtime.mayPurge(r.exchange.remoteAddress) !== true) {
      this.#host.answerForCache(r, 403, '');
      return;
    }
    const rule = purgeRuleOf(r, runtime.keyBaseOf(r), this.#keyOf(r, runtime, isQuick));
    const count = purge(this.store, rule, isSoftPurge(r), Date.now());
    this.#host.answerForCache(r, 200, `{"purged":${count}}\n`);
  }

  /** mayWait: false after a wait that took too long, or for who must not wait */
  #look(lookup: Lookup, isQuick: boolean, now: number, mayWait: boolean): boolean {
    const { r, runtime, place, facts } = lookup;
    const { store } = this;
    const urlKey = this.#keyOf(r, runtime, isQuick);
    let key = urlKey;
    let list: Entry | undefined;
    let entry = store.find(urlKey, now);
    if (entry === undefined || entry.meta.slices !== undefined) {
      const way = this.#slice(lookup, urlKey, entry, isQuick, now);
      if (way !== 'whole') return way === 'taken';
    }
    if (entry?.meta.vary !== undefined) {
      list = entry;
      const { vary, sequence = 0 } = entry.meta;
      key = variantKey(urlKey, sequence, vary, r.fields, runtime.settings.varyNormalize);
      store.release(entry);
      entry = store.find(key, now);
    }
    if (entry === undefined) {
      const again = (inTime: boolean): boolean => this.#look(lookup, isQuick, Date.now(), inTime);
      if (store.disks.length > 0 && this.#load(lookup, key, again)) return true;
      return this.#onMiss(lookup, { urlKey, key, list }, now, mayWait, again);
    }
    const rules = runtime.rulesOf(place);
    const verdict = mayServe(entry.meta, entry.isSoft, facts, rules, now);
    if (verdict.kind === 'fresh') {
      if (facts.isPlain) serveFresh(r, entry, rules, store, this.#host, now);
      else {
        const fields = hitFields(entry, Math.floor(ageOf(entry.meta, now) / 1000));
        if (rules.isMarked) addMarks(fields, r, rules, hitStory(entry, now));
        serveStored(r, entry, facts, fields, store, this.#host, now);
      }
      return true;
    }
    const keys = { urlKey, key, list };
    if (verdict.kind === 'stale') {
      if (verdict.revalidate) this.#revalidateBehind(lookup, keys, entry, now);
      this.#serveStale(lookup, entry, now);
      return true;
    }
    return this.#onStale(lookup, keys, entry, verdict.reason, now, mayWait, (inTime) =>
      this.#look(lookup, isQuick, Date.now(), inTime),
    );
  }

  /** CacheSlice. `past`: something lies there that can not answer this request, nor be replaced by it. */
  #slice(
    lookup: Lookup,
    urlKey: string,
    list: Entry | undefined,
    isQuick: boolean,
    now: number,
  ): 'taken' | 'past' | 'whole' {
    const { r, runtime, place, resume } = lookup;
    if (list === undefined && (lookup.isWhole === true || runtime.rulesOf(place).slice === 0)) return 'whole';
    if (list !== undefined && lookup.isWhole === true) {
      this.store.release(list);
      return 'past';
    }
    const goOn = (): void => {
      lookup.isWhole = true;
      try {
        if (this.#look(lookup, isQuick, Date.now(), true)) return;
        if (resume === undefined) this.#host.resumeQuick(r);
        else resume();
      } catch (error) {
        this.#host.onFault(r, error);
        r.exchange.fault();
      }
    };
    if (this.#slicing.take(lookup, urlKey, list, now, goOn)) return 'taken';
    return list === undefined ? 'whole' : 'past';
  }

  #serveStale({ r, runtime, place, facts }: Lookup, entry: Entry, now: number): void {
    const fields = staleFields(entry, now, false);
    addMarks(fields, r, runtime.rulesOf(place), staleStory(entry, now, 0));
    this.store.counters.add('stale');
    serveStored(r, entry, facts, fields, this.store, this.#host, now);
  }

  #onMiss(
    lookup: Lookup,
    keys: Keys,
    now: number,
    mayWait: boolean,
    again: (inTime: boolean) => boolean,
  ): boolean {
    const { r, runtime, facts } = lookup;
    if (facts.control.onlyIfCached && !runtime.settings.ignoreCacheControl) {
      // RFC 9111 5.2.1.7
      this.store.counters.add('misses');
      this.#host.answerForCache(r, 504, '');
      return true;
    }
    let hasLead = false;
    // What may come back for these is not what others wait for.
    const isWhole = !facts.isHead && facts.range === undefined && !facts.isConditional;
    if (runtime.settings.lock && isWhole && mayWait) {
      const { lockMaxAge } = runtime.settings;
      const lead = this.store.lead(keys.key, now, lockMaxAge);
      // Once: another key with the same hashes would be found there for ever.
      if (lead === 'again') return again(false);
      if (lead === 'wait') {
        this.#wait(lookup, keys.key, again);
        return true;
      }
      hasLead = lead === 'lead';
    }
    const why: FetchReason = keys.list === undefined ? 'miss' : 'vary-miss';
    this.#fetch(lookup, keys, why, undefined, hasLead, false, now);
    return false;
  }

  #onStale(
    lookup: Lookup,
    keys: Keys,
    entry: Entry,
    why: FetchReason,
    now: number,
    mayWait: boolean,
    again: (inTime: boolean) => boolean,
  ): boolean {
    const { r, runtime, facts } = lookup;
    const { lock, lockMaxAge, ignoreCacheControl } = runtime.settings;
    if (facts.control.onlyIfCached && !ignoreCacheControl) {
      this.store.release(entry);
      this.store.counters.add('misses');
      this.#host.answerForCache(r, 504, '');
      return true;
    }
    let hasLock = false;
    if (lock) {
      const servesMeanwhile = mayServeMeanwhile(entry.meta, facts);
      hasLock = this.store.tryLock(entry, now, lockMaxAge, !servesMeanwhile && mayWait);
      if (!hasLock && servesMeanwhile) {
        this.store.counters.add('collapsed');
        this.#serveStale(lookup, entry, now);
        return true;
      }
      if (!hasLock && mayWait && !facts.wantsNoCache) {
        this.store.release(entry);
        this.#wait(lookup, keys.key, again);
        return true;
      }
    }
    this.#fetch(lookup, keys, why, entry, false, hasLock, now);
    return false;
  }

  /** Has it read from disk, if it lies there; true when it will look again. */
  #load(lookup: Lookup, key: string, again: (inTime: boolean) => boolean): boolean {
    if (lookup.loads >= MOST_LOADS) return false;
    const { store, waiting } = this;
    const disk = diskOf(store, lookup.kind, lookup.runtime.settings.root);
    if (disk?.has(key) !== true) return false;
    lookup.loads += 1;
    lookup.facts = lookup.facts.copy();
    const loading = new Loading(store, disk, (one) => waiting.wake(one, store.takeWaited()));
    new WaitingRequest(lookup, key, loading, this.#host, again).start();
    return true;
  }

  #wait(lookup: Lookup, key: string, again: (inTime: boolean) => boolean): void {
    lookup.facts = lookup.facts.copy();
    this.store.counters.add('collapsed');
    new WaitingRequest(lookup, key, this.waiting, this.#host, again).start();
  }

  #fetch(
    { r, runtime, kind, facts, resume }: Lookup,
    { urlKey, key, list }: Keys,
    why: FetchReason,
    stale: Entry | undefined,
    hasLead: boolean,
    hasLock: boolean,
    now: number,
  ): void {
    const question = {
      runtime,
      kind,
      shelf: diskOf(this.store, kind, runtime.settings.root),
      facts: facts.copy(),
      fields: r.fields,
      urlKey,
      list,
      key,
      why,
      stale,
      hasLead,
      hasLock,
      again: resume ?? ((): void => this.#host.resumeQuick(r)),
    };
    r.caching = new Fetch(r, question, this, now);
  }

  /** stale-while-revalidate: one request asks for a newer copy, with nobody waiting for it. */
  #revalidateBehind(lookup: Lookup, keys: Keys, entry: Entry, now: number): void {
    const { runtime } = lookup;
    // A pin of its own, besides the one of the answer.
    const own = this.store.find(entry.key, now);
    if (own === undefined) return;
    if (!this.store.tryLock(own, now, runtime.settings.lockMaxAge, false)) {
      this.store.release(own);
      return;
    }
    const facts = new RequestFacts();
    this.#host.runInBackground(lookup.r, (r) => {
      this.#fetch({ ...lookup, r, facts, resume: () => undefined }, keys, 'stale', own, false, true, now);
    });
  }
}

interface Keys {
  urlKey: string;
  key: string;
  list: Entry | undefined;
}
