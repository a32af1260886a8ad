/**
 * Heartbeats as a process holds them: it hears those of members (HeartbeatListen), keeps them for lbmethod=heartbeat on
 * the scoreboard and, with HeartbeatMaxServers 0, in a file that other processes may read (HeartbeatStorage), reads such a
 * file where it does not listen itself, and sends its own (HeartbeatAddress).
 *
 * A member is known by its address: its host must be written as the address that its packets come from, as in httpd.
 * Of servers that are no members a few are remembered too, for the file.
 * Source: httpd 2.4 manual, mod_heartbeat, mod_heartmonitor, mod_lbmethod_heartbeat. Control thread.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { MemberSettings } from '../../workers/member.js';
import type { Scoreboard } from '../../workers/scoreboard.js';
import type { HeartbeatSettings, Ms } from '../settings.js';
import { formatBeat, formatServer, MAX_PACKET, parseBeat, parseServers, type Server } from './heartbeat.js';

const SEND_EVERY: Ms = 1000;
const STORE_EVERY: Ms = 5000;
const READ_EVERY: Ms = 1000;

export interface HeartTools {
  settings: HeartbeatSettings;
  members: readonly MemberSettings[];
  board: Scoreboard;
  /** What is said of this process: requests it could take, requests it has. */
  own: () => { ready: number; busy: number };
  onProblem: (text: string) => void;
}

export class Heart {
  readonly #tools: HeartTools;
  readonly #slots = new Map<string, number[]>();
  readonly #servers = new Map<string, Server>();
  readonly #timers: NodeJS.Timeout[] = [];
  #listener: Socket | undefined;
  #sender: Socket | undefined;

  constructor(tools: HeartTools) {
    this.#tools = tools;
    this.adopt(tools.members);
  }

  /** Members as they are now: live control may have added some. */
  adopt(members: readonly MemberSettings[]): void {
    this.#slots.clear();
    for (const { host, slot } of members) {
      const slots = this.#slots.get(host) ?? [];
      slots.push(slot);
      this.#slots.set(host, slots);
    }
  }

  /** errors  rejects when the address of HeartbeatListen cannot be bound */
  async start(): Promise<void> {
    const { listen, address, storage, maxServers } = this.#tools.settings;
    if (listen !== undefined) {
      await this.#listen(listen);
      if (maxServers === 0 && storage !== undefined) this.#every(STORE_EVERY, () => this.#store(storage));
    } else if (storage !== undefined) this.#every(READ_EVERY, () => this.#read(storage));
    if (address === undefined) return;
    const sender = createSocket(isIP(address.address) === 6 ? 'udp6' : 'udp4');
    this.#sender = sender;
    sender.on('error', (error) => this.#tools.onProblem(`HeartbeatAddress: ${error.message}`));
    this.#every(SEND_EVERY, () => this.#send(sender, address));
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#listener?.close();
    this.#sender?.close();
    this.#listener = undefined;
    this.#sender = undefined;
  }

  #every(period: Ms, work: () => void | Promise<void>): void {
    this.#timers.push(setInterval(() => void work(), period));
  }

  async #listen({ address, port }: { address: string; port: number }): Promise<void> {
    const isV6 = isIP(address) === 6;
    // A reload overlaps two generations on the same address.
    const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', reuseAddr: true });
    this.#listener = socket;
    const bound = once(socket, 'listening');
    socket.bind(port, address);
    await bound;
    socket.on('error', (error) => this.#tools.onProblem(`HeartbeatListen: ${error.message}`));
    if (isMulticast(address)) socket.addMembership(address);
    socket.on('message', (bytes, from) => this.#hear(bytes, from.address));
  }

  #hear(bytes: Buffer, from: string): void {
    if (bytes.length > MAX_PACKET) return;
    const beat = parseBeat(bytes.toString('latin1'));
    if (beat !== undefined) this.#know({ ...beat, address: from, seenAt: Date.now() });
  }

  #know(server: Server): void {
    const slots = this.#slots.get(server.address);
    for (const slot of slots ?? []) this.#tools.board.life.hearHeartbeat(slot, server, server.seenAt);
    const most = Math.max(this.#tools.settings.maxServers ?? 0, this.#slots.size, FEWEST_SERVERS);
    // Anybody may send packets: strangers find no more room than HeartbeatMaxServers gives.
    if (slots !== undefined || this.#servers.has(server.address) || this.#servers.size < most)
      this.#servers.set(server.address, server);
  }

  /** What came by POST (admin/heartbeat-handler.ts) stands with the members alone. */
  #knowPosted(): void {
    const { life } = this.#tools.board;
    for (const [address, [slot = 0]] of this.#slots) {
      const seenAt = life.hbSeenOf(slot) * 1000;
      if (isIP(address) === 0 || seenAt <= (this.#servers.get(address)?.seenAt ?? 0)) continue;
      this.#servers.set(address, { address, ready: life.hbReadyOf(slot), busy: life.hbBusyOf(slot), seenAt });
    }
  }

  /** Written whole under another name first, so that who reads never finds half of it. */
  async #store(file: string): Promise<void> {
    const now = Date.now();
    this.#knowPosted();
    const text = [...this.#servers.values()].map((server) => formatServer(server, now)).join('');
    try {
      await writeFile(`${file}.tmp`, text);
      await rename(`${file}.tmp`, file);
    } catch (error) {
      this.#tools.onProblem(`HeartbeatStorage: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #read(file: string): Promise<void> {
    const text = await readFile(file, 'latin1').catch(() => '');
    for (const server of parseServers(text, Date.now())) this.#know(server);
  }

  #send(sender: Socket, { address, port }: { address: string; port: number }): void {
    sender.send(formatBeat(this.#tools.own()), port, address, (error) => {
      if (error !== null) this.#tools.onProblem(`HeartbeatAddress: ${error.message}`);
    });
  }
}

const FEWEST_SERVERS = 10;

function isMulticast(address: string): boolean {
  const first = Number(address.split('.')[0]);
  return (isIP(address) === 4 && first >= 224 && first < 240) || /^ff/i.test(address);
}
