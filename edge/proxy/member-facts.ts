/**
 * What members that are not plain http are told of a request: read from it when one of them asks, never before.
 * Thread: worker.
 */
import type { MemberTls } from '../../workers/upstream/member-tls.js';
import type { ConnectionFacts } from '../../workers/upstream/proxy-protocol.js';
import type { RequestFacts } from '../../workers/upstream/request-facts.js';
import { requestTrailers } from '../http/request-trailers.js';
import { findVariable, serverName, tlsVariable } from '../http/variables.js';
import type { Request } from '../request.js';
import type { Plan } from '../route/place.js';

const AJP = 'AJP_';
const NONE: readonly string[] = [];

export class MemberFacts implements RequestFacts {
  readonly #request: Request;
  readonly #plan: Plan;

  constructor(request: Request, plan: Plan) {
    this.#request = request;
    this.#plan = plan;
  }

  get clientAddress(): string {
    return this.#request.clientAddress;
  }

  get connection(): ConnectionFacts {
    return this.#request.exchange;
  }

  get memberTls(): MemberTls | undefined {
    return this.#plan.memberTls?.();
  }

  get protocol(): string {
    return this.#request.exchange.protocol;
  }

  get isSecure(): boolean {
    return this.#request.exchange.isSecure;
  }

  get fields(): readonly string[] {
    return this.#request.fields;
  }

  get trailers(): readonly string[] {
    const { trailers } = this.#request.exchange;
    return trailers === undefined ? NONE : requestTrailers(trailers, this.#request.fields);
  }

  get serverName(): string {
    return serverName(this.#request);
  }

  get serverPort(): number {
    return this.#request.exchange.localPort;
  }

  get user(): string {
    return this.#request.user;
  }

  get authType(): string {
    return findVariable('AUTH_TYPE')?.(this.#request) ?? '';
  }

  get sessionRoute(): string {
    return this.#request.notes?.get('session-route') ?? '';
  }

  ajpVariables(): (readonly [string, string])[] {
    const env = this.#request.env ?? new Map<string, string>();
    return [...env]
      .filter(([name]) => name.startsWith(AJP))
      .map(([name, value]) => [name.slice(AJP.length), value] as const);
  }

  tlsVariable(name: string): string | undefined {
    return tlsVariable(this.#request, name);
  }
}
