/**
 * What a member may be told of a request beside the request itself: who the client is, on which connection it came, and
 * how TLS to the member is to be spoken. Only asked for by members that need it (https, AJP, the PROXY protocol), so a
 * plain http member costs nothing of it. The edge implements it.
 */
import type { MemberTls } from './member-tls.js';
import type { ConnectionFacts } from './proxy-protocol.js';

export interface RequestFacts {
  /** The client's address as the log shows it. */
  readonly clientAddress: string;
  /** Both ends of the connection that the request came on. */
  readonly connection: ConnectionFacts;
  /** How members are spoken to by TLS (SSLProxy*); undefined where SSLProxyEngine is off. */
  readonly memberTls: MemberTls | undefined;
  /** `HTTP/1.1`, `HTTP/1.0` or `HTTP/2.0`. */
  readonly protocol: string;
  readonly isSecure: boolean;
  /** Fields as the client sent them and rules have left them: name, value, name, value … */
  readonly fields: readonly string[];
  /** Fields behind the body that a member may have, once all of it has come: name, value, name, value … */
  readonly trailers: readonly string[];
  /** Host that the client asked for, and the port it came to. */
  readonly serverName: string;
  readonly serverPort: number;
  /** Empty where nobody logged in. */
  readonly user: string;
  readonly authType: string;
  /** The route that the request's session names, or empty. */
  readonly sessionRoute: string;
  /** Variables whose name begins with `AJP_`, without that: name, value. */
  ajpVariables(): (readonly [string, string])[];
  /** A variable of the TLS session with the client by mod_ssl's name, or undefined. */
  tlsVariable(name: string): string | undefined;
}
