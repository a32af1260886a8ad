/**
 * A member of the comparison that speaks AJP: what it is forwarded is recorded as the other members record requests,
 * attributes as fields that begin with `@`, and it answers by the same scripts.
 */
import { AjpContainer, type AjpRequest, data, end, headers } from '../../ajp-container.js';
import type { Script, SeenRequest } from './origins.js';

/** Bytes of one packet's data. */
const PIECE = 8000;

export class AjpMember {
  readonly #name: string;
  readonly container: AjpContainer;

  private constructor(name: string, container: AjpContainer) {
    this.#name = name;
    this.container = container;
  }

  static async start(name: string): Promise<AjpMember> {
    return new AjpMember(name, await AjpContainer.start());
  }

  follow(script: Script): void {
    this.container.script = (request) => {
      const seen = this.#seen(request);
      const { status = 200, reason = 'OK', fields = [], body, raw, cutAfter } = script(seen);
      if (cutAfter === 0) return 'close';
      if (raw !== undefined) return Buffer.from(raw, 'latin1');
      const whole = Buffer.from(body ?? `${seen.member} ${request.method} ${request.uri}\n`);
      const isBodyless = request.method === 'HEAD' || status === 204 || status === 304;
      const pieces: Buffer[] = [];
      for (let at = 0; !isBodyless && at < whole.length; at += PIECE)
        pieces.push(data(whole.subarray(at, at + PIECE)));
      // httpd loses what a container says of the length of an answer to HEAD; drover passes it on.
      const length: [string, string][] =
        status === 204 || request.method === 'HEAD' ? [] : [['Content-Length', String(whole.length)]];
      const rows: [string, string][] = [...length, ...fields];
      return Buffer.concat([headers(status, reason, rows), ...pieces, end()]);
    };
  }

  drain(): SeenRequest[] {
    return this.container.drain().map((request) => this.#seen(request));
  }

  #seen(request: AjpRequest): SeenRequest {
    const facts: [string, string][] = [
      ['@remote', request.remoteAddress],
      ['@secure', String(request.isSecure)],
      ['@server', `${request.serverName}:${request.serverPort}`],
    ];
    const attributes = request.attributes.map(([name, value]): [string, string] => [
      `@${name}`,
      // The client's port is another one for each server.
      name === 'AJP_REMOTE_PORT' ? '(port)' : value,
    ]);
    return {
      member: this.#name,
      line: `${request.method} ${request.uri} ${request.protocol}`,
      fields: [...request.fields, ...facts, ...attributes],
      body: request.body,
      reuse: request.index,
    };
  }
}
