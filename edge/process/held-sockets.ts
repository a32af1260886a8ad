/**
 * Sockets that the supervisor holds for the `node` engine and for EdgeHealthAddress. Node.js 20 cannot listen with
 * SO_REUSEPORT, so such an address can be bound only once: the supervisor binds it, and every generation inherits
 * descriptors of that one socket, one for each thread that listens. That way all threads accept on it, two generations can overlap, an address below 1024
 * outlives the change of user, and connections wait in the kernel's queue while an edge process is started again.
 *
 * The supervisor binds and never listens: a socket that it listened on would give it connections. The workers listen.
 * Addresses of the `uws` engine are not held; each of its threads binds its own socket with SO_REUSEPORT.
 */
import { closeSync } from 'node:fs';
import net from 'node:net';
import { addressesOf } from '../engine/addresses.js';
import { chooseEngine } from '../engine/engine-choice.js';
import type { Settings } from '../settings.js';
import type { ThreadSocket } from './messages.js';
import { bindFailure } from './port-probe.js';
import { STDOUT_FD } from './standard-output.js';

/** An address with one descriptor per listening thread, as the edge process will know them. */
export interface InheritedSocket {
  address: string;
  port: number;
  fds: number[];
}

/** A socket that a supervisor holds. */
export interface HeldSocket {
  address: string;
  port: number;
  fd: number;
}

/** What a generation is given: sockets of engines, for each worker thread, and of the control thread. */
export interface Inheritance {
  engines: InheritedSocket[];
  health: InheritedSocket[];
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
  readonly #handles = new Map<string, BoundHandle & Address>();

  /**
   * Binds what these settings need and is not held yet.
   * errors  Error with httpd's line; nothing new stays open then
   */
  hold(settings: Settings): void {
    const fresh: string[] = [];
    for (const { address, port } of heldAddresses(settings)) {
      const key = keyOf(address, port);
      if (this.#handles.has(key)) continue;
      try {
        this.#handles.set(key, ownerOf(bind(address, port), address, port));
        fresh.push(key);
      } catch (error) {
        for (const key of fresh) this.#close(key);
        throw new Error(bindFailure({ address, port }, error as Error), { cause: error });
      }
    }
  }

  /** Holds sockets that another supervisor has bound. */
  adopt(sockets: readonly HeldSocket[]): void {
    for (const { address, port, fd } of sockets)
      this.#handles.set(keyOf(address, port), { address, port, fd, close: () => closeSync(fd) });
  }

  get all(): HeldSocket[] {
    return [...this.#handles.values()].map(({ address, port, fd }) => ({ address, port, fd }));
  }

  /** Closes what these settings do not need. */
  keepOnly(settings: Settings): void {
    const needed = new Set(heldAddresses(settings).map(({ address, port }) => keyOf(address, port)));
    for (const key of [...this.#handles.keys()]) if (!needed.has(key)) this.#close(key);
  }

  closeAll(): void {
    for (const key of [...this.#handles.keys()]) this.#close(key);
  }

  /** What a generation inherits: the supervisor's descriptors for fork, and what they are called over there. */
  inheritance(settings: Settings, threads: number): { stdio: number[]; inheritance: Inheritance } {
    const stdio: number[] = [];
    const inherit = (addresses: readonly Address[], copies: number): InheritedSocket[] =>
      addresses.flatMap(({ address, port }) => {
        const handle = this.#handles.get(keyOf(address, port));
        if (handle === undefined) return [];
        const fds = Array.from({ length: copies }, (_, copy) => FIRST_FD + stdio.length + copy);
        stdio.push(...fds.map(() => handle.fd));
        return [{ address, port, fds }];
      });
    const engines = inherit(nodeAddresses(settings), threads);
    return { stdio, inheritance: { engines, health: inherit(settings.healthAddresses, 1) } };
  }

  #close(key: string): void {
    this.#handles.get(key)?.close();
    this.#handles.delete(key);
  }
}

type Address = Pick<InheritedSocket, 'address' | 'port'>;

function heldAddresses(settings: Settings): Address[] {
  return [...nodeAddresses(settings), ...settings.healthAddresses];
}

function nodeAddresses(settings: Settings): Address[] {
  return addressesOf(settings).filter((listen) => chooseEngine(settings, listen).engine === 'node');
}

function ownerOf(handle: BoundHandle, address: string, port: number): BoundHandle & Address {
  return { address, port, fd: handle.fd, close: () => handle.close() };
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

/** A thread's own among the sockets that an edge process has inherited. */
export function socketsOf(thread: number, inherited: readonly InheritedSocket[]): ThreadSocket[] {
  return inherited.flatMap(({ address, port, fds }) => {
    const fd = fds[thread];
    return fd === undefined ? [] : [{ address, port, fd }];
  });
}
