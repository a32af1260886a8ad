/**
 * Answers from a stored response: as it is, as a 304 or 412 by the request's preconditions, as ranges of it, or its head
 * alone. The bytes lie in shared memory; they are handed to the engine, which has taken or copied them when it returns. A
 * body of several segments is sent as the client takes it, and stays pinned until then.
 * Source: RFC 9110 13, 14; RFC 9111 4.3.2. Thread: worker.
 */
import { isRangeWanted, precondition } from '../../cache/conditional.js';
import type { Entry } from '../../cache/memory/entry.js';
import type { MemoryStore } from '../../cache/memory/store.js';
import { contentRange, multipartEnd, parseRange, partHead, type Span } from '../../cache/range.js';
import type { RequestFacts } from '../../cache/request-facts.js';
import type { Exchange, ExchangeOwner, Fields } from '../exchange.js';
import { fieldValue, removeField } from '../http/fields.js';
import { reasonOf } from '../http/status.js';
import { LocalOwner } from '../local-owner.js';
import type { RequestEnd } from '../outgoing.js';
import type { Request } from '../request.js';
import { closeIfNeeded, sendHead, sendWhole } from '../respond.js';
import { preparedHead } from './prepared-head.js';
import type { PlaceRules } from './runtime.js';

/** A fresh hit without conditions: the short way. Gives the entry's pin back. */
export function serveFresh(
  r: Request,
  entry: Entry,
  rules: PlaceRules,
  store: MemoryStore,
  end: RequestEnd,
  now: number,
): void {
  const head = preparedHead(entry, r, rules, now);
  r.status = head.status;
  r.reason = head.reason;
  r.responseFields = head.fields;
  const { body } = entry;
  const isHead = r.exchange.method === 'HEAD';
  store.counters.addHit(isHead ? 0 : entry.length);
  if (body === undefined || isHead) {
    sendEntry(r, entry, store, end);
    return;
  }
  r.exchange.attach(new HitOwner(r, end, store, entry));
  closeIfNeeded(r);
  if (r.exchange.respondPrepared === undefined)
    r.exchange.respond(head.status, head.reason, head.fields, body);
  else r.exchange.respondPrepared(head, body);
}

/** The owner of an exchange that is answered with a stored body: it is pinned until the client has all of it. */
class HitOwner implements ExchangeOwner {
  readonly #request: Request;
  readonly #end: RequestEnd;
  readonly #store: MemoryStore;
  readonly #entry: Entry;
  #hasEnded = false;

  constructor(request: Request, end: RequestEnd, store: MemoryStore, entry: Entry) {
    this.#request = request;
    this.#end = end;
    this.#store = store;
    this.#entry = entry;
  }

  onClientAbort(): void {
    this.#request.isAborted = true;
    this.onResponseEnd();
  }

  onClientWritable(): void {}

  onResponseEnd(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#store.release(this.#entry);
    this.#end.onRequestEnd(this.#request);
  }
}

/**
 * Any other answer from a stored response; gives the entry's pin back.
 * fields  of the answer, the caller's own list
 */
export function serveStored(
  r: Request,
  entry: Entry,
  facts: RequestFacts,
  fields: Fields,
  store: MemoryStore,
  end: RequestEnd,
  now: number,
): void {
  const { meta } = entry;
  r.responseFields = fields;
  const failed = precondition(meta, facts, now);
  if (failed === 0 && facts.range !== undefined && !facts.isHead && meta.status === 200) {
    const isWanted = isRangeWanted(meta, facts.ifRange, now);
    const spans = isWanted ? parseRange(facts.range, entry.length) : undefined;
    if (spans !== undefined) {
      sendSpans(r, entry, spans, store, end);
      return;
    }
  }
  if (failed !== 0) {
    r.status = failed;
    r.reason = reasonOf(failed);
    r.exchange.attach(new LocalOwner(r, end));
    // httpd differs: its 412 has the page of an error for a body, and none of the stored fields.
    if (failed === 304) removeField(fields, 'content-type');
    store.counters.addHit(0);
    sendPinned(r, entry, store, undefined, failed === 304 ? -1 : 0);
    return;
  }
  r.status = meta.status;
  r.reason = meta.reason;
  store.counters.addHit(facts.isHead ? 0 : entry.length);
  sendEntry(r, entry, store, end);
}

/** Sends all there is to send, which the engine has taken or copied when it returns; gives the pin back, whatever it throws. */
function sendPinned(
  r: Request,
  entry: Entry,
  store: MemoryStore,
  body: Uint8Array | string | undefined,
  length?: number,
): void {
  try {
    sendWhole(r, body, length);
  } finally {
    store.release(entry);
  }
}

function sendEntry(r: Request, entry: Entry, store: MemoryStore, end: RequestEnd): void {
  const isHead = r.exchange.method === 'HEAD';
  if (isHead || entry.body !== undefined) {
    r.exchange.attach(new LocalOwner(r, end));
    sendPinned(r, entry, store, isHead ? undefined : entry.body, isHead ? entry.length : undefined);
    return;
  }
  new SegmentSender(r, entry.segments, end, () => store.release(entry)).send(entry.length);
}

function sendSpans(
  r: Request,
  entry: Entry,
  spans: readonly Span[],
  store: MemoryStore,
  end: RequestEnd,
): void {
  const fields = r.responseFields;
  const [first] = spans;
  const { length } = entry;
  if (first === undefined) {
    r.status = 416;
    r.reason = reasonOf(416);
    fields.push('Content-Range', `bytes */${length}`);
    r.exchange.attach(new LocalOwner(r, end));
    store.counters.addHit(0);
    sendPinned(r, entry, store, '');
    return;
  }
  r.status = 206;
  r.reason = reasonOf(206);
  let pieces: Uint8Array[];
  if (spans.length === 1) {
    fields.push('Content-Range', contentRange(first, length));
    pieces = cut(entry, first);
  } else {
    const boundary = `drover${entry.a.toString(36)}${entry.b.toString(36)}`.replaceAll('-', 'n');
    const type = fieldValue(fields, 'content-type') ?? '';
    removeField(fields, 'content-type');
    fields.push('Content-Type', `multipart/byteranges; boundary=${boundary}`);
    pieces = spans.flatMap((span) => [
      Buffer.from(partHead(boundary, type, span, length), 'latin1'),
      ...cut(entry, span),
    ]);
    pieces.push(Buffer.from(multipartEnd(boundary), 'latin1'));
  }
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  store.counters.addHit(size);
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) {
    r.exchange.attach(new LocalOwner(r, end));
    sendPinned(r, entry, store, only);
  } else new SegmentSender(r, pieces, end, () => store.release(entry)).send(size);
}

/** A span as views on the segments that hold it. */
function cut(entry: Entry, { first, last }: Span): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const segment of entry.segments) {
    const from = Math.max(first - at, 0);
    const to = Math.min(last + 1 - at, segment.length);
    if (from < to) pieces.push(segment.subarray(from, to));
    at += segment.length;
  }
  return pieces;
}

/** Sends one piece after the other, as fast as the client takes them. */
class SegmentSender implements ExchangeOwner {
  readonly #request: Request;
  readonly #exchange: Exchange;
  readonly #pieces: readonly Uint8Array[];
  readonly #end: RequestEnd;
  readonly #release: () => void;
  #next = 0;
  #hasEnded = false;

  constructor(request: Request, pieces: readonly Uint8Array[], end: RequestEnd, release: () => void) {
    this.#request = request;
    this.#exchange = request.exchange;
    this.#pieces = pieces;
    this.#end = end;
    this.#release = release;
  }

  /** length: of all pieces */
  send(length: number): void {
    this.#exchange.attach(this);
    sendHead(this.#request, length);
    this.#sendMore();
  }

  #sendMore(): void {
    while (this.#next < this.#pieces.length && !this.#hasEnded) {
      const piece = this.#pieces[this.#next] as Uint8Array;
      this.#next += 1;
      if (!this.#exchange.write(piece) && this.#next < this.#pieces.length) return;
    }
    if (!this.#hasEnded) this.#exchange.end();
  }

  onClientWritable(): void {
    if (this.#next < this.#pieces.length) this.#sendMore();
  }

  onClientAbort(): void {
    this.#request.isAborted = true;
    this.onResponseEnd();
  }

  onResponseEnd(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#release();
    this.#end.onRequestEnd(this.#request);
  }
}
