/**
 * OCSP stapling: for each certificate of a vhost with SSLUseStapling the authority's responder is asked, at start and well
 * before an answer ends; what is good goes to all threads, which staple it to handshakes of clients that want it. A
 * handshake never waits for a responder. While a responder does not answer, what it said last is shown until its end.
 *
 * httpd differs: it asks while a handshake waits, and by default staples a responder's errors and answers that say revoked;
 * here a client is then told nothing.
 *
 * Source: httpd 2.4, mod_ssl (ssl_util_stapling.c). Thread: control.
 */
import { X509Certificate } from 'node:crypto';
import http from 'node:http';
import { type OcspSubject, ocspRequest, readOcspAnswer, responderOf } from '../../tls/ocsp.js';
import { readCertificates } from '../../tls/pem.js';
import { messageOf } from '../errors.js';
import type { Severity } from '../log/severity.js';
import type { Ms, Settings } from '../settings.js';
import type { StaplingSettings, TlsSettings } from './settings.js';

/** httpd's defaults. */
const DEFAULTS = {
  responderTimeout: 10_000,
  timeSkew: 300_000,
  cacheTimeout: 3_600_000,
  errorCacheTimeout: 600_000,
} as const;
const LOOK_EVERY: Ms = 1000;
/** A response has a few kilobytes. */
const MOST_BYTES = 65_536;

/** What a thread is told; response: undefined takes away what was there. */
export interface Staple {
  type: 'staple';
  /** Of the certificate. */
  file: string;
  response: Uint8Array | undefined;
}

export interface StaplingEvents {
  onStaple(staple: Staple): void;
  log(severity: Severity, text: string): void;
}

interface Row {
  file: string;
  subject: OcspSubject;
  url: string;
  options: StaplingSettings;
  isAsking: boolean;
  askAt: Ms;
  /** When what is shown ends; undefined while nothing is. */
  endsAt: Ms | undefined;
  response: Uint8Array | undefined;
  complained: string;
}

export class Stapling {
  readonly #settings: Settings;
  readonly #events: StaplingEvents;
  #rows: Row[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Reads the certificates: they may lie where only root can. */
  constructor(settings: Settings, events: StaplingEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#rows = this.#read();
  }

  start(): void {
    if (this.#rows.length === 0) return;
    this.look(Date.now());
    this.#timer = setInterval(() => this.look(Date.now()), LOOK_EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** After files have changed: answers about other certificates are of no use. */
  reload(): void {
    for (const { file } of this.#rows) this.#events.onStaple({ type: 'staple', file, response: undefined });
    this.#rows = this.#read();
    this.look(Date.now());
  }

  /** All that is shown now, for a thread that begins. */
  get staples(): Staple[] {
    return this.#rows.flatMap(({ file, response }) =>
      response === undefined ? [] : [{ type: 'staple', file, response }],
    );
  }

  look(now: Ms): void {
    for (const row of this.#rows) {
      if (row.endsAt !== undefined && now >= row.endsAt) this.#show(row, undefined, undefined);
      if (!row.isAsking && now >= row.askAt) void this.#ask(row);
    }
  }

  async #ask(row: Row): Promise<void> {
    const { options, subject, url } = row;
    const { timeSkew = DEFAULTS.timeSkew, maxAge, responderTimeout = DEFAULTS.responderTimeout } = options;
    row.isAsking = true;
    try {
      const bytes = await fetchAnswer(url, ocspRequest(subject), responderTimeout);
      const now = Date.now();
      const { nextUpdate } = readOcspAnswer(bytes, subject, { now, timeSkew, maxAge });
      const left = nextUpdate === undefined ? Number.POSITIVE_INFINITY : (nextUpdate - now) / 2;
      row.askAt = now + Math.max(Math.min(options.cacheTimeout ?? DEFAULTS.cacheTimeout, left), LOOK_EVERY);
      row.complained = '';
      this.#show(row, bytes, nextUpdate);
    } catch (error) {
      row.askAt = Date.now() + Math.max(options.errorCacheTimeout ?? DEFAULTS.errorCacheTimeout, LOOK_EVERY);
      this.#complain(row, `AH01941: stapling_renew_response: ${url} for ${row.file}: ${messageOf(error)}`);
    }
    row.isAsking = false;
  }

  #show(row: Row, response: Uint8Array | undefined, endsAt: Ms | undefined): void {
    row.response = response;
    row.endsAt = endsAt;
    // A row that has been read anew meanwhile is another's.
    if (this.#rows.includes(row)) this.#events.onStaple({ type: 'staple', file: row.file, response });
  }

  #complain(row: Row, text: string): void {
    if (row.complained === text) return;
    row.complained = text;
    this.#events.log('error', text);
  }

  #read(): Row[] {
    const rows = new Map<string, Row>();
    for (const { tls } of this.#settings.servers) {
      if (tls?.stapling !== true) continue;
      for (const { certificateFile: file, passphrase } of tls.certificates) {
        if (rows.has(file)) continue;
        const row = this.#rowOf(file, tls, passphrase);
        if (row !== undefined) rows.set(file, row);
      }
    }
    return [...rows.values()];
  }

  #rowOf(file: string, tls: TlsSettings, passphrase: string | undefined): Row | undefined {
    try {
      const own = readCertificates(file, passphrase);
      const chain = tls.chainFile === undefined ? [] : readCertificates(tls.chainFile);
      const authorities = tls.caFile === undefined ? [] : readCertificates(tls.caFile);
      const [certificate, ...others] = [...own, ...chain, ...authorities].map(
        (pem) => new X509Certificate(pem),
      );
      const issuer = others.find((each) => certificate?.checkIssued(each) === true);
      if (certificate === undefined || issuer === undefined)
        throw new Error("AH02217: ssl_stapling_init_cert: can't retrieve issuer certificate!");
      const { staplingOptions: options = {} } = tls;
      const url = options.forceUrl ?? responderOf(certificate.raw);
      if (url === undefined)
        throw new Error(
          'AH02218: ssl_stapling_init_cert: no OCSP URI in certificate and no SSLStaplingForceURL set',
        );
      return {
        file,
        subject: { certificate: certificate.raw, issuer: issuer.raw },
        url,
        options,
        isAsking: false,
        askAt: 0,
        endsAt: undefined,
        response: undefined,
        complained: '',
      };
    } catch (error) {
      this.#events.log('error', `nothing is stapled to ${file}: ${messageOf(error)}`);
      return undefined;
    }
  }
}

/** errors  rejects with why there is no answer */
function fetchAnswer(url: string, body: Buffer, timeout: Ms): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/ocsp-request', 'Content-Length': body.length };
    const request = http.request(url, { method: 'POST', headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length > MOST_BYTES) request.destroy(new Error('the answer is too long'));
        parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(parts));
        else reject(new Error(`HTTP status ${response.statusCode}`));
      });
    });
    const late = setTimeout(
      () => request.destroy(new Error(`no answer within ${timeout / 1000} s`)),
      timeout,
    );
    request.on('close', () => clearTimeout(late));
    request.on('error', reject);
    request.end(body);
  });
}
