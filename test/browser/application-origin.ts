/**
 * A small application to stand behind drover in browser tests: a page, a form that says what it got, downloads of a known
 * and of an unknown length whose bytes can be checked, and an upload that says what arrived.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8"><title>Application</title><link rel="icon" href="data:,">
<h1>Application</h1>
<form method="post" action="/form" enctype="multipart/form-data">
<label>Name <input name="name"></label> <label>File <input type="file" name="file"></label> <button>Send</button>
</form>
</html>
`;

const PIECE = Buffer.from(Array.from({ length: 65_536 }, (_, at) => at % 251));

export class ApplicationOrigin {
  port = 0;
  readonly #server: Server = createServer((request, response) => answer(request, response));

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** sha256 of a download of so many pieces, in hex. */
export function digestOfPieces(pieces: number): string {
  const hash = createHash('sha256');
  for (let count = 0; count < pieces; count += 1) hash.update(PIECE);
  return hash.digest('hex');
}

export const PIECE_BYTES = PIECE.length;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://application.test');
  const pieces = Number(url.searchParams.get('pieces'));
  switch (url.pathname) {
    case '/':
      request.resume();
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(PAGE);
      return;
    case '/download':
      request.resume();
      if (url.searchParams.get('framing') === 'length')
        response.setHeader('Content-Length', pieces * PIECE_BYTES);
      response.setHeader('Content-Type', 'application/octet-stream');
      sendPieces(response, pieces);
      return;
    case '/form':
    case '/upload':
      report(request, response);
      return;
    case '/favicon.ico': // asked for by the browser beside an answer that is no HTML
      request.resume();
      response.statusCode = 204;
      response.end();
      return;
    default:
      request.resume();
      response.statusCode = 404;
      response.end();
  }
}

function sendPieces(response: ServerResponse, pieces: number): void {
  let left = pieces;
  const send = (): void => {
    while (left > 0) {
      left -= 1;
      if (!response.write(PIECE)) return;
    }
    response.off('drain', send);
    response.end();
  };
  response.on('drain', send);
  send();
}

/** Says how much of a body came, and its digest or, when it is short, itself. */
function report(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes < 10_000) kept.push(chunk);
  });
  request.on('end', () => {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.end(
      `${request.method} ${request.url} ${bytes} ${hash.digest('hex')}\n${Buffer.concat(kept).toString()}`,
    );
  });
}
