/**
 * A health check's answer as a request, so that conditions (ProxyHCExpr) are compiled by the same code as all other
 * expressions: the question is the request, the member's answer its response. There is no client, and nothing is sent.
 * Control thread.
 */
import type { HealthCheckSettings, MemberSettings } from '../../workers/member.js';
import type { ProbeResult } from '../../workers/upstream/probe.js';
import type { Exchange, Fields } from '../exchange.js';
import { Request } from '../request.js';
import type { ServerSettings } from '../settings.js';

class ProbeExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly fields: Fields = [];
  readonly isSecure = false;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress = '';
  readonly localPort = 0;
  readonly keepAliveCount = 0;
  readonly wantsClose = true;
  readonly bodyLength = 0;
  readonly bodyBytesSent = 0;
  readonly bytesSent = 0;

  constructor(member: MemberSettings, health: HealthCheckSettings, address: string) {
    this.method = health.method.replace('11', '');
    this.target = member.path + health.uri;
    this.protocol = health.method.endsWith('11') ? 'HTTP/1.1' : 'HTTP/1.0';
    this.remoteAddress = address;
    this.remotePort = member.port;
  }

  tlsVariable(): string | undefined {
    return undefined;
  }

  attach(): void {}
  readBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
  inform(): boolean {
    return false;
  }
  respond(): void {}
  begin(): void {}
  write(): boolean {
    return true;
  }
  end(): void {}
  closeAfter(): void {}
  abort(): void {}
  fault(): void {}
}

/** `%{REQUEST_STATUS}`, `%{resp:…}` and `hc('body')` of it are the answer's. */
export function probeRequest(
  member: MemberSettings,
  health: HealthCheckSettings,
  result: ProbeResult,
  server: ServerSettings,
  now: number,
): Request {
  const exchange = new ProbeExchange(member, health, result.address);
  const [path = '', query] = exchange.target.split(/\?(.*)/s);
  const r = new Request(exchange, server, now, path, path, query, member.host, member.port);
  r.status = result.head?.status ?? 0;
  r.reason = result.head?.reason ?? '';
  r.responseFields = result.head?.fields ?? [];
  r.note('hc-body', result.body);
  return r;
}
