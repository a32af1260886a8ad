/**
 * The BALANCER_* variables of a request that a balancer has picked a member for; written out when somebody looks, which for
 * most requests nobody does. Source: httpd 2.4, mod_proxy_balancer, "Environment variables". Thread: worker; one a pick.
 */
import type { Balancer } from '../../workers/balancer.js';
import type { MemberSettings } from '../../workers/member.js';
import type { VariableSource } from '../request.js';

export class PickVariables implements VariableSource {
  readonly #member: MemberSettings;
  readonly #balancer: string;
  readonly #isRouteChanged: boolean;
  readonly #route: string;
  readonly #routeName: string;

  /** balancer: right after its pick, whose session it still knows */
  constructor(member: MemberSettings, balancer: Balancer) {
    this.#member = member;
    this.#balancer = balancer.settings.name;
    this.#isRouteChanged = balancer.isRouteChanged;
    this.#route = balancer.route;
    this.#routeName = balancer.routeName;
  }

  addVariables(env: Map<string, string>): void {
    env.set('BALANCER_NAME', this.#balancer);
    env.set('BALANCER_WORKER_NAME', this.#member.name);
    env.set('BALANCER_WORKER_ROUTE', this.#member.route);
    if (this.#isRouteChanged) env.set('BALANCER_ROUTE_CHANGED', '1');
    if (this.#route === '') return;
    env.set('BALANCER_SESSION_ROUTE', this.#route);
    env.set('BALANCER_SESSION_STICKY', this.#routeName);
  }
}
