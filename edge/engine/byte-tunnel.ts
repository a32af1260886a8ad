/**
 * The two sides of a 101 joined byte by byte, on the node engine: nothing is understood or changed, so that whatever the
 * two say to each other (frames, their errors, extensions, another protocol) arrives as it was sent. Who is slower stops
 * the other. Only for the Close frame of a server that goes away is it known where frames end.
 *
 *   client 'data' → member.write        member → client.write        either end → the other is ended, then both are gone
 *
 * Source: httpd 2.4, ap_proxy_tunnel_run. Thread: worker.
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Timed } from '../../workers/upstream/deadlines.js';
import type { TunnelSink } from '../../workers/upstream/tunnel.js';
import type { Crossing, OpenCrossing } from '../crossing.js';
import { closeFrame, FrameBoundary } from './frame-boundary.js';

/** RFC 6455 7.4.1: the endpoint goes away. */
const GOING_AWAY = 1001;
/** How long a side that was told of the end may take to end as well, in ms. */
const LINGER_MS = 2000;

export class ByteTunnel implements TunnelSink, Timed, OpenCrossing {
  next: Timed | undefined;
  previous: Timed | undefined;
  deadline: number;
  readonly #client: Duplex;
  readonly #crossing: Crossing;
  readonly #fromClient: FrameBoundary | undefined;
  readonly #fromMember: FrameBoundary | undefined;
  #sent = 0;
  #received = 0;
  /** A Close frame of ours waits for the end of a frame, or has been sent: no more may be passed on. */
  #isLeaving = false;
  #isToldClient = false;
  #isToldMember = false;
  #isMemberDone = false;
  #isOver = false;

  /** first  what the client sent right behind its request */
  constructor(client: Duplex, crossing: Crossing, first: Uint8Array) {
    this.#client = client;
    this.#crossing = crossing;
    this.deadline = Date.now() + crossing.idle;
    if (crossing.protocol.toLowerCase() === 'websocket') {
      this.#fromClient = new FrameBoundary();
      this.#fromMember = new FrameBoundary();
    }
    client.on('data', (chunk: Buffer) => this.#onClientBytes(chunk));
    client.on('drain', () => crossing.member.resume());
    client.on('end', () => crossing.member.finish());
    client.on('error', () => this.#end());
    client.on('close', () => this.#end());
    if (first.length > 0) this.#onClientBytes(first);
    if (crossing.rest.length > 0) this.onMemberBytes(crossing.rest);
    crossing.deadlines.arm(this);
    crossing.member.listen(this);
    client.resume();
  }

  #onClientBytes(chunk: Uint8Array): void {
    if (this.#isOver || this.#isToldMember) return;
    this.#touch();
    const end = this.#fromClient?.push(chunk) ?? chunk.length;
    const part = this.#isLeaving ? chunk.subarray(0, end) : chunk;
    this.#sent += part.length;
    if (!this.#crossing.member.write(part)) this.#client.pause();
    if (this.#isLeaving && (end < chunk.length || this.#fromClient?.isBetween === true)) this.#tellMember();
  }

  onMemberDrain(): void {
    this.#client.resume();
  }

  onMemberBytes(bytes: Buffer): void {
    if (this.#isOver || this.#isToldClient) return;
    this.#touch();
    const end = this.#fromMember?.push(bytes) ?? bytes.length;
    const part = this.#isLeaving ? bytes.subarray(0, end) : bytes;
    this.#received += part.length;
    // It lies in a buffer that is about to be read into again.
    if (!this.#client.write(Buffer.from(part))) this.#crossing.member.pause();
    if (this.#isLeaving && (end < bytes.length || this.#fromMember?.isBetween === true)) this.#tellClient();
  }

  onMemberEnd(): void {
    if (this.#isMemberDone || this.#isOver) return;
    this.#isMemberDone = true;
    this.#linger();
    this.#client.end(() => {
      // What the client still sends is nobody's; once it has heard of the end it ends too.
      this.#client.resume();
    });
    this.#client.once('end', () => this.#end());
    if (this.#client.readableEnded) this.#client.once('finish', () => this.#end());
  }

  onDeadline(): void {
    this.#end();
  }

  goAway(): void {
    if (this.#isOver || this.#isLeaving) return;
    if (this.#fromClient === undefined || this.#fromMember === undefined) {
      this.#end();
      return;
    }
    this.#isLeaving = true;
    this.#linger();
    if (this.#fromMember.isBetween) this.#tellClient();
    if (this.#fromClient.isBetween) this.#tellMember();
  }

  #tellClient(): void {
    if (this.#isToldClient) return;
    this.#isToldClient = true;
    this.#client.end(closeFrame(GOING_AWAY, undefined));
  }

  #tellMember(): void {
    if (this.#isToldMember) return;
    this.#isToldMember = true;
    this.#crossing.member.write(closeFrame(GOING_AWAY, randomBytes(4)));
    this.#crossing.member.finish();
  }

  #touch(): void {
    if (!this.#isLeaving && !this.#isMemberDone) this.deadline = Date.now() + this.#crossing.idle;
  }

  #linger(): void {
    this.deadline = Math.min(this.deadline, Date.now() + LINGER_MS);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#crossing.deadlines.disarm(this);
    this.#client.destroy();
    this.#crossing.onEnd(this.#sent, this.#received);
  }
}
