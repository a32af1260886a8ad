/**
 * What looks on while a request is answered: a copy for a shadow pool (mirror/), a record for a file (capture/). A request
 * that nobody looks at has none, and pays a comparison with undefined where one would be told. Thread: worker.
 */
import type { Outgoing } from './outgoing.js';
import type { Request } from './request.js';
import type { Plan } from './route/place.js';

export interface Tap {
  /** A piece of the request's body on its way to a member: shared, to be read only. */
  onBody(chunk: Buffer, isLast: boolean): void;
  /** A member has answered, or none could and this is the status of the page instead. */
  onAnswer(status: number): void;
  /** The request is over, however it came; called once. */
  onDone(r: Request): void;
}

/** Gives requests their taps, before they are sent to a member. */
export interface Taps {
  begin(r: Request, plan: Plan, outgoing: Outgoing): void;
  close(): void;
}

/** Several that look at the same request. */
export function joinTaps(first: Tap | undefined, second: Tap): Tap {
  if (first === undefined) return second;
  return {
    onBody(chunk, isLast) {
      first.onBody(chunk, isLast);
      second.onBody(chunk, isLast);
    },
    onAnswer(status) {
      first.onAnswer(status);
      second.onAnswer(status);
    },
    onDone(r) {
      first.onDone(r);
      second.onDone(r);
    },
  };
}

/** Where there may be two of them; undefined where there is none. */
export function bothTaps(first: Taps | undefined, second: Taps | undefined): Taps | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    begin(r, plan, outgoing) {
      first.begin(r, plan, outgoing);
      second.begin(r, plan, outgoing);
    },
    close() {
      first.close();
      second.close();
    },
  };
}
