/**
 * A request on its way through one of drover's own handlers: gathers the body, asks the handler, sends what it says with
 * the header rules of the place. Owner of the exchange meanwhile; whoever ends first (answer, abort), the request ends
 * once. Thread: worker; one a request to a management page.
 */
import { type Handler, type HandlerAnswer, MAX_HANDLER_BODY } from './admin/handler.js';
import type { BodyReader } from './exchange.js';
import { settleFields } from './http/settled-fields.js';
import { reasonOf } from './http/status.js';
import { LocalOwner } from './local-owner.js';
import type { RequestEnd } from './outgoing.js';
import type { Request } from './request.js';
import { answer, sendWhole } from './respond.js';
import type { Plan } from './route/place.js';

export class LocalHandler extends LocalOwner implements BodyReader {
  readonly #request: Request;
  readonly #plan: Plan;
  readonly #handler: Handler;
  readonly #end: RequestEnd;
  #body = '';
  /** An answer has been given, or nobody waits for one any more. */
  #isDone = false;

  constructor(request: Request, plan: Plan, handler: Handler, end: RequestEnd) {
    super(request, end);
    this.#request = request;
    this.#plan = plan;
    this.#handler = handler;
    this.#end = end;
  }

  /** Starts; the body is asked for before this returns, as engines want it. */
  start(): void {
    const r = this.#request;
    const { method, bodyLength } = r.exchange;
    r.exchange.attach(this);
    const { methods } = this.#handler;
    if (methods !== undefined && !methods.includes(method === 'HEAD' ? 'GET' : method)) {
      if (bodyLength !== 0) r.exchange.closeAfter();
      this.#refuse(405, ['Allow', allowOf(methods)]);
    } else if (bodyLength > MAX_HANDLER_BODY) this.#refuseLong();
    else if (bodyLength === 0) void this.#run();
    else r.readBody(this);
  }

  onBody(chunk: Buffer, isLast: boolean): void {
    if (this.#isDone) return;
    this.#request.bodyBytesRead += chunk.length;
    if (this.#body.length + chunk.length > MAX_HANDLER_BODY) {
      this.#refuseLong();
      return;
    }
    this.#body += chunk.toString('latin1');
    if (isLast) void this.#run();
  }

  onBodyBroken(): void {
    if (!this.#isDone) this.#refuse(400);
  }

  override onClientAbort(): void {
    this.#isDone = true;
    super.onClientAbort();
  }

  async #run(): Promise<void> {
    try {
      const said = await this.#handler.answer(this.#request, this.#body);
      if (!this.#isDone) this.#send(said);
    } catch (error) {
      this.#end.onFault(this.#request, error);
      if (!this.#isDone) this.#refuse(500);
    }
  }

  #send({ status, fields, body }: HandlerAnswer): void {
    const r = this.#request;
    if (status >= 400 && body.length === 0) {
      this.#refuse(status, fields);
      return;
    }
    this.#isDone = true;
    r.status = status;
    r.reason = reasonOf(status);
    r.responseFields = [...fields];
    r.alwaysFields = r.keptFields?.slice() ?? [];
    this.#plan.alwaysHeaders?.(r);
    if (status < 400) this.#plan.onsuccessHeaders?.(r);
    settleFields(r);
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
    if (r.exchange.method === 'HEAD') sendWhole(r, undefined, bytes.length);
    else sendWhole(r, bytes);
  }

  #refuse(status: number, fields: string[] = []): void {
    this.#isDone = true;
    const code = status === 405 ? 'E_METHOD' : 'E_HANDLER';
    answer(this.#request, this.#plan, { status, code, fields });
  }

  #refuseLong(): void {
    this.#request.exchange.closeAfter();
    this.#refuse(413);
  }
}

/** In the order in which httpd lists methods in Allow. */
function allowOf(methods: readonly string[]): string {
  const order = ['PUT', 'POST', 'PATCH', 'OPTIONS', 'HEAD', 'GET', 'DELETE', 'TRACE'];
  const all = new Set([...methods, 'HEAD', 'OPTIONS', 'TRACE']);
  return order.filter((method) => all.has(method)).join(',');
}
