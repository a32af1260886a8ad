/**
 * The head of a request as an HTTP/1 member gets it. A string of few pieces is cheaper to join and to write than one of
 * many, so what stays the same from request to request of a connection is one piece, joined once.
 * Source: RFC 9112 3, 9.3, 9.6; httpd 2.4, mod_proxy_http. Any worker thread; one per connection.
 */
import type { Job } from '../job.js';
import { hostField, type MemberSettings } from '../member.js';
import type { RequestBody } from '../request-body.js';

type Asked = Pick<Job, 'method' | 'host' | 'upstreamFields' | 'saysEmptyBody' | 'manner'>;
type Framed = Pick<RequestBody, 'framing'>;

const CLOSE = 'Connection: close\r\n\r\n';

export class RequestHeads {
  readonly #ownHost: string;
  /** Connection as the member's settings have it, and the end of the head. */
  readonly #persistence: string;
  #host = '';
  /** From behind the path to behind the Host field of that host. */
  #middle = '';

  constructor(member: MemberSettings) {
    this.#ownHost = hostField(member);
    this.#persistence = member.reuse ? 'Connection: Keep-Alive\r\n\r\n' : CLOSE;
  }

  /**
   * path     as the member is asked for it, with its query
   * body     undefined for none
   * withPing asks for `100 Continue`
   * upgrade  protocol to change to, empty for none
   */
  text(job: Asked, path: string, body: Framed | undefined, withPing: boolean, upgrade: string): string {
    const none = job.saysEmptyBody ? 'Content-Length: 0\r\n' : '';
    const framing = body === undefined ? none : body.framing();
    const expect = withPing ? 'Expect: 100-continue\r\n' : '';
    const host = job.host === '' ? this.#ownHost : job.host;
    const start = `${job.method} ${path}`;
    if (job.manner?.isHttp10 === true) {
      // HTTP/1.0 closes without being told.
      return `${start} HTTP/1.0\r\nHost: ${host}\r\n${job.upstreamFields}${expect}${framing}\r\n`;
    }
    if (host !== this.#host) {
      this.#host = host;
      this.#middle = [' HTTP/1.1\r\nHost: ', host, '\r\n'].join('');
    }
    const connection =
      upgrade === '' ? this.#connectionOf(job) : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
    const lines =
      expect === '' && framing === '' ? job.upstreamFields : job.upstreamFields + expect + framing;
    return start + this.#middle + lines + connection;
  }

  #connectionOf(job: Asked): string {
    return job.manner?.closes === true ? CLOSE : this.#persistence;
  }
}
