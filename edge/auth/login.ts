/**
 * AuthType Basic: who does the client say it is, and is that its password? The answer is left on the request (`user`,
 * `login`), where Require, logs, expressions and header rules find it. A request whose password has to be hashed first
 * waits (see passwords.ts); none that is not asked for a user comes here.
 * Source: httpd 2.4, mod_auth_basic, mod_authn_core, mod_authn_file; RFC 7617. Thread: worker; nothing here throws.
 */
import type { Request } from '../request.js';
import { accountFile } from './account-file.js';
import { type Finding, passwords } from './passwords.js';

/** What a place says of logins; each word replaces the one around it. */
export interface AuthSettings {
  /** AuthType in lower case; `none` takes the outer one away. */
  type?: string;
  /** AuthName: the realm. */
  name?: string;
  /** Absolute path of AuthUserFile. */
  userFile?: string;
  /** Absolute path of AuthGroupFile. */
  groupFile?: string;
  /** AuthzSendForbiddenOnFailure: a user who may not come in gets 403, not another question. */
  forbidsOnFailure?: boolean;
}

/** Hears why somebody was not let in: module, httpd's code and words. */
export type LoginReporter = (r: Request, module: string, text: string) => void;

/**
 * Settles r.login, now or later.
 * returns  true when it is settled; false: r.waitsFor is to be started, and it will be
 */
export function logIn(r: Request, auth: AuthSettings, report: LoginReporter): boolean {
  if (auth.name === undefined) return broken(r, report, 'auth_basic', `AH01615: need AuthName: ${r.uri}`);
  const credentials = readCredentials(r);
  if (credentials === undefined) return challenge(r, auth);
  if (credentials === 'other') {
    report(r, 'auth_basic', `AH01614: client used wrong authentication scheme: ${r.uri}`);
    return challenge(r, auth);
  }
  r.user = credentials.user;
  if (auth.userFile === undefined) {
    return broken(r, report, 'authn_file', 'AH01619: AuthUserFile not specified in the configuration');
  }
  const users = accountFile(auth.userFile).lines(Date.now());
  if (users === undefined) {
    const text = `AH01620: Could not open password file: ${auth.userFile}`;
    return broken(r, report, 'authn_file', text);
  }
  const hash = users.get(credentials.user)?.split(':', 1)[0];
  if (hash === undefined) {
    report(r, 'auth_basic', `AH01618: user ${credentials.user} not found: ${r.uri}`);
    return challenge(r, auth);
  }
  return compare(r, auth, credentials.password, hash, report);
}

function compare(
  r: Request,
  auth: AuthSettings,
  password: Buffer,
  hash: string,
  report: LoginReporter,
): boolean {
  let onLater: (() => void) | undefined;
  const finding = passwords().check(password, hash, (later) => {
    settle(r, auth, later, report);
    onLater?.();
  });
  if (finding !== undefined) {
    settle(r, auth, finding, report);
    return true;
  }
  r.waitsFor = (done) => {
    onLater = done;
  };
  return false;
}

function settle(r: Request, auth: AuthSettings, finding: Finding, report: LoginReporter): void {
  switch (finding) {
    case 'right':
      r.login = 'granted';
      break;
    case 'wrong': {
      const text = `AH01617: user ${r.user}: authentication failure for "${r.uri}": Password Mismatch`;
      report(r, 'auth_basic', text);
      challenge(r, auth);
      break;
    }
    case 'unknown':
      report(
        r,
        'authn_file',
        `user ${r.user}: the password file has a hash that is not bcrypt, SHA-1 or apr1`,
      );
      challenge(r, auth);
      break;
    case 'busy':
      broken(r, report, 'auth_basic', `user ${r.user}: too many passwords wait to be compared`);
  }
}

/** The question that goes with a 401, whatever page that has. */
export function challenge(r: Request, auth: AuthSettings): true {
  r.login = 'refused';
  const realm = (auth.name ?? '').replace(/["\\]/g, '\\$&');
  r.keepField('WWW-Authenticate', `Basic realm="${realm}"`);
  return true;
}

function broken(r: Request, report: LoginReporter, module: string, text: string): true {
  report(r, module, text);
  r.login = 'broken';
  return true;
}

/** `other`: not the Basic scheme. Text is latin1, bytes as they came. */
function readCredentials(r: Request): { user: string; password: Buffer } | 'other' | undefined {
  const value = r.header('authorization');
  if (value === undefined) return undefined;
  const [, scheme = '', token = ''] = /^(\S*)\s*(.*)$/s.exec(value) ?? [];
  if (scheme.toLowerCase() !== 'basic') return 'other';
  const text = Buffer.from(token, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const password = colon < 0 ? '' : text.slice(colon + 1);
  // A user's name stands in logs and fields: what has controls in it is nobody's.
  if (/[\0-\x1f\x7f]/.test(user)) return undefined;
  return { user, password: Buffer.from(password, 'latin1') };
}
