/**
 * Where an ErrorDocument with a local path comes from: from whatever member the path is mapped to, by an internal GET,
 * or else from a file below DocumentRoot. This is the one case in which drover reads a file for a client; the file is
 * read when it is first needed, looked at once a second and kept in memory, so that a page for outages costs an outage
 * nothing.
 * Source: httpd 2.4 core, "ErrorDocument"; ap_die's internal redirect as observed. Thread: worker; nothing here throws.
 */
import { readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { DeliveryTools, Destination } from '../workers/delivery.js';
import { upstreamFields } from './http/upstream-fields.js';
import { normalisePath } from './http/uri.js';
import type { RequestEnd } from './outgoing.js';
import { ProxyHandler } from './proxy/proxy-handler.js';
import type { Request } from './request.js';
import { sendDocument } from './respond.js';
import type { Mapped } from './route/proxypass.js';
import type { ServerRuntime } from './server-runtime.js';

/** Files that are longer are no error pages. */
const MAX_BYTES = 2 ** 20;
const LOOK_EVERY_MS = 1000;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.htm': 'text/html',
  '.txt': 'text/plain',
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.jpg': 'image/jpeg',
};

export interface DocumentTools {
  delivery: DeliveryTools;
  runtimeOf(id: number): ServerRuntime;
  destinationOf(mapped: Mapped): Destination | 'invalid' | undefined;
}

interface KeptFile {
  lookedAt: number;
  stamp: string;
  /** Undefined: not there, not readable, too long, no regular file. */
  body: Buffer | undefined;
  /** µs since the epoch. */
  modifiedMicros: bigint;
}

export class Documents {
  readonly #tools: DocumentTools;
  readonly #end: RequestEnd;
  readonly #files = new Map<string, KeptFile>();

  constructor(tools: DocumentTools, end: RequestEnd) {
    this.#tools = tools;
    this.#end = end;
  }

  /** As DocumentSource. */
  fetch(r: Request, target: string): boolean {
    const mark = target.indexOf('?');
    const uri = normalisePath(mark < 0 ? target : target.slice(0, mark), r.server);
    if (typeof uri !== 'string') return false;
    const { uri: failedUri, proxyUrl } = r;
    // From here on it is a page of ours, not what the client asked for.
    r.caching?.finish();
    r.caching = undefined;
    r.setEnv('REDIRECT_URL', r.uri);
    r.setEnv('REDIRECT_STATUS', String(r.status));
    r.uri = uri;
    const runtime = this.#tools.runtimeOf(r.server.id);
    const mapping = runtime.map(r);
    const destination = typeof mapping === 'string' ? undefined : this.#tools.destinationOf(mapping);
    if (typeof mapping !== 'string' && typeof destination === 'object') {
      this.#ask(r, mapping, mark < 0 ? '' : target.slice(mark), destination, runtime);
      return true;
    }
    r.proxyUrl = '';
    if (mapping === 'declined' && this.#sendFile(r, runtime)) return true;
    r.uri = failedUri;
    r.proxyUrl = proxyUrl;
    return false;
  }

  #ask(
    r: Request,
    mapping: Mapped,
    query: string,
    destination: Destination,
    { places }: ServerRuntime,
  ): void {
    r.proxyUrl = mapping.url;
    const plan = places.planFor(r);
    const host = r.header('host') ?? '';
    const outgoing = {
      method: r.exchange.method === 'HEAD' ? 'HEAD' : 'GET',
      path: mapping.path + query,
      host: plan.place.preserveHost === true ? host : '',
      fields: upstreamFields(r, plan, r.header('connection') ?? '', host),
      cookies: r.header('cookie'),
      bodyLength: 0,
      saysEmptyBody: false,
      upgrade: '',
    };
    new ProxyHandler(r, plan, destination, outgoing, this.#tools.delivery, this.#end).start();
  }

  #sendFile(r: Request, { places }: ServerRuntime): boolean {
    const { documentRoot } = r.server;
    if (documentRoot === undefined || r.uri.includes('\0')) return false;
    // The path is normalised: it has no `..` left to climb with.
    const path = join(documentRoot, r.uri);
    const file = this.#look(path);
    if (file.body === undefined) return false;
    const plan = places.planFor(r);
    // A page that its own section closes is not shown; whoever waits for a name is told nothing.
    if (plan.access !== undefined && plan.access(r) !== 'granted') return false;
    sendDocument(r, plan, file.body, TYPES[extname(path).toLowerCase()], file.modifiedMicros);
    return true;
  }

  #look(path: string): KeptFile {
    const now = Date.now();
    const kept = this.#files.get(path);
    if (kept !== undefined && now - kept.lookedAt < LOOK_EVERY_MS) return kept;
    const file: KeptFile = { lookedAt: now, stamp: '', body: undefined, modifiedMicros: 0n };
    try {
      const found = statSync(path, { bigint: true });
      file.stamp = `${found.mtimeNs} ${found.size} ${found.ino}`;
      file.modifiedMicros = found.mtimeNs / 1000n;
      if (kept?.stamp === file.stamp) file.body = kept.body;
      // A pipe would keep the thread waiting for whoever writes it.
      else if (found.isFile() && Number(found.size) <= MAX_BYTES) file.body = readFileSync(path);
    } catch {
      file.body = undefined;
    }
    this.#files.set(path, file);
    return file;
  }
}
