/**
 * EdgeCapture on a worker thread: requests of a server are drawn by the configured share, and at its end each becomes a line.
 * A body is kept on its way to a member, up to the configured length; a longer one is left out as a whole. Bodies that are held
 * at once are bounded. Requests that reach no member (hits, refusals, pages) are recorded without their body.
 * Thread: worker; one each, where anything is captured.
 */
import { wallClock } from '../../workers/clock.js';
import { fieldValue } from '../http/fields.js';
import type { Outgoing } from '../outgoing.js';
import type { Request } from '../request.js';
import type { Plan } from '../route/place.js';
import type { Settings } from '../settings.js';
import { joinTaps, type Tap, type Taps } from '../tap.js';
import { Mask } from './mask.js';
import type { Outbox } from './outbox.js';
import type { CaptureRecord } from './record.js';
import type { CaptureSettings } from './settings.js';

/** Bytes of bodies that are held at once; a request beyond is recorded without its body. */
const MAX_HELD = 16 * 1024 * 1024;

export class Recorder implements Taps {
  readonly #outbox: Outbox;
  readonly #random: () => number;
  readonly #masks = new Map<CaptureSettings, Mask>();
  /** Bodies of requests that are under way. */
  readonly #bodies = new WeakMap<Request, BodyTap>();
  #held = 0;

  constructor(outbox: Outbox, random: () => number) {
    this.#outbox = outbox;
    this.#random = random;
  }

  begin(r: Request, _plan: Plan, { bodyLength }: Outgoing): void {
    const { capture } = r.server;
    if (capture === undefined || capture === 'off' || r.isInternal) return;
    if (bodyLength === 0 || bodyLength > capture.body || this.#held >= MAX_HELD) return;
    const tap = new BodyTap(capture.body, (bytes) => {
      this.#held += bytes;
    });
    this.#bodies.set(r, tap);
    r.tap = joinTaps(r.tap, tap);
  }

  /** The step that a server's requests pass at their end, as an access log's. */
  stepOf(capture: CaptureSettings): (r: Request) => void {
    return (r) => this.#end(r, capture);
  }

  #end(r: Request, capture: CaptureSettings): void {
    if (capture.share < 1 && this.#random() >= capture.share) return;
    if (!this.#outbox.hasRoom) {
      this.#outbox.drop();
      return;
    }
    const mask = this.#maskOf(capture);
    const record = recordOf(r, mask, this.#bodies.get(r)?.body);
    this.#outbox.put(capture.file, `${JSON.stringify(record)}\n`);
  }

  #maskOf(capture: CaptureSettings): Mask {
    let mask = this.#masks.get(capture);
    if (mask === undefined) {
      mask = new Mask(capture.mask);
      this.#masks.set(capture, mask);
    }
    return mask;
  }

  close(): void {
    this.#outbox.close();
  }
}

function recordOf(r: Request, mask: Mask, body: Buffer | undefined): CaptureRecord {
  const { exchange } = r;
  const kept = body === undefined ? undefined : maskedBody(r, mask, body);
  return {
    at: Math.round(r.startedAt),
    method: exchange.method,
    target: mask.url(exchange.target),
    server: r.server.name,
    secure: exchange.isSecure,
    fields: mask.fields(exchange.fields),
    bytes: exchange.bodyLength > 0 ? exchange.bodyLength : r.bodyBytesRead,
    ...(kept === undefined ? {} : { body: kept.toString('base64') }),
    answer: {
      status: r.status,
      bytes: exchange.bodyBytesSent,
      ms: Math.round(((r.endedAt || wallClock()) - r.startedAt) * 1000) / 1000,
      fields: mask.fields(r.alwaysFields.concat(r.responseFields)),
      ...(r.isAborted ? { cut: true } : {}),
    },
  };
}

function maskedBody(r: Request, mask: Mask, body: Buffer): Buffer {
  const type = fieldValue(r.exchange.fields, 'content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) return body;
  return Buffer.from(mask.parameters(body.toString('latin1')), 'latin1');
}

/** Keeps a body while it passes. */
class BodyTap implements Tap {
  readonly #limit: number;
  /** Told of bytes that are held, and with a minus of those that are not any more. */
  readonly #onHeld: (bytes: number) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isWhole = false;
  #isOver = false;

  constructor(limit: number, onHeld: (bytes: number) => void) {
    this.#limit = limit;
    this.#onHeld = onHeld;
  }

  /** Undefined unless all of it has come. */
  get body(): Buffer | undefined {
    return this.#isWhole ? Buffer.concat(this.#chunks) : undefined;
  }

  onBody(chunk: Buffer, isLast: boolean): void {
    if (this.#isOver) return;
    if (this.#bytes + chunk.length > this.#limit) {
      this.#letGo();
      this.#chunks = [];
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#onHeld(chunk.length);
    this.#isWhole = isLast;
  }

  onAnswer(): void {}

  onDone(): void {
    this.#letGo();
  }

  #letGo(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onHeld(-this.#bytes);
  }
}

/** Does a configuration capture anything? */
export function isCapturing({ servers }: Pick<Settings, 'servers'>): boolean {
  return servers.some(({ capture }) => capture !== undefined && capture !== 'off');
}
