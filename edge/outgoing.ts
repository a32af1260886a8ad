/** What is sent to a member of a request, and who hears of its end. Thread: worker. */
import type { Tally } from './admin/tally.js';
import type { OpenCrossing } from './crossing.js';
import type { Request } from './request.js';
import type { DocumentSource } from './respond.js';

/** What the pipeline needs to hear, and is asked for. */
export interface RequestEnd extends DocumentSource {
  /** Counts how members answer, where a page shows it. */
  readonly tally?: Tally | undefined;
  onRequestEnd(r: Request): void;
  /** A connection that was upgraded: it is to be told when the server goes away. */
  onCrossing(crossing: OpenCrossing): void;
  onCrossingEnd(crossing: OpenCrossing): void;
  /** An error that nobody expected, while a member's answer was passed on. */
  onFault(r: Request, error: unknown): void;
}

/** What is sent to a member of a request. */
export interface Outgoing {
  /** The client's, or GET for an ErrorDocument. */
  method: string;
  path: string;
  /** Host for the member; empty: its own. */
  host: string;
  fields: string;
  cookies: string | undefined;
  bodyLength: number;
  saysEmptyBody: boolean;
  /** Value of Upgrade when the client asks for it and its engine can; empty for none. */
  upgrade: string;
}

/** Codes for the logs of a body that can not be passed on, by the status of the answer. */
export const REFUSED_BODIES = {
  400: 'E_REQUEST_BODY',
  408: 'E_REQUEST_BODY_TIME',
  413: 'E_REQUEST_BODY_SIZE',
} as const;
