/**
 * The two sides of a WebSocket joined message by message, on uWebSockets.js, which gives no bytes: it reads the client's
 * frames and answers its pings and Close frames by itself. Everything else goes to the other side as it came: text and
 * binary, pings of the member, codes and reasons. A client that is slower stops the member; the library has no way to
 * stop a client, so one that sends more than a slow member takes is let go at the limit of one message.
 *
 * httpd differs: its tunnel passes bytes, without a limit of size. What the library keeps to itself: a Close with a code
 * from 1012 to 3999 is told as 1006, and a client that breaks the protocol is dropped without a Close frame. On the node
 * engine all of it passes.
 * Source: RFC 6455; httpd 2.4, mod_proxy_wstunnel. Thread: worker.
 */
import type { Timed } from '../../workers/upstream/deadlines.js';
import { type WebSocketHearer, WebSocketMember } from '../../workers/upstream/websocket.js';
import type { Crossing, OpenCrossing } from '../crossing.js';

/** What is used of a WebSocket of uWebSockets.js. It may not be touched after its close was told. */
export interface ClientSocket {
  /** Returns 1 when taken, 0 when buffered, 2 when dropped. */
  send(message: Uint8Array, isBinary: boolean, compress: boolean): number;
  ping(message: Uint8Array): number;
  /** Sends a Close; its close is told before this returns. */
  end(code: number, reason: Uint8Array): void;
  close(): void;
  getBufferedAmount(): number;
}

const NO_CODE = 1005;
const GONE = 1006;
const GOING_AWAY = 1001;
/** RFC 6455 7.4.1: a policy is violated. */
const POLICY = 1008;
const NOTHING = new Uint8Array();
/** The member may go on when so much is left for the client, in bytes. */
const LOW_WATER = 65536;
/** Bytes of answers to pings that may wait for a client who asks and does not listen. */
const MOST_PONGS = 1048576;
/** How long a member that was told of the end may take to end as well, in ms. */
const LINGER_MS = 2000;

export class MessageTunnel implements WebSocketHearer, Timed, OpenCrossing {
  next: Timed | undefined;
  previous: Timed | undefined;
  deadline: number;
  readonly #crossing: Crossing;
  readonly #member: WebSocketMember;
  readonly #limit: number;
  readonly #longestPacked: number;
  /** Undefined before it is open and after its close. */
  #client: ClientSocket | undefined;
  #hasClientEnded = false;
  #hasMemberEnded = false;
  #isMemberStopped = false;
  #isOver = false;
  #received = 0;
  /** Of the library's answers to pings that the client has not taken. */
  #pongBytes = 0;

  /**
   * limit       bytes of a message at the most
   * extensions  the member's Sec-WebSocket-Extensions
   * longest     bytes of a message that may be compressed for the client, at the most
   * errors      throws when the member agreed to an extension that was not offered
   */
  constructor(crossing: Crossing, limit: number, extensions: string, longest = Infinity) {
    this.#crossing = crossing;
    this.#limit = limit;
    this.#longestPacked = longest;
    this.#member = new WebSocketMember(crossing.member, this, limit, extensions);
    this.deadline = Date.now() + crossing.idle;
  }

  /** Are messages compressed on the member's leg? Then they are on the client's, if it wants that. */
  get isCompressed(): boolean {
    return this.#member.hasDeflate;
  }

  // --- the client's side

  onOpen(client: ClientSocket): void {
    this.#client = client;
    this.#crossing.deadlines.arm(this);
    this.#member.open(this.#crossing.rest);
  }

  /** The bytes are lent for the call. */
  onMessage(message: ArrayBuffer, isBinary: boolean): void {
    this.#touch();
    const bytes = new Uint8Array(message);
    this.#member.send(this.isCompressed ? bytes.slice() : bytes, isBinary);
    this.#bound();
  }

  /** Nobody can be told to send less: whoever piles up more than a message for the member is let go. */
  #bound(): void {
    if (this.#member.backlog > this.#limit) this.#leave(POLICY);
  }

  /** The library has answered it; the member hears of it to know that the client is alive. */
  onPing(data: ArrayBuffer): void {
    this.#touch();
    this.#member.ping(Buffer.from(data.slice(0)));
    this.#bound();
    const client = this.#client;
    if (client === undefined) return;
    this.#pongBytes = client.getBufferedAmount() > LOW_WATER ? this.#pongBytes + data.byteLength + 2 : 0;
    if (this.#pongBytes > MOST_PONGS) client.close();
  }

  /** An answer to a ping of the member, which waits for it. */
  onPong(data: ArrayBuffer): void {
    this.#touch();
    this.#member.pong(Buffer.from(data.slice(0)));
    this.#bound();
  }

  onDrain(): void {
    this.#touch();
    const client = this.#client;
    if (!this.#isMemberStopped || client === undefined || client.getBufferedAmount() > LOW_WATER) return;
    this.#isMemberStopped = false;
    this.#member.resume();
  }

  onClose(code: number, reason: ArrayBuffer): void {
    this.#client = undefined;
    this.#hasClientEnded = true;
    if (this.#hasMemberEnded || code === GONE) {
      this.#end();
      return;
    }
    this.#linger();
    this.#member.close(code, Buffer.from(reason.slice(0)));
  }

  // --- the member's side

  onMemberMessage(data: Buffer, isBinary: boolean): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#touch();
    this.#received += data.length;
    const isPacked = this.isCompressed && data.length <= this.#longestPacked;
    if (client.send(data, isBinary, isPacked) !== 1) this.#stopMember(client);
  }

  onMemberPing(data: Buffer): void {
    this.#touch();
    const client = this.#client;
    if (client !== undefined && client.ping(data) !== 1) this.#stopMember(client);
  }

  #stopMember(client: ClientSocket): void {
    if (this.#isMemberStopped || client.getBufferedAmount() <= LOW_WATER) return;
    this.#isMemberStopped = true;
    this.#member.pause();
  }

  onMemberClose(code: number, reason: Buffer): void {
    this.#hasMemberEnded = true;
    const client = this.#client;
    if (client === undefined) this.#end();
    else if (code === GONE) client.close();
    else client.end(code === NO_CODE ? 0 : code, reason);
  }

  onMemberDrain(): void {
    this.#touch();
  }

  // --- ends

  goAway(): void {
    this.#leave(GOING_AWAY);
  }

  /** Ends both sides with a code of our own. */
  #leave(code: number): void {
    if (this.#isOver) return;
    this.#member.close(code, NOTHING);
    this.#linger();
    this.#client?.end(code, NOTHING);
  }

  onDeadline(): void {
    this.#client?.close();
    this.#end();
  }

  #touch(): void {
    if (!this.#hasClientEnded) this.deadline = Date.now() + this.#crossing.idle;
  }

  #linger(): void {
    this.deadline = Math.min(this.deadline, Date.now() + LINGER_MS);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#crossing.deadlines.disarm(this);
    this.#crossing.onEnd(this.#member.sent, this.#received);
  }
}
