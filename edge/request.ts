/**
 * The state of one request on its way through the phases of pipeline.ts: what the client sent, what has been decided,
 * what the response is. Steps compiled from the configuration (edge/expr, edge/http, edge/log) read and write it.
 * One class with every field set in the constructor, so that all requests share one hidden shape.
 *
 * Thread: the worker that accepted it; nothing of it is shared.
 */
import type { Caching } from './caching/caching.js';
import type { BodyReader, Exchange, Fields } from './exchange.js';
import type { HeldBody } from './held-body.js';
import { fieldValue } from './http/fields.js';
import type { Try } from './log/tries.js';
import type { PlaceOverrides, ServerSettings } from './settings.js';
import type { Tap } from './tap.js';

/** Has variables to add to a request's environment, and is asked for them when somebody looks. */
export interface VariableSource {
  addVariables(env: Map<string, string>): void;
}

/** Name and password: right, wrong or missing, or not to be had because of the configuration. */
export type Login = 'granted' | 'refused' | 'broken';

export class Request {
  readonly exchange: Exchange;
  /** The vhost that answers, or the main server. */
  readonly server: ServerSettings;
  /** Wall clock at arrival in ms since the epoch, with fractions (µs resolution for %D and %t). */
  readonly startedAt: number;
  /** Decoded, normalised path (httpd: r->uri). */
  uri: string;
  /** Path as it came, and the query without `?`; undefined when there is no `?`. */
  readonly rawPath: string;
  query: string | undefined;
  /** Host the client asked for, lower case, without port; empty when it named none. */
  readonly hostname: string;
  /** Port of the Host header, 0 when it had none. */
  readonly hostPort: number;
  /** Client's address: the peer's, or what mod_remoteip makes of it. */
  clientAddress: string;
  /** The client's name where an access rule has looked it up, else empty. */
  clientHost: string;
  /** The user that the client names, or empty; it counts once `login` is `granted`. */
  user: string;
  /** What came of asking for a user; undefined: nobody has asked. */
  login: Login | undefined;
  /** What the sections that hold change of the server's settings; undefined for nothing. */
  over: PlaceOverrides | undefined;
  /** What an access rule waits for; it calls back when it has it. */
  waitsFor: ((done: () => void) => void) | undefined;
  /** The body so far, of a request whose access rules waited for something. */
  heldBody: HeldBody | undefined;
  /** Request header fields as rules have left them; the client's own list until the first change. */
  fields: Fields;
  /** Variables that nobody has asked for yet: most requests are never asked for their BALANCER_*. */
  pendingVariables: VariableSource | undefined;
  #env: Map<string, string> | undefined;
  notes: Map<string, string> | undefined;

  /** URL the request is proxied to without `proxy:` (r->filename), or empty. */
  proxyUrl: string;
  /** Handler that answers: `proxy-server`, `balancer-manager` … */
  handler: string;
  /** Where this client's requests are counted, -1: nowhere. */
  clientEntry: number;
  /** Why the response is what it is, when it is not simply a member's: a code of errors.ts. */
  reasonCode: string;
  /** An END rule has matched: no more rewriting. */
  isRewriteEnded: boolean;
  /** Internal redirects so far, and the path before the first of them, which logs show. */
  redirectCount: number;
  firstUri: string;
  /** Response fields that go with any answer, a page of our own too; undefined for none. */
  keptFields: Fields | undefined;
  /** Content-Type as header rules have left it, empty for none; undefined where no rule is about it. */
  contentType: string | undefined;

  status: number;
  reason: string;
  /** Response fields of the onsuccess table; a member's response starts here. */
  responseFields: Fields;
  /** Response fields of the always table, sent first. */
  alwaysFields: Fields;
  /** Bytes of the request's body read so far. */
  bodyBytesRead: number;
  isAborted: boolean;
  /** What the cache does with it on its way to a member; undefined for nothing. */
  caching: Caching | undefined;
  /** What looks on while it is answered; undefined for nothing. */
  tap: Tap | undefined;
  /** Asked for the cache's own sake: no client, no log line. */
  isInternal: boolean;
  /** What an ErrorDocument is being fetched for; undefined for a request of a client's own. */
  documentFor: { status: number; reason: string } | undefined;
  /** Groups of the last regular expression that matched, $0 first; for backreferences of expressions. */
  matches: readonly (string | undefined)[] | undefined;
  /** Wall clock when the response had been handed over, as startedAt; 0 before. */
  endedAt: number;
  /** Wall clock when the response's head was handed over, as startedAt; 0 unless LogIOTrackTTFB is on. */
  firstByteAt: number;
  /** Fields that a member sent after its body. */
  memberTrailers: Fields | undefined;
  /** Members asked so far; undefined unless an access log shows them. */
  tries: Try[] | undefined;
  /** Its row on server-status, -1: none. */
  statusRow: number;
  /** Id for %L, made when first asked for. */
  logId: string;

  constructor(
    exchange: Exchange,
    server: ServerSettings,
    startedAt: number,
    rawPath: string,
    uri: string,
    query: string | undefined,
    hostname: string,
    hostPort: number,
  ) {
    this.exchange = exchange;
    this.server = server;
    this.startedAt = startedAt;
    this.rawPath = rawPath;
    this.uri = uri;
    this.query = query;
    this.hostname = hostname;
    this.hostPort = hostPort;
    this.clientAddress = exchange.remoteAddress;
    this.clientHost = '';
    this.clientEntry = -1;
    this.user = '';
    this.login = undefined;
    this.over = undefined;
    this.waitsFor = undefined;
    this.heldBody = undefined;
    this.fields = exchange.fields;
    this.pendingVariables = undefined;
    this.#env = undefined;
    this.notes = undefined;
    this.proxyUrl = '';
    this.handler = '';
    this.reasonCode = '';
    this.isRewriteEnded = false;
    this.redirectCount = 0;
    this.firstUri = uri;
    this.keptFields = undefined;
    this.contentType = undefined;
    this.status = 200;
    this.reason = 'OK';
    this.responseFields = [];
    this.alwaysFields = [];
    this.bodyBytesRead = 0;
    this.isAborted = false;
    this.caching = undefined;
    this.tap = undefined;
    this.isInternal = false;
    this.documentFor = undefined;
    this.matches = undefined;
    this.endedAt = 0;
    this.firstByteAt = 0;
    this.memberTrailers = undefined;
    this.tries = undefined;
    this.statusRow = -1;
    this.logId = '';
  }

  /** Value of a request field by its lower-case name, duplicates joined with `, `; undefined when absent. */
  header(name: string): string | undefined {
    return fieldValue(this.fields, name);
  }

  /** httpd's subprocess_env; undefined while it is empty. */
  get env(): Map<string, string> | undefined {
    if (this.pendingVariables !== undefined) {
      this.#env ??= new Map();
      this.pendingVariables.addVariables(this.#env);
      this.pendingVariables = undefined;
    }
    return this.#env;
  }

  /** Was a variable set by a rule of the configuration? Does not look at those that are pending. */
  hasFlag(name: string): boolean {
    return this.#env?.has(name) === true;
  }

  /** Has anything given it a variable? */
  get hasVariables(): boolean {
    return this.#env !== undefined;
  }

  /** Starts its body, which may have come in part while access rules waited. As Exchange.readBody. */
  readBody(reader: BodyReader): void {
    if (this.heldBody === undefined) this.exchange.readBody(reader);
    else this.heldBody.readBody(reader);
  }

  setEnv(name: string, value: string): void {
    this.#env ??= new Map();
    this.#env.set(name, value);
  }

  unsetEnv(name: string): void {
    this.env?.delete(name);
  }

  note(name: string, value: string): void {
    if (this.notes === undefined) this.notes = new Map();
    this.notes.set(name, value);
  }

  /** A response field that stays whatever the answer will be. */
  keepField(name: string, value: string): void {
    this.keptFields ??= [];
    this.keptFields.push(name, value);
    this.alwaysFields = this.keptFields.slice();
  }

  /** Begins again with another path: variables so far become REDIRECT_ ones. */
  redirectInternally(uri: string): void {
    const before = this.env;
    this.#env = new Map([['REDIRECT_STATUS', '200']]);
    for (const [name, value] of before ?? []) this.#env.set(`REDIRECT_${name}`, value);
    this.notes = undefined;
    this.uri = uri;
    this.proxyUrl = '';
    this.handler = '';
    this.redirectCount += 1;
  }

  /** Fields that may be changed without touching what the client sent (logs show that). */
  ownFields(): Fields {
    if (this.fields === this.exchange.fields) this.fields = this.fields.slice();
    return this.fields;
  }
}
