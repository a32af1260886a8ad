/**
 * A request whose access rules wait for a password's hash or a name from DNS: its body is held, its client's leaving is
 * heard, and it goes on where it stopped. What the guard found out of its fields is put back first, because other
 * requests have been looked at meanwhile. Thread: worker; only requests that wait come here.
 */
import { FACTS } from './guard.js';
import { HeldBody } from './held-body.js';
import { LocalOwner } from './local-owner.js';
import type { RequestEnd } from './outgoing.js';
import type { Request } from './request.js';

export const ACCESS_STATUS = { forbidden: 403, unauthorized: 401, broken: 500 } as const;

/** Starts r.waitsFor; `goOn` is called once it is there, unless the client has left. It may not throw. */
export function waitForAccess(r: Request, end: RequestEnd, goOn: () => void): void {
  const { waitsFor } = r;
  r.waitsFor = undefined;
  const owner = new LocalOwner(r, end);
  r.exchange.attach(owner);
  if (r.exchange.bodyLength !== 0) r.heldBody ??= new HeldBody(r.exchange);
  const facts = { ...FACTS };
  waitsFor?.(() => {
    if (owner.hasEnded) return;
    Object.assign(FACTS, facts);
    try {
      goOn();
    } catch (error) {
      end.onFault(r, error);
      r.exchange.fault();
    }
  });
}
