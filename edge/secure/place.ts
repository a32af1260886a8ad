/**
 * What a section of the configuration asks of a request's TLS connection, and tells of it: SSLRequireSSL, SSLVerifyClient
 * within a section, SSLRequire, SSLOptions, SSLUserName, and the variables HTTPS and SSL_*.
 *
 * Source: httpd 2.4, mod_ssl (ssl_hook_Access, ssl_hook_UserCheck, ssl_hook_Fixup); texts as observed on 2.4.71.
 * Compiled once per plan. Thread: worker; nothing here throws.
 */
import { compileBool } from '../expr/compile.js';
import { setField } from '../http/fields.js';
import { tlsVariable } from '../http/variables.js';
import type { Request } from '../request.js';
import type { Place, ServerSettings } from '../settings.js';
import { optionsOf, type PlaceTls } from './settings.js';

/** Hears why a request is refused. */
export type SecureHearer = (r: Request, module: string, text: string) => void;

/** Note of a request that its error page shows, as httpd names it. */
export const ERROR_NOTES = 'error-notes';

const NO_HANDSHAKE = 'Reason: Cannot perform Post-Handshake Authentication.<br />';

/** returns  a check that says true when the request may go on; undefined where nothing is asked */
export function compileSecureAccess(
  place: PlaceTls | undefined,
  onDenied: SecureHearer,
): ((r: Request) => boolean) | undefined {
  if (place === undefined) return undefined;
  const { requiresTls = false, verifyClient = 'none' } = place;
  const requirements = (place.requirements ?? []).map(({ expr, text }) => ({
    test: compileBool(expr),
    text,
  }));
  const fakesLogin = optionsOf(place).has('FakeBasicAuth');
  if (!requiresTls && verifyClient === 'none' && requirements.length === 0 && !fakesLogin) return undefined;
  return (r) => {
    const { isSecure } = r.exchange;
    if (requiresTls && !isSecure) {
      onDenied(r, 'ssl', `AH02219: access to ${r.uri} failed, reason: SSL connection required`);
      return false;
    }
    // httpd differs: with TLS 1.3 it refuses a client that has shown its certificate already, with TLS 1.2 it does not.
    if (
      isSecure &&
      verifyClient !== 'none' &&
      !hasCertificate(r) &&
      !(verifyClient !== 'require' && wasAsked(r))
    ) {
      onDenied(r, 'ssl', 'AH10158: cannot perform post-handshake authentication');
      r.note(ERROR_NOTES, NO_HANDSHAKE);
      return false;
    }
    for (const { test, text } of requirements) {
      if (test(r)) continue;
      onDenied(
        r,
        'ssl',
        `AH02228: access to ${r.uri} failed, reason: SSL requirement expression not fulfilled`,
      );
      onDenied(r, 'ssl', `AH02229: Failed expression: ${text}`);
      return false;
    }
    return !fakesLogin || fakeLogin(r, onDenied);
  };
}

function hasCertificate(r: Request): boolean {
  const verification = r.exchange.tlsVariable('SSL_CLIENT_VERIFY');
  return verification === 'SUCCESS' || verification === 'GENEROUS';
}

/** The vhost asks every client, so that one without a certificate has none. */
function wasAsked(r: Request): boolean {
  return r.server.tls !== undefined && r.server.tls.verifyClient !== 'none';
}

/** The subject's name stands for user and password; whoever sends such a name by itself is turned away. */
function fakeLogin(r: Request, onDenied: SecureHearer): boolean {
  const sent = /^Basic\s+(\S+)/i.exec(r.header('authorization') ?? '')?.[1];
  if (sent !== undefined) {
    const [user = '', password = ''] = Buffer.from(sent, 'base64').toString('latin1').split(':');
    if (!user.startsWith('/') || password !== 'password') return true;
    onDenied(r, 'ssl', `AH02034: Encountered FakeBasicAuth spoof: ${user}`);
    return false;
  }
  if (!hasCertificate(r)) return true;
  const name = slashed(r.exchange.tlsVariable('SSL_CLIENT_S_DN') ?? '');
  setField(
    r.ownFields(),
    'authorization',
    `Basic ${Buffer.from(`${name}:password`, 'latin1').toString('base64')}`,
  );
  return true;
}

/** `/C=DE/O=…/CN=…`: the old way to write a name, from its beginning. */
function slashed(name: string): string {
  const parts = name.split(/(?<!\\),/).reverse();
  return parts.map((part) => `/${part.replace(/\\([,+"\\<>;# ])/g, '$1')}`).join('');
}

/** Variables that are set before header rules and the member see the request; undefined where nobody would look. */
export function compileSecureVariables(
  place: Place,
  server: ServerSettings,
  onDenied: SecureHearer,
): ((r: Request) => void) | undefined {
  const { secure = {} } = place;
  const options = optionsOf(secure);
  const isAsked = server.tls !== undefined && namesVariables(place, server);
  const setsAll = options.has('StdEnvVars') || options.has('ExportCertData');
  const { userName } = secure;
  if (server.tls === undefined || (!isAsked && !setsAll && userName === undefined)) return undefined;
  return (r) => {
    if (!r.exchange.isSecure) return;
    if (userName !== undefined) {
      const user = tlsVariable(r, userName) ?? '';
      if (user === '') onDenied(r, 'ssl', `AH02227: Failed to set r->user to '${userName}'`);
      else r.user = user;
    }
    r.setEnv('HTTPS', 'on');
    const name = r.exchange.tlsVariable('SSL_TLS_SNI');
    if (name !== undefined) r.setEnv('SSL_TLS_SNI', name);
    if (!setsAll) return;
    for (const each of r.exchange.tlsNames?.(options.has('ExportCertData')) ?? []) {
      const value = r.exchange.tlsVariable(each.toUpperCase());
      if (value !== undefined) r.setEnv(each, value);
    }
  };
}

const NAMED = /"!?HTTPS"|"!?SSL_TLS_SNI"/;

/** Does some rule or log of a server, or a place, name a variable that mod_ssl always sets? */
function namesVariables(place: Place, { accessLogs, rewriteRules }: ServerSettings): boolean {
  return NAMED.test(JSON.stringify([place, accessLogs, rewriteRules ?? []]));
}
