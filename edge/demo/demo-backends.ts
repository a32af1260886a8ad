/**
 * Three small web servers to balance in the demonstration, each with a colour of its own. They show what reached them,
 * count their requests, and can take a rest, so that failover can be watched. Supervisor process of the demonstration.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ms } from '../settings.js';
import { demoPage } from './demo-page.js';

/** How long a backend that was sent to rest refuses connections. */
export const REST: Ms = 15_000;

const COLOURS = { amber: '#b45309', teal: '#0f766e', violet: '#6d28d9' } as const;
type BackendName = keyof typeof COLOURS;

export class DemoBackend {
  readonly name: BackendName;
  port = 0;
  #server: Server;
  #hits = 0;
  #wakeTimer: NodeJS.Timeout | undefined;

  constructor(name: BackendName) {
    this.name = name;
    this.#server = this.#makeServer();
  }

  /** Listens on a free port the first time, on the same again later. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    clearTimeout(this.#wakeTimer);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #makeServer(): Server {
    return createServer((request, response) => this.#answer(request, response));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#hits += 1;
    request.resume();
    if (request.method === 'POST' && request.url === '/rest') this.#rest(response);
    else if ((request.headers.accept ?? '').includes('text/html')) this.#show(request, response);
    else {
      response.setHeader('Content-Type', 'text/plain; charset=utf-8');
      response.end(
        `${this.name} answers ${request.method} ${request.url}, its request number ${this.#hits}\n`,
      );
    }
  }

  #show(request: IncomingMessage, response: ServerResponse): void {
    const page = demoPage({
      name: this.name,
      colour: COLOURS[this.name],
      hits: this.#hits,
      requestLine: `${request.method} ${request.url} HTTP/${request.httpVersion}`,
      fields: request.rawHeaders,
      restSeconds: REST / 1000,
    });
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Cache-Control', 'no-store');
    response.end(page);
  }

  /** Answers, then closes; connects are refused until it wakes. */
  #rest(response: ServerResponse): void {
    response.writeHead(303, { Location: '/', 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`${this.name} rests for ${REST / 1000} s\n`, () => {
      const resting = this.#server;
      resting.close();
      resting.closeAllConnections();
      this.#wakeTimer = setTimeout(() => {
        this.#server = this.#makeServer();
        this.listen().catch(() => {}); // its port was taken meanwhile: it stays away
      }, REST);
    });
  }
}

export async function startBackends(): Promise<DemoBackend[]> {
  const backends = (Object.keys(COLOURS) as BackendName[]).map((name) => new DemoBackend(name));
  await Promise.all(backends.map((backend) => backend.listen()));
  return backends;
}
