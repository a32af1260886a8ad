/**
 * One client's answer from slices: head first, then slice after slice as the client takes them, each from the cache or fetched
 * before. Nothing is pinned while the client is slow. Thread: worker; one per request.
 */
import { isRangeWanted, precondition } from '../../cache/conditional.js';
import { ageOf } from '../../cache/freshness.js';
import type { Entry } from '../../cache/memory/entry.js';
import { contentRange, parseRange, type Span } from '../../cache/range.js';
import { sliceKey, sliceSpan, validatorOf } from '../../cache/slices.js';
import type { StoredMeta } from '../../cache/stored.js';
import type { ExchangeOwner } from '../exchange.js';
import { removeField } from '../http/fields.js';
import { reasonOf } from '../http/status.js';
import { sendHead, sendWhole } from '../respond.js';
import { addMarks } from './marks.js';
import type { CacheTools, Lookup } from './phase.js';
import type { OnSlice } from './slicing.js';

export interface LooseSlice {
  index: number;
  bytes: Buffer;
}

/** Has slices fetched. */
export interface SliceSource {
  want(lookup: Lookup, urlKey: string, index: number, list: StoredMeta | undefined, done: OnSlice): void;
}

export class SlicedAnswer implements ExchangeOwner {
  isOver = false;
  readonly #lookup: Lookup;
  readonly #urlKey: string;
  readonly #tools: CacheTools;
  readonly #source: SliceSource;
  #list: StoredMeta | undefined;
  /** What is left to be sent. */
  #at = 0;
  #last = -1;
  #isFetching = false;
  /** A slice that the cache had no room for. */
  #loose: LooseSlice | undefined;
  #hasLeft = false;

  constructor(lookup: Lookup, urlKey: string, tools: CacheTools, source: SliceSource) {
    this.#lookup = lookup;
    this.#urlKey = urlKey;
    this.#tools = tools;
    this.#source = source;
  }

  /** Owns the exchange before it is known what is to be sent. */
  wait(): void {
    this.#lookup.r.exchange.attach(this);
  }

  /** A step that others wait behind: its fault is this request's alone. */
  guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      const { r } = this.#lookup;
      this.#tools.end.onFault(r, error);
      r.exchange.fault();
    }
  }

  /** It goes another way: whoever takes it attaches itself. */
  leave(): void {
    this.isOver = true;
    this.#hasLeft = true;
  }

  /** Sends the head. isStored: all that is known of it was there before */
  begin(list: StoredMeta, isStored: boolean, now: number, loose?: LooseSlice): void {
    const { r, facts, runtime, place } = this.#lookup;
    const total = list.slices?.total ?? 0;
    this.#list = list;
    this.#loose = loose;
    r.exchange.attach(this);
    const age = Math.floor(ageOf(list, now) / 1000);
    r.responseFields = [...list.fields, 'Age', String(age)];
    const rules = runtime.rulesOf(place);
    if (rules.isMarked) addMarks(r.responseFields, r, rules, storyOf(list, isStored, now));
    if (isStored) this.#tools.store.counters.addHit(0);
    const failed = precondition(list, facts, now);
    if (failed !== 0) {
      if (failed === 304) removeField(r.responseFields, 'content-type');
      this.#sendEmpty(failed, failed === 304 ? -1 : 0);
      return;
    }
    let spans: Span[] | undefined;
    if (facts.range !== undefined && !facts.isHead && isRangeWanted(list, facts.ifRange, now))
      spans = parseRange(facts.range, total);
    const span = spans === undefined ? { first: 0, last: total - 1 } : spans[0];
    if (span === undefined) {
      r.responseFields.push('Content-Range', `bytes */${total}`);
      this.#sendEmpty(416, 0);
      return;
    }
    r.status = spans === undefined ? 200 : 206;
    r.reason = reasonOf(r.status);
    if (spans !== undefined) r.responseFields.push('Content-Range', contentRange(span, total));
    if (facts.isHead) {
      sendWhole(r, undefined, total);
      return;
    }
    this.#at = span.first;
    this.#last = span.last;
    sendHead(r, span.last - span.first + 1);
    this.#sendMore();
  }

  #sendEmpty(status: number, length: number): void {
    const { r } = this.#lookup;
    r.status = status;
    r.reason = reasonOf(status);
    sendWhole(r, undefined, length);
  }

  #sendMore(): void {
    const { exchange } = this.#lookup.r;
    while (!this.isOver && !this.#isFetching && this.#at <= this.#last) {
      const index = Math.floor(this.#at / this.#size);
      const mayGoOn = this.#sendSlice(index);
      if (mayGoOn === undefined) {
        this.#fetch(index);
        return;
      }
      if (!mayGoOn && this.#at <= this.#last) return;
    }
    if (!this.isOver && !this.#isFetching) exchange.end();
  }

  /** As #sendFrom; undefined where the slice has to be fetched first. */
  #sendSlice(index: number): boolean | undefined {
    if (this.#loose?.index === index) return this.#sendFrom([this.#loose.bytes], index);
    this.#loose = undefined;
    const entry = this.#find(index);
    if (entry === undefined) return undefined;
    const mayGoOn = this.#sendFrom(entry.segments, index);
    this.#tools.store.release(entry);
    return mayGoOn;
  }

  get #size(): number {
    return this.#list?.slices?.size ?? 1;
  }

  /** A slice, pinned; undefined where it is not there, or is not what its list says. */
  #find(index: number): Entry | undefined {
    const { store } = this.#tools;
    const { sequence = 0, slices } = this.#list as StoredMeta;
    const entry = store.find(sliceKey(this.#urlKey, sequence, this.#size, index), Date.now());
    if (entry === undefined) return undefined;
    const { first, last } = sliceSpan(index, this.#size, slices?.total ?? 0);
    const isRight =
      entry.length === last - first + 1 &&
      !entry.isSoft &&
      validatorOf(entry.meta) === validatorOf(this.#list as StoredMeta);
    if (isRight) return entry;
    store.release(entry);
    return undefined;
  }

  /** Sends what is wanted of a slice, piece by piece; false when the client takes no more at the moment. */
  #sendFrom(segments: readonly Uint8Array[], index: number): boolean {
    const { exchange } = this.#lookup.r;
    let start = index * this.#size;
    for (const segment of segments) {
      const from = this.#at - start;
      const to = Math.min(this.#last + 1 - start, segment.length);
      start += segment.length;
      if (from >= segment.length || from >= to) continue;
      this.#at += to - from;
      if (!exchange.write(segment.subarray(from, to))) return false;
      if (this.isOver) return false;
    }
    return true;
  }

  #fetch(index: number): void {
    this.#isFetching = true;
    const list = this.#list as StoredMeta;
    this.#source.want(this.#lookup, this.#urlKey, index, list, (fresh, bytes) => {
      this.#isFetching = false;
      if (this.isOver) return;
      // Another number: what has been sent is of an object that is no more.
      if (fresh === undefined || fresh.sequence !== list.sequence) this.#cut();
      else {
        if (bytes !== undefined) this.#loose = { index, bytes };
        this.guarded(() => this.#sendMore());
      }
    });
  }

  #cut(): void {
    const { r } = this.#lookup;
    r.exchange.abort();
    r.isAborted = true;
    this.#end();
  }

  onClientWritable(): void {
    if (this.#last >= 0 && this.#at <= this.#last) this.#sendMore();
  }

  onClientAbort(): void {
    this.#lookup.r.isAborted = true;
    this.#end();
  }

  onResponseEnd(): void {
    this.#end();
  }

  #end(): void {
    if (this.isOver || this.#hasLeft) return;
    this.isOver = true;
    this.#tools.end.onRequestEnd(this.#lookup.r);
  }
}

function storyOf(
  list: StoredMeta,
  isStored: boolean,
  now: number,
): { result: 'HIT' | 'MISS'; detail: string; status: string } {
  const left = Math.floor((list.lifetime - ageOf(list, now)) / 1000);
  return isStored
    ? { result: 'HIT', detail: 'cache hit', status: `hit; ttl=${left}; detail=slices` }
    : {
        result: 'MISS',
        detail: 'cache miss: attempting entity save',
        status: 'fwd=partial; stored; detail=slices',
      };
}
