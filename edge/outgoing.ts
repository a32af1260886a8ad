/**
 * What the pipeline hands to the handler of proxied requests (proxy-handler.ts): how the request reads to the member. A
 * client's own, or the GET of an ErrorDocument that a member serves. Thread: worker.
 */
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
