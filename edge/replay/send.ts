/**
 * One captured request sent to the URL that the command names, and its answer read to the end. Fields of the connection are left
 * out, and so are masked ones: a credential that is not there is better than one that is wrong. Command line only.
 *
 * Source: RFC 9110 7.6.1 for what belongs to a connection.
 */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { request as requestSecurely, Agent as SecureAgent } from 'node:https';
import { MASKED } from '../capture/mask.js';
import type { CaptureRecord } from '../capture/record.js';

export interface Sent {
  status: number;
  /** Of the body. */
  bytes: number;
  ms: number;
}

export interface Destination {
  url: URL;
  /** Host is the URL's own, not the captured one. */
  ownHost: boolean;
  /** Fields that take the place of captured ones of the same name: name, value, name, value … */
  fields: readonly string[];
  timeout: number;
  /** Take any certificate. */
  insecure: boolean;
}

const OF_THE_CONNECTION = new Set([
  ...[
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'expect',
  ],
  ...['content-length', 'http2-settings'],
]);

export class Sender {
  readonly #to: Destination;
  readonly #agent: Agent;

  constructor(to: Destination, sockets: number) {
    this.#to = to;
    const options = { keepAlive: true, maxSockets: sockets };
    this.#agent =
      to.url.protocol === 'https:'
        ? new SecureAgent({ ...options, rejectUnauthorized: !to.insecure })
        : new Agent(options);
  }

  /** errors  what the connection says */
  send(record: CaptureRecord): Promise<Sent> {
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const asked = this.#open(record, (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, bytes, ms: performance.now() - startedAt }),
        );
      });
      asked.setTimeout(this.#to.timeout, () => asked.destroy(new Error('no answer in time')));
      asked.on('error', reject);
      // 101 would leave the connection to somebody.
      asked.on('upgrade', (answer, socket) => {
        socket.destroy();
        resolve({ status: answer.statusCode ?? 101, bytes: 0, ms: performance.now() - startedAt });
      });
      asked.end(record.body === undefined ? undefined : Buffer.from(record.body, 'base64'));
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(record: CaptureRecord, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
    const { url } = this.#to;
    const options = {
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      method: record.method,
      path: url.pathname.replace(/\/$/, '') + pathOf(record.target),
      headers: this.#fieldsOf(record),
      agent: this.#agent,
      setHost: false,
    };
    return url.protocol === 'https:' ? requestSecurely(options, onAnswer) : request(options, onAnswer);
  }

  #fieldsOf({ fields, body }: CaptureRecord): string[] {
    const { ownHost, fields: given, url } = this.#to;
    const instead = new Set(given.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()));
    const list: string[] = [];
    let hasHost = instead.has('host');
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      const lower = name.toLowerCase();
      const isOurs = lower === 'host' && ownHost;
      if (OF_THE_CONNECTION.has(lower) || lower.startsWith(':') || instead.has(lower) || isOurs) continue;
      if (fields[i + 1] === MASKED) continue;
      hasHost ||= lower === 'host';
      list.push(name, fields[i + 1] as string);
    }
    list.push(...given);
    if (!hasHost) list.push('Host', url.host);
    if (body !== undefined) list.push('Content-Length', String(Buffer.byteLength(body, 'base64')));
    return list;
  }
}

/** The path and query of a target, which may be an absolute URL. */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}
