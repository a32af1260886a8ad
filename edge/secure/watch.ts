/**
 * Looks after the files of certificates while drover runs: that they have changed, so that new handshakes show the new
 * ones, and that they end soon, which the log says 30, 7 and 1 days before. Files are looked at, not watched: their names
 * are often links that a renewal points elsewhere.
 *
 * A change counts when it has held still from one look to the next and the pairs fit together; until then the old ones
 * are shown. Thread: control.
 */
import { statSync } from 'node:fs';
import { dateWarning, loadPair, readDates } from '../../tls/pair.js';
import { messageOf } from '../errors.js';
import type { Settings } from '../settings.js';
import type { CertificateSettings } from './settings.js';
import { Stapling, type StaplingEvents } from './stapling.js';

export const LOOK_EVERY_MS = 2000;
const DAY = 86_400_000;
/** Warned of once when so much is left, at the most. */
const STAGES = [30 * DAY, 7 * DAY, DAY, 0];

export interface WatchEvents extends StaplingEvents {
  /** Files have changed and are good. isReadable: this process may read the keys as well */
  onChange(isReadable: boolean): void;
}

export class CertificateWatch {
  readonly #pairs: CertificateSettings[];
  readonly #files: string[];
  readonly #events: WatchEvents;
  /** Answers of authorities about the certificates. */
  readonly stapling: Stapling;
  /** As the handshakes show them, and as they were at the last look. */
  #shown: string;
  #seen: string;
  #complained = '';
  /** Stage that each certificate has been warned of. */
  readonly #stages = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: Settings, events: WatchEvents) {
    const all = settings.servers.flatMap(({ tls }) => (tls === undefined ? [] : [tls]));
    this.#pairs = all.flatMap(({ certificates }) => certificates);
    const others = all.flatMap(({ chainFile, caFile, crlFile }) => [chainFile, caFile, crlFile]);
    const names = [...this.#pairs.flatMap((pair) => [pair.certificateFile, pair.keyFile]), ...others];
    this.#files = [...new Set(names.filter((name) => name !== undefined))];
    this.#events = events;
    this.stapling = new Stapling(settings, events);
    this.#shown = this.#stamp();
    this.#seen = this.#shown;
  }

  start(): void {
    if (this.#files.length === 0) return;
    this.stapling.start();
    this.#warn(Date.now());
    this.#timer = setInterval(() => this.look(Date.now()), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.stapling.stop();
  }

  /** now: ms since the epoch */
  look(now: number): void {
    this.#warn(now);
    const stamp = this.#stamp();
    const isStill = stamp === this.#seen;
    this.#seen = stamp;
    if (stamp === this.#shown || !isStill) return;
    let isReadable = true;
    for (const pair of this.#pairs) {
      try {
        loadPair(pair, pair.passphrase);
      } catch (error) {
        const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
        if (cause?.code === 'EACCES') isReadable = false;
        else {
          this.#complain(stamp, messageOf(error));
          return;
        }
      }
    }
    this.#shown = stamp;
    this.#stages.clear();
    this.#events.log('notice', 'certificates have changed on disk; handshakes show them from now on');
    this.#events.onChange(isReadable);
    this.stapling.reload();
    this.#warn(now);
  }

  /** A pair that does not fit may be half written: said once for each change. */
  #complain(stamp: string, why: string): void {
    if (this.#complained === stamp) return;
    this.#complained = stamp;
    this.#events.log('error', `certificates have changed on disk and are not taken: ${why}`);
  }

  #warn(now: number): void {
    for (const { certificateFile, passphrase } of this.#pairs) {
      const dates = readDates(certificateFile, passphrase);
      if (dates === undefined) continue;
      const left = dates.validTo - now;
      const stage = STAGES.findLastIndex((most) => left < most);
      if (stage < 0 || stage <= (this.#stages.get(certificateFile) ?? -1)) continue;
      this.#stages.set(certificateFile, stage);
      const text = dateWarning({ certificateFile, ...dates }, now);
      if (text !== undefined) this.#events.log(left < 0 ? 'error' : 'warn', text);
    }
  }

  /** What tells a changed file: links are followed, as they will be when it is read. */
  #stamp(): string {
    return this.#files
      .map((file) => {
        try {
          const stat = statSync(file, { bigint: true });
          return `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
        } catch {
          return 'none'; // It is being replaced, or lies where this process may not look any more.
        }
      })
      .join('\n');
  }
}
