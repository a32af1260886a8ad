/**
 * A request as steps see one, without an engine under it: everything that rules, expressions and logs read can be set,
 * everything that would touch a socket refuses.
 */
import type { Exchange, Fields } from '../../../../edge/exchange.js';
import { Request } from '../../../../edge/request.js';
import type { ServerSettings } from '../../../../edge/settings.js';

export interface RequestPlan {
  method?: string;
  target?: string;
  protocol?: string;
  fields?: Fields;
  isSecure?: boolean;
  remoteAddress?: string;
  localAddress?: string;
  localPort?: number;
  wantsClose?: boolean;
  bodyBytesSent?: number;
  bytesSent?: number;
  tls?: Record<string, string>;
  server?: Partial<ServerSettings>;
  startedAt?: number;
  hostname?: string;
  hostPort?: number;
}

export function makeRequest(plan: RequestPlan = {}): Request {
  const target = plan.target ?? '/';
  const [path = '', query] = target.split(/\?(.*)/s);
  const exchange = new RefusingExchange(plan);
  const server = {
    name: 'www.example.com',
    admin: 'admin@example.com',
    useCanonicalName: 'Off',
    useCanonicalPhysicalPort: false,
    ...plan.server,
  } as ServerSettings;
  const { startedAt = Date.UTC(2026, 10, 20, 23, 19, 43), hostname = '', hostPort = 0 } = plan;
  return new Request(exchange, server, startedAt, path, path, query, hostname, hostPort);
}

class RefusingExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly fields: Fields;
  readonly isSecure: boolean;
  readonly remoteAddress: string;
  readonly remotePort = 50000;
  readonly localAddress: string;
  readonly localPort: number;
  readonly keepAliveCount = 2;
  readonly wantsClose: boolean;
  readonly bodyLength = 0;
  readonly bodyBytesSent: number;
  readonly bytesSent: number;
  readonly #tls: Record<string, string>;

  constructor(plan: RequestPlan) {
    this.method = plan.method ?? 'GET';
    this.target = plan.target ?? '/';
    this.protocol = plan.protocol ?? 'HTTP/1.1';
    this.fields = plan.fields ?? [];
    this.isSecure = plan.isSecure ?? false;
    this.remoteAddress = plan.remoteAddress ?? '192.0.2.7';
    this.localAddress = plan.localAddress ?? '192.0.2.1';
    this.localPort = plan.localPort ?? 8080;
    this.wantsClose = plan.wantsClose ?? false;
    this.bodyBytesSent = plan.bodyBytesSent ?? 0;
    this.bytesSent = plan.bytesSent ?? 0;
    this.#tls = plan.tls ?? {};
  }

  tlsVariable(name: string): string | undefined {
    return Object.hasOwn(this.#tls, name) ? this.#tls[name] : undefined;
  }

  attach = refuse;
  readBody = refuse;
  pauseBody = refuse;
  resumeBody = refuse;
  inform = refuse;
  respond = refuse;
  begin = refuse;
  write = refuse;
  end = refuse;
  closeAfter = refuse;
  abort = refuse;
  fault = refuse;
}

function refuse(): never {
  throw new Error('a step touched the connection');
}
