/**
 * Variables that change how a member is spoken to for one request. A request that no rule has given a variable is asked
 * one question.
 * Source: httpd 2.4, mod_proxy "Environment Variables for Adjusting the Proxy".
 * Thread: worker; pure.
 */
import type { Manner } from '../../workers/job.js';
import type { Request } from '../request.js';

/**
 * Undefined: as usual. `proxy-sendcl` needs nothing: a body of known length is never chunked, and one of unknown length
 * is not gathered without bound.
 * httpd differs: by `proxy-sendextracrlf` it sends a line end behind a body, which a member may take for a next request.
 */
export function mannerOf(r: Request): Manner | undefined {
  if (!r.hasVariables) return undefined;
  const isHttp10 = r.hasFlag('force-proxy-request-1.0');
  const closes = isHttp10 || r.hasFlag('proxy-nokeepalive');
  const isFresh = r.exchange.keepAliveCount === 0 && r.hasFlag('proxy-initial-not-pooled');
  const isChunked = !isHttp10 && r.hasFlag('proxy-sendchunked');
  return isHttp10 || closes || isFresh || isChunked ? { isHttp10, closes, isFresh, isChunked } : undefined;
}
