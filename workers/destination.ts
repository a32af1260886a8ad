/** Where a request is sent, and what a delivery works with: plain types, apart from delivery.ts for its size. */
import type { Balancer } from './balancer.js';
import type { MemberSettings } from './member.js';
import type { Pool, PoolTools } from './pool.js';
import type { Reporter } from './reporter.js';

/** Where a request goes: to a balancer's pick, or to one member. */
export type Destination =
  | { balancer: Balancer; member: undefined }
  | { balancer: undefined; member: MemberSettings };

export interface DeliveryTools extends PoolTools {
  reporter: Reporter;
  /** A member without a pool of its own (one that is named by a request alone) gets one for one connection. */
  poolOf(member: MemberSettings): Pool;
}
