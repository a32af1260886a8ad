/**
 * The modules that httpd ships, by the two names that a configuration calls them: `proxy_module` (LoadModule, IfModule)
 * and `mod_proxy.c` (IfModule). A LoadModule line names one of them and no file is opened: what drover can do is built in.
 *
 * A configuration without any LoadModule line is a plain site file: all modules count as loaded then, but for the two
 * process models that are not the default one. Once there is a LoadModule line, what is not named is not loaded, as in
 * httpd.
 *
 * Source: httpd 2.4 manual, "Module Index"; what is built in: Debian's packages.
 */

const SHIPPED =
  'access_compat actions alias allowmethods asis auth_basic auth_digest auth_form authn_anon authn_core authn_dbd ' +
  'authn_dbm authn_file authn_socache authnz_fcgi authnz_ldap authz_core authz_dbd authz_dbm authz_groupfile ' +
  'authz_host authz_owner authz_user autoindex brotli bucketeer buffer cache cache_disk cache_socache case_filter ' +
  'case_filter_in cern_meta cgi cgid charset_lite data dav dav_fs dav_lock dbd deflate dialup dir dumpio echo env ' +
  'example_hooks expires ext_filter file_cache filter headers heartbeat heartmonitor http2 ident imagemap include ' +
  'info isapi lbmethod_bybusyness lbmethod_byrequests lbmethod_bytraffic lbmethod_heartbeat log_config log_debug ' +
  'log_forensic logio lua macro md mime mime_magic negotiation privileges proxy proxy_ajp proxy_balancer ' +
  'proxy_connect proxy_express proxy_fcgi proxy_fdpass proxy_ftp proxy_hcheck proxy_html proxy_http proxy_http2 ' +
  'proxy_scgi proxy_uwsgi proxy_wstunnel ratelimit reflector remoteip reqtimeout request rewrite sed session ' +
  'session_cookie session_crypto session_dbd setenvif slotmem_plain slotmem_shm so socache_dbm socache_dc ' +
  'socache_memcache socache_redis socache_shmcb speling ssl status substitute suexec systemd tls unique_id unixd ' +
  'userdir usertrack version vhost_alias watchdog xml2enc';

/** Source files whose name is not `mod_<name>.c`. */
const ODD_FILES: Readonly<Record<string, string>> = {
  core_module: 'core.c',
  http_module: 'http_core.c',
  ldap_module: 'util_ldap.c',
  mpm_event_module: 'event.c',
  mpm_worker_module: 'worker.c',
  mpm_prefork_module: 'prefork.c',
};

/** What Debian's httpd has built in, in its order. */
export const BUILT_IN: readonly string[] = [
  'core_module',
  'so_module',
  'watchdog_module',
  'http_module',
  'log_config_module',
  'logio_module',
  'version_module',
  'unixd_module',
];

/** Modules that count as loaded in a configuration without LoadModule. */
const NOT_BY_DEFAULT: ReadonlySet<string> = new Set(['mpm_worker_module', 'mpm_prefork_module']);

const FILE_OF = new Map<string, string>(Object.entries(ODD_FILES));
for (const name of SHIPPED.split(' ')) FILE_OF.set(`${name}_module`, `mod_${name}.c`);
const NAME_OF = new Map([...FILE_OF].map(([name, file]) => [file, name]));

export interface LoadedModule {
  name: string;
  kind: 'static' | 'shared';
}

/** Is it a module of httpd's, by its LoadModule name? */
export function isShipped(name: string): boolean {
  return FILE_OF.has(name);
}

/** `mod_proxy`, `mod_proxy.c`, `proxy_module`, `proxy` → `proxy_module`; undefined for what httpd does not ship. */
export function moduleNameOf(text: string): string | undefined {
  if (FILE_OF.has(text)) return text;
  const name = `${text.replace(/^mod_/, '')}_module`;
  return NAME_OF.get(text) ?? NAME_OF.get(`${text}.c`) ?? (FILE_OF.has(name) ? name : undefined);
}

/** What is loaded at a moment of the reading. */
export class ModuleSet {
  readonly #loaded = new Map<string, 'static' | 'shared'>(BUILT_IN.map((name) => [name, 'static']));
  /** No LoadModule line has been met. */
  isPlain = true;

  /** LoadModule; false when it was there already. */
  load(name: string): boolean {
    this.isPlain = false;
    if (this.#loaded.get(name) === 'shared') return false;
    // httpd differs: a module that is built in may be loaded without a warning, since other builds have it apart.
    this.#loaded.set(name, 'shared');
    return true;
  }

  /** As `<IfModule>` asks: by one of its two names, spelt in full. */
  hasNamed(text: string): boolean {
    const isName = FILE_OF.has(text) || NAME_OF.has(text) || this.#loaded.has(text);
    return isName && this.has(text);
  }

  /** By any of its names. */
  has(text: string): boolean {
    const name = moduleNameOf(text);
    if (name === undefined) return this.#loaded.has(text);
    if (this.isPlain) return !NOT_BY_DEFAULT.has(name);
    return this.#loaded.has(name);
  }

  /** May a directive of this module be used? The process models share their directives, and one is always there. */
  hasWordsOf(module: string): boolean {
    return (
      module === 'core' || module === 'http' || module === 'mpm' || module === 'edge' || this.has(module)
    );
  }

  /** In load order, those built in first. */
  list(): LoadedModule[] {
    const names = this.isPlain ? [...new Set([...BUILT_IN, ...FILE_OF.keys()])] : [...this.#loaded.keys()];
    return names
      .filter((name) => this.has(name))
      .map((name) => ({ name, kind: this.#loaded.get(name) ?? 'static' }));
  }
}
