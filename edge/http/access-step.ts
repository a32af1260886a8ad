/**
 * Who may come in: Order, Allow and Deny, then Require, then, if a user would make a difference, the login and Require
 * once more; `Satisfy any` lets the first be enough. Asked again after a wait, the step finds what it waited for and
 * goes on from there.
 * Source: httpd 2.4, ap_process_request_internal (order of the checks), mod_authz_core, mod_access_compat; texts of log
 * lines as observed on httpd 2.4.71. Compiled once per plan; decisions never throw.
 */
import { type AuthSettings, challenge, logIn } from '../auth/login.js';
import type { Request } from '../request.js';
import { type AuthzNode, compileAuthz, type Question } from './access.js';
import { type AccessCompatSettings, compileOrder, compileSatisfy } from './access-compat.js';
import { filename } from './variables.js';

/** `waits`: start r.waitsFor, and ask again when it calls back. */
export type Verdict = 'granted' | 'forbidden' | 'unauthorized' | 'broken' | 'waits';

/** Hears of each check that refuses, even when another one lets the client in. */
export type DenialHearer = (r: Request, module: string, text: string) => void;

export type AccessStep = (r: Request) => Verdict;

/** What a place says of access. */
export interface AccessSettings {
  authz?: AuthzNode | undefined;
  compat?: AccessCompatSettings | undefined;
  auth?: AuthSettings | undefined;
}

/** All access rules of a place as one step; undefined when there are none. */
export function compileAccess(settings: AccessSettings, onDenied: DenialHearer): AccessStep | undefined {
  const { authz, compat, auth } = settings;
  const login = auth?.type === undefined || auth.type === 'none' ? undefined : auth;
  if (authz === undefined && compat === undefined && login === undefined) return undefined;
  const required = compileRequired(authz, login, auth?.groupFile, onDenied);
  if (compat === undefined) return required;
  const isAllowed = compileOrder(compat);
  const isAnyEnough = compileSatisfy(compat);
  return (r) => {
    // A request that comes again after a wait has been here, and its denial has been told.
    const isIn = isAllowed(r);
    if (!isIn && r.login === undefined) onDenied(r, 'access_compat', deniedText('AH01797', r));
    if (isIn === isAnyEnough(r)) return isIn ? 'granted' : 'forbidden';
    return required(r);
  };
}

function compileRequired(
  authz: AuthzNode | undefined,
  auth: AuthSettings | undefined,
  groupFile: string | undefined,
  onDenied: DenialHearer,
): AccessStep {
  if (authz === undefined) {
    if (auth === undefined) return () => 'granted';
    return (r) => {
      const text = 'AH01628: AuthType configured with no corresponding authorization directives';
      onDenied(r, 'authz_core', text);
      return 'broken';
    };
  }
  const ask = compileAuthz(authz, { groupFile, report: onDenied });
  return (r) => {
    if (r.login === undefined) {
      const answer = ask(r);
      if (answer === 'granted' || answer === 'waits') return answer;
      if (answer !== 'anonymous') {
        onDenied(r, 'authz_core', deniedText('AH01630', r));
        return 'forbidden';
      }
      const asked = askForUser(r, auth, onDenied);
      if (asked !== 'granted') return asked;
    } else if (r.login !== 'granted') return r.login === 'broken' ? 'broken' : 'unauthorized';
    return decideOnUser(r, ask(r), auth, onDenied);
  };
}

function askForUser(r: Request, auth: AuthSettings | undefined, onDenied: DenialHearer): Verdict {
  if (auth === undefined) {
    const what = 'No authentication done but request not allowed without authentication';
    onDenied(r, 'core', `AH00027: ${what} for ${r.uri}. Authentication not configured?`);
    return 'broken';
  }
  if (!logIn(r, auth, onDenied)) return 'waits';
  if (r.login === 'granted') return 'granted';
  return r.login === 'broken' ? 'broken' : 'unauthorized';
}

function decideOnUser(
  r: Request,
  answer: ReturnType<Question>,
  auth: AuthSettings | undefined,
  onDenied: DenialHearer,
): Verdict {
  if (answer === 'granted' || answer === 'waits') return answer;
  onDenied(r, 'authz_core', `AH01631: user ${r.user}: authorization failure for "${r.uri}": `);
  if (auth?.forbidsOnFailure === true) return 'forbidden';
  if (auth !== undefined) challenge(r, auth);
  return 'unauthorized';
}

function deniedText(code: string, r: Request): string {
  return `${code}: client denied by server configuration: ${filename(r)}`;
}
