/**
 * EdgeMirror: which requests are copied to a shadow pool. A request is drawn by the configured share when it is about to
 * be sent to a member; what is drawn and cannot be copied is counted with its reason. The bounds hold per thread: an equal
 * part of the copies that may be under way, each with a body of the configured length at most.
 *
 * Answers from the cache, drover's own pages and requests for the cache's sake reach no member and are not copied.
 * Thread: worker; one each, where anything is mirrored.
 */
import type { DeliveryTools, Destination } from '../../workers/delivery.js';
import type { Outgoing } from '../outgoing.js';
import type { Request } from '../request.js';
import type { Plan } from '../route/place.js';
import type { Settings } from '../settings.js';
import { joinTaps, type Taps } from '../tap.js';
import { MirrorCounts, mirrorBytes } from './counts.js';
import { type MirrorSettings, shadowRows } from './settings.js';
import { Shadow, type ShadowHost } from './shadow.js';

export interface MirrorTools {
  settings: Pick<Settings, 'servers'>;
  threads: number;
  delivery: DeliveryTools;
  counts: MirrorCounts;
  /** ms, monotonic */
  clock(): number;
  /** 0 to below 1 */
  random(): number;
  balancerOf(row: number): Destination | undefined;
  onFault(r: Request, error: unknown): void;
}

export class Mirror implements Taps, ShadowHost {
  readonly delivery: DeliveryTools;
  readonly counts: MirrorCounts;
  readonly #tools: MirrorTools;
  /** Place in the counts by balancer row. */
  readonly #rows: ReadonlyMap<number, number>;
  readonly #live = new Map<Shadow, number>();
  /** Copies under way by place in the counts. */
  readonly #outstanding: number[];

  constructor(tools: MirrorTools) {
    this.#tools = tools;
    this.delivery = tools.delivery;
    this.counts = tools.counts;
    const rows = shadowRows(tools.settings);
    this.#rows = new Map(rows.map((row, at) => [row, at]));
    this.#outstanding = rows.map(() => 0);
    this.counts.clearOutstanding();
  }

  clock(): number {
    return this.#tools.clock();
  }

  begin(r: Request, plan: Plan, outgoing: Outgoing): void {
    const { mirror } = plan.place;
    if (mirror === undefined || mirror === 'off' || r.isInternal) return;
    if (mirror.share < 1 && this.#tools.random() >= mirror.share) return;
    const destination = this.#tools.balancerOf(mirror.row);
    const row = this.#rows.get(mirror.row);
    if (destination === undefined || row === undefined) return;
    if (outgoing.upgrade !== '') this.counts.add(row, 'upgrade');
    else if (outgoing.bodyLength > mirror.body) this.counts.add(row, 'body');
    else if (!this.#hasRoom(mirror, row)) this.counts.add(row, 'busy');
    else {
      const shadow = new Shadow(r, plan, outgoing, mirror, destination, row, this);
      this.#live.set(shadow, row);
      this.#outstanding[row] = (this.#outstanding[row] as number) + 1;
      this.counts.add(row, 'outstanding');
      r.tap = joinTaps(r.tap, shadow);
      if (outgoing.bodyLength === 0) shadow.launch();
    }
  }

  #hasRoom({ outstanding }: MirrorSettings, row: number): boolean {
    return (this.#outstanding[row] as number) < Math.ceil(outstanding / this.#tools.threads);
  }

  onGone(shadow: Shadow): void {
    const row = this.#live.get(shadow);
    if (row === undefined) return;
    this.#live.delete(shadow);
    this.#outstanding[row] = (this.#outstanding[row] as number) - 1;
    this.counts.add(row, 'outstanding', -1);
  }

  onFault(r: Request, error: unknown): void {
    this.#tools.onFault(r, error);
  }

  close(): void {
    for (const shadow of [...this.#live.keys()]) shadow.cancel();
  }
}

/** The mirror of a thread; undefined where nothing is mirrored. counts: undefined where no page shows them. */
export function makeMirror(
  settings: Settings,
  threads: number,
  counts: MirrorCounts | undefined,
  tools: Pick<MirrorTools, 'delivery' | 'balancerOf' | 'onFault'>,
): Mirror | undefined {
  const shadows = shadowRows(settings).length;
  if (shadows === 0) return undefined;
  return new Mirror({
    ...tools,
    settings,
    threads,
    counts: counts ?? new MirrorCounts(new ArrayBuffer(mirrorBytes(shadows, 1)), shadows, 1, 0),
    clock: () => performance.now(),
    random: Math.random,
  });
}
