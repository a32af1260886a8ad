/**
 * The connections in HTTP/2 of one thread to one member. A request gets a stream on the first one that has room, also
 * while that one is still being opened, so that a burst of requests does not open a connection each; else a new one is
 * opened. Idle ones live as long as any idle connection of the member (ttl).
 *
 * httpd differs: it keeps a connection to one client's requests; here those of all clients share them.
 * Source: httpd 2.4, mod_proxy_http2. Any worker thread.
 */
import type { MemberSettings } from '../member.js';
import type { OnConnect, UpstreamConnection } from './connection.js';
import type { Deadlines } from './deadlines.js';
import { H2Session } from './h2-session.js';
import { H2Stream } from './h2-stream.js';
import { isSameWay, type Way } from './socket.js';

export class H2Sessions {
  readonly #member: MemberSettings;
  readonly #deadlines: Deadlines;
  readonly #sessions: H2Session[] = [];

  constructor(member: MemberSettings, deadlines: Deadlines) {
    this.#member = member;
    this.#deadlines = deadlines;
  }

  /** Connections that take requests, for tests. */
  get size(): number {
    return this.#sessions.length;
  }

  /** A stream on a connection that stands; undefined for none. */
  find(way: Way | undefined): UpstreamConnection | undefined {
    const session = this.#sessions.find((one) => one.isOpen && one.hasRoom && isSameWay(way, one.way));
    return session === undefined ? undefined : this.#streamOn(session);
  }

  /** As openConnection. isFresh: on a connection that no request was sent on */
  open(address: string, way: Way | undefined, timeout: number, isFresh: boolean, onConnect: OnConnect): void {
    let session = this.#sessions.find(
      (one) => one.hasRoom && isSameWay(way, one.way) && !(isFresh && one.served > 0),
    );
    if (session === undefined) {
      session = new H2Session(this.#member, address, way, timeout, this.#deadlines, (ended) => {
        const at = this.#sessions.indexOf(ended);
        if (at >= 0) this.#sessions.splice(at, 1);
      });
      this.#sessions.push(session);
    }
    const stream = this.#streamOn(session);
    if (session.isOpen) onConnect(undefined, stream);
    else
      session.whenOpen((error) => {
        if (error !== undefined) stream.destroy();
        onConnect(error, stream);
      });
  }

  #streamOn(session: H2Session): H2Stream {
    return new H2Stream(this.#member, session, this.#deadlines);
  }

  expire(now: number): void {
    const { ttl } = this.#member;
    if (ttl === 0) return;
    for (const session of [...this.#sessions]) {
      if (session.isOpen && session.isIdle && now - session.lastActivity > ttl) session.close();
    }
  }

  close(): void {
    for (const session of [...this.#sessions]) if (session.isIdle) session.close();
  }
}
