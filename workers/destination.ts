/** Where a request is sent, and what a delivery works with, apart from delivery.ts for its size. Any worker thread. */
import type { Balancer } from './balancer.js';
import { isHttp2, type MemberSettings } from './member.js';
import type { Pool, PoolTools } from './pool.js';
import type { Reporter } from './reporter.js';

/** Where a request goes: to a balancer's pick, or to one member. */
export type Destination =
  | { balancer: Balancer; member: undefined }
  | { balancer: undefined; member: MemberSettings };

/** May there be an answer before the request's body has begun? Then nothing of that is waited for. */
export function mayConverse({ balancer, member }: Destination): boolean {
  return balancer === undefined ? isHttp2(member) : balancer.converses;
}

export interface DeliveryTools extends PoolTools {
  reporter: Reporter;
  /** A member without a pool of its own (one that is named by a request alone) gets one for one connection. */
  poolOf(member: MemberSettings): Pool;
}
