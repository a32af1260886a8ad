/**
 * What is below drover, without drover: uWebSockets.js and node's sockets, doing the least that a scenario can mean. It knows one
 * route, looks at no field but those it needs, balances nothing, logs nothing and believes whatever it is told: nobody should
 * serve with it. What it costs is the floor under drover's own cost, and the rest is what drover's features cost.
 *
 *   node floor.js PORT MEMBER-PORT [CERTIFICATE KEY]
 */

import uws, { type HttpResponse } from 'uWebSockets.js';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { REQUEST_RULE, RESPONSE_RULE } from './peers/peer.js';

const MEMBER_FIELDS = `${REQUEST_RULE.name}: ${REQUEST_RULE.value}\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n`;
const CACHED_FIELDS = 'text/plain\r\nCache-Control: max-age=86400\r\nAge: 1';
const READ_BYTES = 65_536;

const [port = '', member = '', certificate, key] = process.argv.slice(2);
const stored = new Map<string, ArrayBuffer>();
const idle: Upstream[] = [];
const buffer = Buffer.allocUnsafe(READ_BYTES);

/** One connection to the member, and the client that waits for what comes of it. */
class Upstream {
  readonly #socket: Socket;
  #client: HttpResponse | undefined;
  #parts: Buffer[] = [];

  constructor() {
    const onread = {
      buffer,
      callback: (length: number): boolean => {
        this.#read(buffer.subarray(0, length));
        return true;
      },
    };
    this.#socket = connect({ port: Number(member), host: '127.0.0.1', noDelay: true, onread });
    this.#socket.on('error', (error) => {
      throw error;
    });
  }

  ask(client: HttpResponse, path: string, host: string): void {
    this.#client = client;
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${MEMBER_FIELDS}`, 'latin1');
  }

  #read(chunk: Buffer): void {
    let whole = chunk;
    if (this.#parts.length > 0) whole = Buffer.concat([...this.#parts, chunk]);
    const end = whole.indexOf('\r\n\r\n');
    const head = end < 0 ? '' : whole.toString('latin1', 0, end);
    const at = head.indexOf('Content-Length: ') + 16;
    if (end < 0 || whole.length < end + 4 + Number.parseInt(head.slice(at, at + 8), 10)) {
      this.#parts.push(Buffer.from(chunk));
      return;
    }
    this.#parts = [];
    idle.push(this);
    const client = this.#client;
    client?.cork(() => {
      client.writeHeader('Content-Type', `text/plain\r\n${RESPONSE_RULE.name}: ${RESPONSE_RULE.value}`);
      client.end(whole.subarray(end + 4));
    });
  }

  /** The client has gone: the member's answer is nobody's. */
  leave(client: HttpResponse): void {
    if (this.#client === client) this.#client = undefined;
  }
}

function store(client: HttpResponse, path: string): void {
  let isGone = false;
  client.onAborted(() => {
    isGone = true;
  });
  get({ port: member, host: '127.0.0.1', path, agent: false }, (response) => {
    const parts: Buffer[] = [];
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('end', () => {
      const body = new Uint8Array(Buffer.concat(parts)).buffer;
      stored.set(path, body);
      if (!isGone) client.cork(() => client.end(body));
    });
  });
}

const tls = certificate === undefined ? undefined : { cert_file_name: certificate, key_file_name: key ?? '' };
const app = tls === undefined ? uws.App() : uws.SSLApp(tls);
app.get('/cached/*', (client, request) => {
  const path = request.getUrl();
  const body = stored.get(path);
  if (body === undefined) return store(client, path);
  client.writeHeader('Content-Type', CACHED_FIELDS);
  client.end(body);
});
app.get('/*', (client, request) => {
  const upstream = idle.pop() ?? new Upstream();
  client.onAborted(() => upstream.leave(client));
  upstream.ask(client, request.getUrl(), request.getHeader('host'));
});
app.listen('127.0.0.1', Number(port), (socket) => {
  if (socket === false) process.exit(1);
});
process.once('SIGTERM', () => process.exit(0));
