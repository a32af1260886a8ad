/**
 * Require and its containers: plain data, and their compilation to one decision. Source: httpd 2.4, mod_authz_core,
 * mod_authz_host.
 */
import type { BoolExpr } from '../expr/ast.js';

export type AuthzNode =
  | { kind: 'all' | 'any' | 'none'; children: AuthzNode[] }
  | { kind: 'not'; child: AuthzNode }
  | { kind: 'granted' }
  | { kind: 'denied' }
  /** CIDR networks in canonical text: `10.0.0.0/8`, `2001:db8::/32`. */
  | { kind: 'ip'; networks: string[] }
  | { kind: 'host'; domains: string[] }
  | { kind: 'forward-dns'; names: string[] }
  | { kind: 'local' }
  | { kind: 'env'; names: string[] }
  | { kind: 'method'; methods: string[] }
  | { kind: 'expr'; expr: BoolExpr };
