/**
 * EdgeHealthAddress: a small node:http server in the control thread for whoever stands in front of drover. `/livez` says
 * that the process works, `/readyz` and `/` that it should be sent traffic: 200, or 503 with the reasons as text.
 * It answers HTTP/1.0 too, which the uws engine cannot, and it answers while every worker is busy.
 *
 * It listens by descriptors of sockets that the supervisor holds, so a restart refuses no probe.
 */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { EdgeError } from '../errors.js';
import type { ThreadSocket } from '../process/messages.js';
import type { Readiness } from './readiness.js';

export class HealthServer {
  readonly #sockets: readonly ThreadSocket[];
  readonly #readiness: () => Readiness;
  readonly #servers: Server[] = [];

  constructor(sockets: readonly ThreadSocket[], readiness: () => Readiness) {
    this.#sockets = sockets;
    this.#readiness = readiness;
  }

  /** errors  EdgeError E_BIND */
  async listen(): Promise<void> {
    for (const socket of this.#sockets) await this.#open(socket);
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map(closeServer));
  }

  #open({ address, port, fd }: ThreadSocket): Promise<void> {
    const server = createServer({ keepAliveTimeout: 5000 }, healthListener(this.#readiness));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        reject(
          new EdgeError('E_BIND', { address: `${address || '*'}:${port}`, reason: error.message }, error),
        );
      });
      server.listen({ fd }, () => {
        // An accept that fails for want of descriptors is no reason to end the process.
        server.on('error', () => {});
        resolve();
      });
    });
  }
}

/** What it answers, by whatever readiness says at that moment. */
export function healthListener(readiness: () => Readiness): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (path !== '/' && path !== '/livez' && path !== '/readyz') reply(response, 404, 'not found');
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      reply(response, 405, 'method not allowed');
    } else {
      const { isLive, isReady, reasons } = readiness();
      const isFine = path === '/livez' ? isLive : isReady;
      reply(response, isFine ? 200 : 503, isFine ? 'ok' : reasons.join('\n'));
    }
  };
}

function reply(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

/** What a probe that was under way may take when its server closes. */
const LAST_PROBE_MS = 500;

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // A probe that has just been accepted still gets its answer.
    setTimeout(() => server.closeAllConnections(), LAST_PROBE_MS).unref();
  });
}
