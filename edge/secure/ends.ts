/**
 * When the certificates that vhosts show come to their ends, for status pages and metrics. Files are read at the thread's
 * start, while it may read all of them, and again when they have changed: a scrape reads nothing.
 *
 * Thread: worker, and control; only where some page shows them.
 */
import { readDates } from '../../tls/pair.js';
import type { Ms, Settings } from '../settings.js';
import type { CertificateSettings } from './settings.js';

export interface CertificateEnd {
  file: string;
  /** Since the epoch. */
  validTo: Ms;
}

const DAY: Ms = 86_400_000;

export class CertificateEnds {
  readonly #pairs: readonly CertificateSettings[];
  #list: CertificateEnd[] = [];

  constructor({ servers }: Pick<Settings, 'servers'>) {
    const shown = servers.flatMap(({ tls }) => tls?.certificates ?? []);
    this.#pairs = [...new Map(shown.map((pair) => [pair.certificateFile, pair])).values()];
    this.read();
  }

  /** The first to end stands first. What cannot be read keeps the end that was known of it. */
  get list(): readonly CertificateEnd[] {
    return this.#list;
  }

  read(): void {
    const known = new Map(this.#list.map((end) => [end.file, end]));
    this.#list = this.#pairs
      .flatMap(({ certificateFile: file, passphrase }) => {
        const dates = readDates(file, passphrase);
        if (dates !== undefined) return [{ file, validTo: dates.validTo }];
        return known.get(file) ?? [];
      })
      .sort((a, b) => a.validTo - b.validTo);
  }
}

/** Whole days that are left, rounded down: -1 on the day after the end. */
export function daysLeft({ validTo }: CertificateEnd, now: Ms): number {
  return Math.floor((validTo - now) / DAY);
}
