/**
 * A request for which the cache has nothing fresh, on its way to a member and back. The answer is stored while it passes, a
 * 304 refreshes what is stored, and where the member fails the stale copy takes its place. Whoever else waits for the same
 * key is woken when this is over, however it ended.
 *
 *   member's head → 304 of our own question → merge, store, answer from the store
 *                 → 5xx, and a stale copy may be sent → answer with that
 *                 → may it be stored? → write each piece → commit at the end      (else: pass it on and say why)
 *
 * Source: RFC 9111 3, 4.3; httpd 2.4, mod_cache's save filter. Thread: worker; one per request that misses.
 */
import { isSameByHead, matches } from '../../cache/conditional.js';
import { ageOf } from '../../cache/freshness.js';
import { httpDate } from '../../cache/http-date.js';
import type { Entry } from '../../cache/memory/entry.js';
import type { Moment } from '../../cache/memory/store.js';
import type { Shelf, Writer } from '../../cache/memory/writer.js';
import { mayServeOnError, whyNotStored } from '../../cache/policy.js';
import type { FetchReason, StoreReason } from '../../cache/reasons.js';
import type { RequestFacts } from '../../cache/request-facts.js';
import { type ResponseFacts, readResponse } from '../../cache/response-facts.js';
import type { StoredMeta } from '../../cache/stored.js';
import { mergeFields, storedFields } from '../../cache/stored-fields.js';
import { joinNames, MOST_VARIANTS, variantKey } from '../../cache/vary.js';
import type { Fields } from '../exchange.js';
import { removeField, setField } from '../http/fields.js';
import type { Request } from '../request.js';
import type { Place } from '../settings.js';
import type { Caching } from './caching.js';
import { addMarks, type CacheStory, forwardWord, missStory } from './marks.js';
import type { CacheTools } from './phase.js';
import { hitFields } from './prepared-head.js';
import type { CacheRuntime, PlaceRules } from './runtime.js';
import { serveStored } from './serve.js';
import type { CacheStoreKind } from './settings.js';
import { listMeta, metaOf } from './stored-meta.js';

/** What the lookup found, and what was asked for. */
export interface Question {
  runtime: CacheRuntime;
  kind: CacheStoreKind;
  /** Where it goes besides memory. */
  shelf: Shelf | undefined;
  facts: RequestFacts;
  /** Request fields as they were at the lookup: variants are told apart by them. */
  fields: Fields;
  /** Key of the URL, and the list of varying fields that lies there. */
  urlKey: string;
  list: Entry | undefined;
  /** Key of what is asked for: the URL's, or its variant's. */
  key: string;
  why: FetchReason;
  /** Stored but not to be sent as it is; pinned. */
  stale: Entry | undefined;
  /** This request has the right to fetch, and others may wait for it. */
  hasLead: boolean;
  hasLock: boolean;
  /** Sends the request through the pipeline again, past the cache. */
  again: () => void;
}

/** Seconds for which nobody waits for a key whose response was not stored. */
const PASS_SECONDS = 10;
const CONDITIONS = [
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
  'range',
];

export class Fetch implements Caching {
  #place: Place | undefined;
  isFetching = false;
  readonly #request: Request;
  readonly #question: Question;
  readonly #tools: CacheTools;
  readonly #moment: Moment;
  readonly #requestTime: number;
  #isConditional = false;
  #writer: Writer | undefined;
  /** A new list of varying fields, to be put in when its first variant is complete. */
  #newList: StoredMeta | undefined;
  #hasStale: boolean;
  #isOver = false;
  #passFor = 0;

  constructor(request: Request, question: Question, tools: CacheTools, now: number) {
    this.#request = request;
    this.#question = question;
    this.#tools = tools;
    this.#moment = tools.store.momentOf(question.urlKey);
    this.#requestTime = now;
    this.#hasStale = question.stale !== undefined;
    if (question.stale !== undefined) this.#askConditionally(question.stale);
  }

  get isStoring(): boolean {
    return this.#writer !== undefined;
  }

  get isWanted(): boolean {
    return this.isStoring || this.#question.hasLead || this.#question.hasLock;
  }

  /** The client's own conditions are set aside: they are judged by what comes back (RFC 9111 4.3.1). */
  #askConditionally(stale: Entry): void {
    const { etag, lastModified } = stale.meta;
    if (etag === '' && lastModified < 0) return;
    this.#isConditional = true;
    const fields = this.#request.ownFields();
    for (const name of CONDITIONS) removeField(fields, name);
    if (etag !== '') setField(fields, 'if-none-match', etag);
    if (lastModified >= 0) setField(fields, 'if-modified-since', httpDate(lastModified));
  }

  begin(place: Place): void {
    this.#place = place;
    this.isFetching = true;
  }

  onHead(length: number): boolean {
    const r = this.#request;
    const now = Date.now();
    const rules = this.#rules();
    const { stale } = this.#question;
    if (r.status === 304 && this.#isConditional && stale !== undefined)
      return this.#onNotModified(stale, rules, now);
    if (r.status >= 500 && this.onFail()) return true;
    const fields = r.alwaysFields.length === 0 ? r.responseFields : r.alwaysFields.concat(r.responseFields);
    const facts = readResponse(r.status, fields, now);
    const reason = this.#store(facts, fields, length, rules, now);
    if (reason === undefined) this.#tools.store.counters.add('misses');
    else this.#refuse(reason);
    if (reason === 'head' && stale !== undefined) this.#onHeadOf(stale, facts, fields, length, rules, now);
    if (rules.isMarked) {
      const detail = reason === 'broken-expires' ? facts.expiresText : String(r.status);
      addMarks(r.responseFields, r, rules, missStory(this.#question.why, r.status, reason, detail));
    }
    return false;
  }

  #rules(): PlaceRules {
    return this.#question.runtime.rulesOf(this.#place ?? this.#request.server.base);
  }

  #refuse(reason: StoreReason): void {
    const { counters } = this.#tools.store;
    counters.add('misses');
    counters.add('refused');
    if (reason !== 'head') this.#passFor = PASS_SECONDS;
    // What is stored is not what the member says now.
    const { stale, key } = this.#question;
    const isOther =
      this.#request.status < 300 || this.#request.status === 404 || this.#request.status === 410;
    if (stale !== undefined && isOther && reason !== 'partial' && reason !== 'head')
      this.#tools.store.invalidate(key);
  }

  /** Begins to store the response; returns why not. */
  #store(
    facts: ResponseFacts,
    fields: Fields,
    length: number,
    rules: PlaceRules,
    now: number,
  ): StoreReason | undefined {
    const r = this.#request;
    const { runtime, facts: request, list, stale, urlKey, kind } = this.#question;
    const { ignoreQueryString, ignoreHeaders, varyNormalize } = runtime.settings;
    const hasQuery = r.query !== undefined && !ignoreQueryString;
    const isForbidden = r.hasFlag('no-cache');
    const refusal = whyNotStored({ request, response: facts, rules, hasQuery, isForbidden }, now);
    if (refusal !== undefined) return refusal;
    if (request.isHead) return 'head';
    const most = kind === 'socache' ? rules.socacheMaxSize : rules.maxSize;
    if (length > most) return 'too-large';
    if (length >= 0 && length < rules.minSize) return 'too-small';
    const meta = metaOf(facts, fields, ignoreHeaders, rules, this.#requestTime, now, r.reason);
    let key = urlKey;
    if (facts.vary.length > 0 || list !== undefined) {
      const names = joinNames(list?.meta.vary ?? [], facts.vary);
      let sequence = list?.meta.sequence ?? 0;
      if (list === undefined || names.length !== list.meta.vary?.length) {
        sequence = this.#tools.store.nextSequence();
        this.#newList = listMeta(names, sequence, now);
      } else if (stale === undefined && !this.#tools.store.addVariant(list, MOST_VARIANTS)) return 'variants';
      key = variantKey(urlKey, sequence, names, this.#question.fields, varyNormalize);
    }
    this.#writer = this.#tools.store.write(key, meta, length, most, this.#moment, now, this.#question);
    return this.#writer === undefined ? 'no-room' : undefined;
  }

  onData(chunk: Uint8Array, isLast = false): void {
    if (this.#writer?.write(chunk) === false) {
      this.#writer = undefined;
      this.#passFor = PASS_SECONDS;
    }
    if (isLast) this.onEnd();
  }

  onEnd(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer === undefined || writer.written < this.#rules().minSize) writer?.abort();
    else if (writer.commit() && this.#newList !== undefined) {
      const { store } = this.#tools;
      store
        .write(this.#question.urlKey, this.#newList, 0, 0, this.#moment, Date.now(), this.#question)
        ?.commit();
    }
    this.finish();
  }

  // --- the stored copy after all

  #onNotModified(stale: Entry, rules: PlaceRules, now: number): boolean {
    const r = this.#request;
    const { store } = this.#tools;
    const fields = r.alwaysFields.length === 0 ? r.responseFields : r.alwaysFields.concat(r.responseFields);
    const said = readResponse(304, fields, now);
    if (said.etag !== '' && stale.meta.etag !== '' && !matches(said.etag, stale.meta.etag, false)) {
      // It speaks of another representation: what is stored is gone, and the client has to have the new one.
      store.invalidate(this.#question.key);
      this.#askAgain();
      return true;
    }
    const meta = this.#refresh(stale, said, fields, rules, now);
    store.counters.add('revalidated');
    const answer = meta.fields.slice();
    // RFC 9111 5.1 asks for Age where nothing was validated; httpd says none here.
    const age = Math.floor(ageOf(meta, now) / 1000);
    if (age > 0) answer.push('Age', String(age));
    const why = forwardWord(this.#question.why);
    const detail = 'conditional cache hit: entity refreshed';
    addMarks(answer, r, rules, {
      result: 'REVALIDATE',
      detail,
      status: `hit; ${why}; fwd-status=304; stored`,
    });
    this.#answerFrom(stale, answer, now);
    return true;
  }

  /** Keeps what is stored with what the member says of it now; returns that. */
  #refresh(stale: Entry, said: ResponseFacts, fields: Fields, rules: PlaceRules, now: number): StoredMeta {
    const { runtime, facts: request, key } = this.#question;
    const { ignoreHeaders } = runtime.settings;
    const merged = mergeFields(stale.meta.fields, storedFields(fields, said, ignoreHeaders));
    const facts = readResponse(stale.meta.status, merged, now);
    facts.age = said.age;
    if (!said.hasDate) facts.date = now;
    const meta = metaOf(facts, merged, ignoreHeaders, rules, this.#requestTime, now, stale.meta.reason);
    const question = { request, response: facts, rules, hasQuery: false, isForbidden: false };
    const refusal = whyNotStored(question, now);
    if (refusal === 'no-store' || refusal === 'private') this.#tools.store.invalidate(key);
    else this.#rewrite(stale, meta, now);
    return meta;
  }

  /** What HEAD says of a stored response to GET (RFC 9111 4.3.5). */
  #onHeadOf(
    stale: Entry,
    said: ResponseFacts,
    fields: Fields,
    length: number,
    rules: PlaceRules,
    now: number,
  ): void {
    const isSame = isSameByHead(stale.meta, stale.length, said, length);
    if (isSame === true) this.#refresh(stale, said, fields, rules, now);
    else if (isSame === false) this.#tools.store.invalidate(this.#question.key);
  }

  #rewrite(stale: Entry, meta: StoredMeta, now: number): void {
    const { length, key } = stale;
    const writer = this.#tools.store.write(key, meta, length, length, this.#moment, now, this.#question);
    if (writer === undefined) return;
    for (const segment of stale.segments) writer.write(segment);
    writer.commit();
  }

  #askAgain(): void {
    const r = this.#request;
    r.fields = this.#question.fields;
    r.responseFields = [];
    r.alwaysFields = r.keptFields?.slice() ?? [];
    r.caching = undefined;
    this.finish();
    if (!r.isAborted) this.#question.again();
  }

  onFail(): boolean {
    const r = this.#request;
    const now = Date.now();
    const { stale, facts } = this.#question;
    if (!this.#hasStale || stale === undefined) return false;
    const rules = this.#rules();
    if (!mayServeOnError(stale.meta, facts, rules.staleOnError, now)) return false;
    this.#tools.store.counters.add('stale');
    const failed = r.status >= 500 ? r.status : 502;
    const fields = staleFields(stale, now, true);
    addMarks(fields, r, rules, staleStory(stale, now, failed));
    this.#answerFrom(stale, fields, now);
    return true;
  }

  #answerFrom(stale: Entry, fields: Fields, now: number): void {
    const { store, end } = this.#tools;
    const r = this.#request;
    r.alwaysFields = r.keptFields?.slice() ?? [];
    this.#releaseLock();
    this.#hasStale = false;
    // Nobody will say that an answer to nobody has ended.
    if (r.isAborted) store.release(stale);
    else serveStored(r, stale, this.#question.facts, fields, store, end, now);
  }

  // --- the end

  #releaseLock(): void {
    const { stale, hasLock } = this.#question;
    if (hasLock && stale !== undefined && this.#hasStale) this.#tools.store.unlockEntry(stale);
  }

  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { store, waiting } = this.#tools;
    const { hasLead, hasLock, stale, key } = this.#question;
    this.#writer?.abort();
    this.#writer = undefined;
    this.#releaseLock();
    if (this.#hasStale && stale !== undefined) store.release(stale);
    this.#hasStale = false;
    if (hasLead) store.unlead(key, Date.now(), this.#passFor);
    if (hasLead || hasLock) waiting.wake(key, store.takeWaited());
  }
}

// httpd differs: its warnings have neither agent nor quotes (RFC 7234 5.5), and 110 does not come with 111.
/** Fields of a stale answer, with their warnings. */
export function staleFields(entry: Entry, now: number, hasFailed: boolean): Fields {
  const fields = hitFields(entry, Math.floor(ageOf(entry.meta, now) / 1000));
  fields.push('Warning', '110 drover "Response is stale"');
  if (hasFailed) fields.push('Warning', '111 drover "Revalidation failed"');
  return fields;
}

/** failed: the member's status, or 0 when it was not asked */
export function staleStory(entry: Entry, now: number, failed: number): CacheStory {
  const left = Math.floor((entry.meta.lifetime - ageOf(entry.meta, now)) / 1000);
  if (failed === 0)
    return { result: 'HIT', detail: 'cache hit: stale', status: `hit; ttl=${left}; detail=stale` };
  return {
    result: 'HIT',
    detail: `cache hit: ${failed} status; stale content returned`,
    status: `hit; ttl=${left}; fwd=stale; fwd-status=${failed}; detail=stale-if-error`,
  };
}
