/** A worker without a balancer that listens by the descriptors it is given: pid and thread are all it answers. */
import { createServer } from 'node:http';
import type { ControlMessage, ServeTask, WorkerMessage } from '../../edge/process/messages.js';

export function serve(task: ServeTask): Promise<void> {
  const { port, thread, sockets } = task;
  const tell = (message: WorkerMessage): void => port.postMessage(message);
  return new Promise((resolve) => {
    if (sockets.length === 0) tell({ type: 'failed', message: 'no descriptor is left', fatal: true });
    const server = createServer((request, response) => {
      if (request.url === '/throw') setImmediate(() => throwOutside());
      else response.end(`${process.pid} ${thread}`);
    });
    const close = (andThen: () => void): void => {
      server.close(() => {
        port.close();
        setImmediate(andThen);
      });
    };
    process.once('uncaughtException', () => {
      close(() => process.exit(1));
      server.closeAllConnections();
    });
    port.on('message', (message: ControlMessage) => {
      if (message.type === 'stop' || message.type === 'drain') close(resolve);
      if (message.type === 'stop') server.closeAllConnections();
    });
    const fd = sockets[0]?.fd;
    if (fd !== undefined) server.listen({ fd }, () => tell({ type: 'listening', addresses: [] }));
  });
}

function throwOutside(): never {
  throw new Error('thrown outside of any request');
}
