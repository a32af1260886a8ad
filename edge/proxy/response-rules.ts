/**
 * What a configuration makes of the head of a member's answer, in httpd's order: what mod_proxy mends, then the choice of a
 * filter, whose fields the header rules see. Thread: worker; once a proxied answer.
 */
import type { ResponseHead } from '../../workers/upstream/response-head.js';
import type { BodyFilter } from '../filter/body-filter.js';
import { keepErrorStatus } from '../http/error-override.js';
import { settleFields } from '../http/settled-fields.js';
import { addVia } from '../http/via.js';
import type { Request } from '../request.js';
import type { Plan } from '../route/place.js';
import { finishFields } from '../route/reverse.js';
import { serverField } from '../server-token.js';

/**
 * size     bytes of the body when all of it is there, -1 when it comes in pieces, 0 for one that is not filtered
 * returns  what encodes the body; undefined for nearly all
 */
export function applyRules(r: Request, plan: Plan, head: ResponseHead, size: number): BodyFilter | undefined {
  if (r.documentFor !== undefined) keepErrorStatus(r, plan.place);
  const hasServer = finishFields(head.fields);
  const hasRules = plan.onsuccessHeaders !== undefined || plan.alwaysHeaders !== undefined;
  if (!hasServer && !hasRules) head.fields.unshift('Server', serverField());
  addVia(r);
  plan.reverse?.(r);
  const filter = plan.filter?.(r, size);
  r.contentType = undefined;
  plan.alwaysHeaders?.(r);
  plan.onsuccessHeaders?.(r);
  if (hasRules) settleFields(r);
  return filter;
}
