/**
 * Every directive and section that drover knows by itself. A new module's rows are added here, and nowhere else.
 */
import { ACCESS_COMPAT_ROWS, LIMIT_SECTIONS } from './directives/access-compat.js';
import { AUTH_ROWS } from './directives/auth.js';
import { AUTHZ_ROWS, AUTHZ_SECTIONS } from './directives/authz.js';
import { CACHE_ROWS } from './directives/cache.js';
import { CACHE_EDGE_ROWS } from './directives/cache-edge.js';
import { CACHE_STORE_ROWS } from './directives/cache-stores.js';
import { CORE_ROWS } from './directives/core.js';
import { EDGE_ROWS } from './directives/edge.js';
import { EDGE_BALANCING_ROWS } from './directives/edge-balancing.js';
import { ENV_ROWS } from './directives/env.js';
import { FILTER_ROWS } from './directives/filters.js';
import { HCHECK_ROWS } from './directives/hcheck.js';
import { HEADERS_ROWS } from './directives/headers.js';
import { HEART_ROWS } from './directives/heart.js';
import { HTTP_ROWS } from './directives/http.js';
import { HTTP2_ROWS, PROTOCOLS_HONOR_ORDER } from './directives/http2.js';
import { LIMIT_ROWS } from './directives/limits.js';
import { LISTEN_ROWS } from './directives/listen.js';
import { LOG_ROWS } from './directives/log.js';
import { MPM_ROWS } from './directives/mpm.js';
import { PLACE_ROWS } from './directives/place.js';
import { PROXY_PASS_ROWS } from './directives/proxy-pass.js';
import { PROXY_PASS_REVERSE_ROWS } from './directives/proxy-pass-reverse.js';
import { PROXY_POOLS_ROWS } from './directives/proxy-pools-rows.js';
import { PROXY_SERVER_ROWS } from './directives/proxy-server.js';
import { REDIRECT_ROWS } from './directives/redirect.js';
import { REMOTEIP_ROWS } from './directives/remoteip.js';
import { REQTIMEOUT_ROWS } from './directives/reqtimeout.js';
import { REWRITE_ROWS } from './directives/rewrite.js';
import { SECTION_ROWS } from './directives/sections.js';
import { SMART_FILTER_ROWS } from './directives/smart-filters.js';
import { SSL_ROWS } from './directives/ssl.js';
import { IRRELEVANT_SSL_ROWS } from './directives/ssl-accepted.js';
import { SSL_CLIENT_ROWS } from './directives/ssl-clients.js';
import { SSL_PROXY_ROWS } from './directives/ssl-proxy.js';
import { SSL_SESSION_ROWS } from './directives/ssl-sessions.js';
import { VHOST_SECTION_ROWS } from './directives/vhost.js';
import type { DirectiveRow, SectionRow } from './table.js';

const ROWS: readonly DirectiveRow[] = [
  ...ACCESS_COMPAT_ROWS,
  ...AUTH_ROWS,
  ...AUTHZ_ROWS,
  ...CACHE_ROWS,
  ...CACHE_EDGE_ROWS,
  ...CACHE_STORE_ROWS,
  ...CORE_ROWS,
  ...EDGE_ROWS,
  ...EDGE_BALANCING_ROWS,
  ...ENV_ROWS,
  ...FILTER_ROWS,
  ...SMART_FILTER_ROWS,
  ...HCHECK_ROWS,
  ...HEADERS_ROWS,
  ...HEART_ROWS,
  ...HTTP_ROWS,
  ...HTTP2_ROWS,
  PROTOCOLS_HONOR_ORDER,
  ...LIMIT_ROWS,
  ...LISTEN_ROWS,
  ...LOG_ROWS,
  ...MPM_ROWS,
  ...PLACE_ROWS,
  ...PROXY_PASS_REVERSE_ROWS,
  ...PROXY_PASS_ROWS,
  ...PROXY_POOLS_ROWS,
  ...PROXY_SERVER_ROWS,
  ...REDIRECT_ROWS,
  ...REMOTEIP_ROWS,
  ...REQTIMEOUT_ROWS,
  ...REWRITE_ROWS,
  ...SSL_ROWS,
  ...SSL_CLIENT_ROWS,
  ...SSL_SESSION_ROWS,
  ...IRRELEVANT_SSL_ROWS,
  ...SSL_PROXY_ROWS,
];

const SECTIONS: readonly SectionRow[] = [
  ...AUTHZ_SECTIONS,
  ...LIMIT_SECTIONS,
  ...SECTION_ROWS,
  ...VHOST_SECTION_ROWS,
];

/** What acts while files are read (reading-words.ts, tree.ts); known here for <IfDirective> and for hints. */
const READING: readonly string[] = ['EdgeUnsupported'];

const BY_NAME = new Map(ROWS.map((row) => [row.name.toLowerCase(), row]));
const SECTION_BY_NAME = new Map(SECTIONS.map((row) => [row.name.toLowerCase(), row]));

export function findRow(name: string): DirectiveRow | undefined {
  return BY_NAME.get(name.toLowerCase());
}

export function findSection(name: string): SectionRow | undefined {
  return SECTION_BY_NAME.get(name.toLowerCase());
}

/** Names as they are spelt, sections with `<`. */
export function directiveNames(): readonly string[] {
  return [...ROWS.map((row) => row.name), ...SECTIONS.map((row) => `<${row.name}`), ...READING];
}
