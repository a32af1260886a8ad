/**
 * EdgeHealthAddress: a small node:http server in the control thread for whoever stands in front of drover. `/livez` says
 * that the process works, `/readyz` and `/` that it should be sent traffic: 200, or 503 with the reasons as text.
 * It answers HTTP/1.0 too, which the uws engine cannot, and it answers while every worker is busy.
 *
 * During a restart the older generation holds the address until it drains; its successor tries until it is free.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { EdgeError, messageOf } from './errors.js';
import type { ProcessLog } from './process-log.js';
import type { Readiness } from './readiness.js';
import type { Listen, Ms } from './settings.js';

const TRY_AGAIN: Ms = 25;

export class HealthServer {
  readonly #listens: readonly Listen[];
  readonly #readiness: () => Readiness;
  readonly #log: ProcessLog;
  readonly #servers: Server[] = [];
  #isClosed = false;

  constructor(listens: readonly Listen[], readiness: () => Readiness, log: ProcessLog) {
    this.#listens = listens;
    this.#readiness = readiness;
    this.#log = log;
  }

  /**
   * Opens the addresses.
   * isHeld  another generation has them now: keep trying in the background
   * errors  EdgeError E_BIND, when not held
   */
  async listen(isHeld: boolean): Promise<void> {
    for (const address of this.#listens) {
      if (isHeld) void this.#keepTrying(address);
      else await this.#open(address);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#servers.splice(0).map(closeServer));
  }

  async #keepTrying(address: Listen): Promise<void> {
    let isTold = false;
    while (!this.#isClosed) {
      try {
        return await this.#open(address);
      } catch (error) {
        const isTaken = error instanceof EdgeError && isAddressInUse(error.cause);
        if (!isTaken && !isTold) this.#log.log('core', 'error', messageOf(error));
        isTold ||= !isTaken;
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN));
      }
    }
  }

  #open({ address, port }: Listen): Promise<void> {
    const server = createServer({ keepAliveTimeout: 5000 }, (request, response) =>
      this.#answer(request, response),
    );
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        reject(
          new EdgeError('E_BIND', { address: `${address || '*'}:${port}`, reason: error.message }, error),
        );
      });
      server.listen({ port, ...(address === '' ? {} : { host: address }) }, () => {
        if (this.#isClosed) void closeServer(server);
        else this.#servers.push(server);
        resolve();
      });
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?')[0];
    if (path !== '/' && path !== '/livez' && path !== '/readyz') reply(response, 404, 'not found');
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      reply(response, 405, 'method not allowed');
    } else {
      const { isLive, isReady, reasons } = this.#readiness();
      const isFine = path === '/livez' ? isLive : isReady;
      reply(response, isFine ? 200 : 503, isFine ? 'ok' : reasons.join('\n'));
    }
  }
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

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
