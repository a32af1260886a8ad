/**
 * The socket that `drover ctl` speaks to: HTTP over a unix socket, beside the PID file, open to the account that drover
 * was started by alone. It gives the JSON API over all balancers of all servers, and `/process` for drover top.
 *
 * A new generation binds a name of its own and renames it over the old one, so that there is a socket at every moment; the
 * old one, which drains, removes nothing that is not its own. Control thread.
 */
import { chmodSync, rmSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { apiAnswer } from './api.js';
import { ctlSocketOf } from './ctl-socket.js';
import { type HandlerAnswer, MAX_HANDLER_BODY } from './handler.js';
import type { Overview } from './overview.js';
import { processState } from './process-state.js';

/** What sockaddr_un can hold. */
const LONGEST_PATH = 100;

export class CtlServer {
  readonly #path: string;
  readonly #server: Server;
  #inode = 0;

  constructor(overview: Overview, onFault: (error: unknown) => void) {
    this.#path = ctlSocketOf(overview.settings);
    this.#server = createServer((request, response) => {
      answer(overview, request, response).catch((error: unknown) => {
        onFault(error);
        response.destroy();
      });
    });
  }

  /** errors  what the kernel says of the path; drover serves without the socket then */
  async listen(): Promise<void> {
    const fresh = `${this.#path}.${process.pid}`;
    if (fresh.length > LONGEST_PATH) throw new Error(`${this.#path}: too long for a socket`);
    rmSync(fresh, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(fresh, resolve);
    });
    // An accept that fails for want of descriptors is no reason to end the process.
    this.#server.on('error', () => {});
    chmodSync(fresh, 0o600);
    this.#inode = statSync(fresh).ino;
    await rename(fresh, this.#path);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    try {
      if (this.#inode !== 0 && statSync(this.#path).ino === this.#inode) rmSync(this.#path);
    } catch {
      // It is a successor's, is gone, or was made by root: a client that finds it hears that nobody listens.
    }
  }
}

async function answer(overview: Overview, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '/').split('?', 2);
  if (path === '/process') {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(processState(overview, Date.now())));
    return;
  }
  const rows = overview.settings.balancers.map(({ row }) => row);
  const said: HandlerAnswer = await apiAnswer(overview, {
    method: request.method ?? 'GET',
    path: decodeURIComponent(path),
    query,
    body: await bodyOf(request),
    type: request.headers['content-type'] ?? '',
    rows,
    foreign: false,
    isOperator: true,
  });
  const { fields } = said;
  for (let i = 0; i + 1 < fields.length; i += 2)
    response.setHeader(fields[i] as string, fields[i + 1] as string);
  response.writeHead(said.status);
  response.end(said.body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    body += chunk.toString('latin1');
    if (body.length > MAX_HANDLER_BODY) throw new Error('a request on the control socket is too long');
  }
  return body;
}
