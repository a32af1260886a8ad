/**
 * A port on loopback that answers no connect: its process is stopped and its queue is full, so the kernel drops whatever
 * asks. What a host behind a dead network does, without leaving this one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = `const server = require('node:net').createServer();
server.listen(0, '127.0.0.1', 1, () => console.log(server.address().port));`;
/** More than fit into a queue of one. */
const CALLERS = 4;

export class DeafListener {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #callers: Socket[];

  private constructor(port: number, child: ChildProcess, callers: Socket[]) {
    this.port = port;
    this.#child = child;
    this.#callers = callers;
  }

  static async start(): Promise<DeafListener> {
    const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    child.kill('SIGSTOP');
    const callers = Array.from({ length: CALLERS }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      return socket;
    });
    await sleep(50);
    return new DeafListener(port, child, callers);
  }

  async stop(): Promise<void> {
    for (const socket of this.#callers) socket.destroy();
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
