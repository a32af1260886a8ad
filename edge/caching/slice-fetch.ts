/**
 * One slice on its way from a member into the cache: a request of the cache's own, by Range, whose 206 is stored as it comes. Where
 * the answer is anything else, may not be stored, or has no strong validator, it is given up and nothing is kept. The list of
 * the URL is written when the slice is complete: anew where there was none or the object has changed, refreshed where it has not.
 * Source: RFC 9110 14, 15.3.7; nginx's ngx_http_slice_module for the idea. Thread: worker.
 */
import type { Moment } from '../../cache/memory/store.js';
import type { Writer } from '../../cache/memory/writer.js';
import { whyNotStored } from '../../cache/policy.js';
import { RequestFacts } from '../../cache/request-facts.js';
import { type ResponseFacts, readResponse } from '../../cache/response-facts.js';
import { parseContentRange, sliceKey, sliceSpan, strongValidator, validatorOf } from '../../cache/slices.js';
import type { StoredMeta } from '../../cache/stored.js';
import type { Fields } from '../exchange.js';
import { fieldValue, removeField } from '../http/fields.js';
import { LocalOwner } from '../local-owner.js';
import type { Request } from '../request.js';
import type { Place } from '../settings.js';
import type { Caching } from './caching.js';
import type { CacheTools } from './phase.js';
import type { CacheRuntime } from './runtime.js';
import { metaOf } from './stored-meta.js';

export interface SliceQuestion {
  runtime: CacheRuntime;
  place: Place;
  urlKey: string;
  index: number;
  size: number;
  /** What is known of the object; undefined: nothing. */
  list: StoredMeta | undefined;
  /**
   * list   the object's as it is now, or undefined when the slice could not be had
   * bytes  the slice itself where the cache has no room for it
   */
  done(list: StoredMeta | undefined, bytes?: Buffer): void;
}

const NOBODY = new RequestFacts();

export class SliceFetch implements Caching {
  isFetching = false;
  readonly isWanted = true;
  readonly isStoring = false;
  readonly #request: Request;
  readonly #question: SliceQuestion;
  readonly #tools: CacheTools;
  readonly #moment: Moment;
  readonly #requestTime = Date.now();
  #writer: Writer | undefined;
  /** Pieces of a slice that the cache has no room for. */
  #loose: Buffer[] | undefined;
  #list: StoredMeta | undefined;
  #isOver = false;

  constructor(request: Request, question: SliceQuestion, tools: CacheTools) {
    this.#request = request;
    this.#question = question;
    this.#tools = tools;
    this.#moment = tools.store.momentOf(question.urlKey);
  }

  begin(): void {
    this.isFetching = true;
  }

  onHead(): boolean {
    if (this.#store()) return false;
    const { list, index, urlKey } = this.#question;
    // It was asked for by If-Range: the object is another one by now.
    if (list !== undefined && index > 0 && this.#request.status < 500) this.#tools.store.invalidate(urlKey);
    // What the member sends is nobody's: its connection is given up with this request.
    const { exchange } = this.#request;
    exchange.attach(new LocalOwner(this.#request, this.#tools.end));
    exchange.end();
    this.finish();
    return true;
  }

  /** Begins to store it; false: it can not be had so. */
  #store(): boolean {
    const r = this.#request;
    const { urlKey, index, size, list, runtime, place } = this.#question;
    const now = Date.now();
    const fields = r.alwaysFields.concat(r.responseFields);
    const range = parseContentRange(fieldValue(fields, 'content-range') ?? '');
    if (r.status !== 206 || range === undefined) return false;
    const expected = sliceSpan(index, size, range.total);
    if (range.first !== expected.first || range.last !== expected.last) return false;
    removeField(fields, 'content-range');
    const facts = readResponse(200, fields, now);
    const validator = strongValidator(facts);
    if (validator === '' || facts.vary.length > 0 || !this.#mayStore(facts, now)) return false;
    const isSame = list?.slices?.total === range.total && validatorOf(list) === validator;
    const sequence = isSame ? (list.sequence ?? 0) : this.#tools.store.nextSequence();
    const { ignoreHeaders } = runtime.settings;
    const meta = metaOf(facts, fields, ignoreHeaders, runtime.rulesOf(place), this.#requestTime, now, 'OK');
    this.#list = { ...meta, sequence, slices: { size, total: range.total } };
    const length = range.last - range.first + 1;
    const key = sliceKey(urlKey, sequence, size, index);
    this.#writer = this.#tools.store.write(key, bare(meta), length, length, this.#moment, now);
    if (this.#writer === undefined) this.#loose = [];
    return true;
  }

  #mayStore(response: ResponseFacts, now: number): boolean {
    const { runtime, place } = this.#question;
    const rules = runtime.rulesOf(place);
    const hasQuery = this.#request.query !== undefined && !runtime.settings.ignoreQueryString;
    const isForbidden = this.#request.hasFlag('no-cache');
    return whyNotStored({ request: NOBODY, response, rules, hasQuery, isForbidden }, now) === undefined;
  }

  onData(chunk: Uint8Array): void {
    if (this.#loose !== undefined) this.#loose.push(Buffer.from(chunk));
    else if (this.#writer?.write(chunk) === false) this.#writer = undefined;
  }

  onEnd(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    const { store } = this.#tools;
    const list = this.#list;
    const bytes = this.#loose === undefined ? undefined : Buffer.concat(this.#loose);
    const isIn = list !== undefined && (bytes !== undefined || writer?.commit() === true);
    // Who has it already goes on without: the list is only for those who come later.
    if (isIn) store.write(this.#question.urlKey, list, 0, 0, this.#moment, Date.now())?.commit();
    this.#end(isIn ? list : undefined, bytes);
  }

  onFail(): boolean {
    return false;
  }

  finish(): void {
    this.#writer?.abort();
    this.#writer = undefined;
    this.#end(undefined);
  }

  #end(list: StoredMeta | undefined, bytes?: Buffer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#question.done(list, bytes);
  }
}

/** What a slice says of itself: all else is its list's. */
function bare(meta: StoredMeta): StoredMeta {
  const fields: Fields = [];
  return { ...meta, fields };
}
