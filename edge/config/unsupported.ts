/**
 * What a configuration loses when a directive of httpd's is not there: one sentence a module, and one for words whose
 * module says too little. The sentence goes on after "is not supported by drover: ".
 *
 * Source: httpd 2.4 manual, "Directive Index".
 */
import type { KnownWord } from './known.js';

const BY_MODULE: Readonly<Record<string, string>> = {
  core: 'requests or responses would be treated differently',
  mod_allowmethods: 'requests with other methods would be refused',
  mod_auth_basic: 'users would have to log in',
  mod_auth_digest: 'users would have to log in',
  mod_auth_form: 'users would have to log in by a form',
  mod_authn_core: 'users would have to log in',
  mod_authn_anon: 'users would have to log in',
  mod_authn_dbd: 'users would have to log in',
  mod_authn_dbm: 'users would have to log in',
  mod_authn_file: 'users would have to log in',
  mod_authn_socache: 'users would have to log in',
  mod_authnz_ldap: 'users would have to log in',
  mod_authz_core: 'access would be decided by it',
  mod_authz_dbd: 'access would depend on the user',
  mod_authz_dbm: 'access would depend on the user',
  mod_authz_groupfile: 'access would depend on the user',
  mod_buffer: 'bodies would be collected before they are passed on',
  mod_case_filter: 'bodies would be in capitals',
  mod_case_filter_in: 'request bodies would be in capitals',
  mod_charset_lite: 'bodies would be translated to another character set',
  mod_dialup: 'responses would be slowed down',
  mod_echo: 'it would send back what it gets',
  mod_expires: 'responses would get Expires and Cache-Control',
  mod_ext_filter: 'bodies would go through another program',
  mod_ident: 'the user would be asked from the client’s host',
  mod_ldap: 'users would be looked up by LDAP',
  mod_log_forensic: 'each request would be logged twice',
  mod_logio: 'the time to the first byte could be logged',
  mod_lua: 'scripts would take part in requests',
  mod_md: 'certificates would be obtained by ACME',
  mod_proxy: 'the proxy would behave differently',
  mod_proxy_connect: 'it would be a forward proxy',
  mod_proxy_express: 'members would come from a table of hosts',
  mod_proxy_ftp: 'it would be a proxy to FTP',
  mod_proxy_html: 'links in pages would be rewritten',
  mod_reflector: 'requests would be sent back',
  mod_request: 'request bodies would be kept',
  mod_sed: 'bodies would be edited',
  mod_session: 'sessions would be kept in cookies',
  mod_session_cookie: 'sessions would be kept in cookies',
  mod_session_crypto: 'sessions would be kept in cookies',
  mod_session_dbd: 'sessions would be kept in a database',
  mod_ssl: 'TLS would be set up differently',
  mod_substitute: 'bodies would be edited',
  mod_tls: 'TLS would be set up by another library; use the words of mod_ssl',
  mod_unixd: 'the process would be confined',
  mod_usertrack: 'clients would get a cookie to follow them by',
};

const BY_WORD: Readonly<Record<string, string>> = {
  adddefaultcharset: 'responses without a character set would get one',
  allowconnect: 'it would be a forward proxy',
  chrootdir: 'the process would be confined to a directory',
  hostnamelookups: 'clients would be logged by name',
  mergetrailers: 'trailers would be merged into the header',
  noproxy: 'it would be a forward proxy',
  proxyblock: 'requests to some hosts would be refused',
  proxydomain: 'it would be a forward proxy',
  port: 'nothing in httpd 2.4 either; use Listen',
  proxypassinterpolateenv: 'variables in ProxyPass lines would be replaced per request',
  proxyremote: 'requests would go through another proxy',
  proxyremotematch: 'requests would go through another proxy',
  proxysourceaddress: 'connections to members would come from another address',
  regexdefaultoptions: 'regular expressions would mean something else',
  serverpath: 'old clients without Host would be served by path',
  setinputfilter: 'request bodies would be filtered',
  setoutputfilter: 'response bodies would be filtered',
  stricthostcheck: 'requests for unknown hosts would be refused',
};

export function effectOf(word: KnownWord): string {
  const key = `${word.isSection ? '<' : ''}${word.name.toLowerCase()}`;
  return BY_WORD[key] ?? BY_MODULE[word.module] ?? 'requests or responses would be treated differently';
}
