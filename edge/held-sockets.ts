/**
 * Sockets that the supervisor holds for the `node` engine. Node.js 20 cannot listen with SO_REUSEPORT, so an address of that
 * engine can be bound only once: the supervisor binds it, and every generation inherits descriptors of that one socket, one
 * for each worker thread. That way all threads accept on it, two generations can overlap, an address below 1024
 * outlives the change of user, and connections wait in the kernel's queue while an edge process is started again.
 *
 * The supervisor binds and never listens: a socket that it listened on would give it connections. The workers listen.
 * Addresses of the `uws` engine are not held; each of its threads binds its own socket with SO_REUSEPORT.
 */
import net from 'node:net';
import { addressesOf } from './addresses.js';
import { chooseEngine } from './engine-choice.js';
import { bindFailure } from './port-probe.js';
import type { Settings } from './settings.js';
import { STDOUT_FD } from './standard-output.js';

/** An address with one descriptor per thread, as the edge process will know them. */
export interface InheritedSocket {
  address: string;
  port: number;
  fds: number[];
}

/** What comes before them in an edge process is said in generation-process.ts. */
const FIRST_FD = STDOUT_FD + 1;

/** A bound socket of node:net before anybody listens on it. Node.js makes it so for its own cluster module. */
interface BoundHandle {
  readonly fd: number;
  close(): void;
}
type CreateHandle = (address: string, port: number, family: 4 | 6, fd: -1) => BoundHandle | number;

export class HeldSockets {
  readonly #handles = new Map<string, BoundHandle>();

  /**
   * Binds what these settings need and is not held yet.
   * errors  Error with httpd's line; nothing new stays open then
   */
  hold(settings: Settings): void {
    const fresh: string[] = [];
    for (const { address, port } of nodeAddresses(settings)) {
      const key = keyOf(address, port);
      if (this.#handles.has(key)) continue;
      try {
        this.#handles.set(key, bind(address, port));
        fresh.push(key);
      } catch (error) {
        for (const key of fresh) this.#close(key);
        throw new Error(bindFailure({ address, port }, error as Error), { cause: error });
      }
    }
  }

  /** Closes what these settings do not need. */
  keepOnly(settings: Settings): void {
    const needed = new Set(nodeAddresses(settings).map(({ address, port }) => keyOf(address, port)));
    for (const key of [...this.#handles.keys()]) if (!needed.has(key)) this.#close(key);
  }

  closeAll(): void {
    for (const key of [...this.#handles.keys()]) this.#close(key);
  }

  /** What a generation inherits: the supervisor's descriptors for fork, and what they are called over there. */
  inheritance(settings: Settings, threads: number): { stdio: number[]; sockets: InheritedSocket[] } {
    const stdio: number[] = [];
    const sockets: InheritedSocket[] = [];
    for (const { address, port } of nodeAddresses(settings)) {
      const handle = this.#handles.get(keyOf(address, port));
      if (handle === undefined) continue;
      const first = FIRST_FD + stdio.length;
      stdio.push(...Array<number>(threads).fill(handle.fd));
      sockets.push({ address, port, fds: Array.from({ length: threads }, (_, thread) => first + thread) });
    }
    return { stdio, sockets };
  }

  #close(key: string): void {
    this.#handles.get(key)?.close();
    this.#handles.delete(key);
  }
}

function nodeAddresses(settings: Settings): { address: string; port: number }[] {
  return addressesOf(settings).filter((listen) => chooseEngine(settings, listen).engine === 'node');
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}

function bind(address: string, port: number): BoundHandle {
  const create = (net as unknown as { _createServerHandle: CreateHandle })._createServerHandle;
  const host = address === '' ? '::' : address;
  const handle = create(host, port, host.includes(':') ? 6 : 4, -1);
  if (typeof handle !== 'number') return handle;
  throw Object.assign(new Error(`bind ${host}:${port}`), { errno: handle, syscall: 'bind' });
}
