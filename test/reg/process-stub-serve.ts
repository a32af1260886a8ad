/**
 * A worker without a balancer, for tests of the processes alone: one uWebSockets.js app per thread that answers by itself.
 *   /        pid and thread           /slow    the same after 400 ms
 *   /held    the same when a file `go` stands in the ServerRoot
 *   /throw   an uncaught exception    /hang    never         /block   never, and nothing else in this thread
 * What takes its time is told by a line in the file `begun`.
 */

import uws from 'uWebSockets.js';
import { appendFileSync, existsSync } from 'node:fs';
import type { BoundAddress, ControlMessage, ServeTask, WorkerMessage } from '../../edge/process/messages.js';

/** Paths that are told of in `begun`. */
const TIMELY = new Set(['/slow', '/held', '/hang', '/block']);

export function serve(task: ServeTask): Promise<void> {
  const { port, settings, thread } = task;
  const tell = (message: WorkerMessage): void => port.postMessage(message);
  return new Promise((resolve) => {
    const app = uws.App();
    const sockets: uws.us_listen_socket[] = [];
    const addresses: BoundAddress[] = [];
    let live = 0;
    let isDraining = false;
    let isClosed = false;

    const close = (andThen: () => void): void => {
      if (isClosed) return;
      isClosed = true;
      for (const socket of sockets.splice(0)) uws.us_listen_socket_close(socket);
      app.close();
      port.close();
      setImmediate(andThen);
    };
    const endIfIdle = (): void => {
      if (!isDraining || live > 0) return;
      tell({ type: 'drained' });
      setImmediate(() => close(resolve));
    };
    app.any('/*', (response, request) => {
      const path = request.getUrl();
      let isGone = false;
      live += 1;
      response.onAborted(() => {
        isGone = true;
        live -= 1;
        endIfIdle();
      });
      const answer = (): void => {
        if (isGone) return;
        live -= 1;
        response.cork(() => response.end(`${process.pid} ${thread}`, isDraining));
        endIfIdle();
      };
      if (TIMELY.has(path)) appendFileSync(`${settings.serverRoot}/begun`, `${path}\n`);
      if (path === '/block') blockForEver();
      if (path === '/slow') setTimeout(answer, 400);
      else if (path === '/held') answerWhenLetGo(`${settings.serverRoot}/go`, answer);
      else if (path === '/throw') setTimeout(() => throwOutside(), 1);
      else if (path !== '/hang') answer();
    });
    process.once('uncaughtException', (error: Error) => {
      tell({ type: 'failed', message: error.stack ?? error.message, fatal: false });
      close(() => process.exit(1));
    });
    port.on('message', (message: ControlMessage) => {
      if (message.type === 'stop') close(resolve);
      if (message.type === 'ping') tell({ type: 'pong', id: message.id });
      if (message.type === 'drain') {
        isDraining = true;
        for (const socket of sockets.splice(0)) uws.us_listen_socket_close(socket);
        if (Number.isFinite(message.deadline)) {
          setTimeout(() => close(resolve), Math.max(0, message.deadline - Date.now())).unref();
        }
        endIfIdle();
      }
    });
    for (const { address, port: number } of settings.listens) {
      app.listen(address === '' ? '0.0.0.0' : address, number, (socket) => {
        if (socket === false) {
          const message = `(98)Address already in use: AH00072: make_sock: could not bind to address ${address}:${number}`;
          tell({ type: 'failed', message, fatal: true });
          return;
        }
        sockets.push(socket);
        addresses.push({ address, port: number });
      });
    }
    if (sockets.length === settings.listens.length) tell({ type: 'listening', addresses });
  });
}

function answerWhenLetGo(file: string, answer: () => void): void {
  const timer = setInterval(() => {
    if (!existsSync(file)) return;
    clearInterval(timer);
    answer();
  }, 5);
}

function throwOutside(): never {
  throw new Error('thrown outside of any request');
}

/** As a loop without end would, but without its heat. */
function blockForEver(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
