/**
 * Require valid-user, user and group: questions about the user that a request has logged in as. Before anybody has asked
 * for one the answer is `anonymous`, which makes the access step ask (edge/auth/login.ts).
 * Source: httpd 2.4, mod_authz_user, mod_authz_groupfile. Compiled once per thread; nothing here throws.
 */
import { accountFile } from '../auth/account-file.js';
import type { Request } from '../request.js';
import type { AuthzTools, Question, UserReporter } from './access.js';

export function isKnown(r: Request): boolean {
  return r.login === 'granted';
}

export function compileUsers(names: readonly string[], report: UserReporter): Question {
  const wanted = new Set(names);
  return (r) => {
    if (!isKnown(r)) return 'anonymous';
    if (wanted.has(r.user)) return 'granted';
    const why = `user '${r.user}' does not meet 'require'ments for user to be allowed access`;
    report(r, 'authz_user', `AH01663: access to ${r.uri} failed, reason: ${why}`);
    return 'denied';
  };
}

export function compileGroups(names: readonly string[], tools: AuthzTools): Question {
  const { groupFile, report } = tools;
  return (r) => {
    if (!isKnown(r)) return 'anonymous';
    if (groupFile === undefined) {
      report(r, 'authz_groupfile', 'AH01664: No group file was specified in the configuration');
      return 'denied';
    }
    const groups = accountFile(groupFile).lines(Date.now());
    if (groups === undefined) {
      report(r, 'authz_groupfile', `AH01665: Could not open group file: ${groupFile}`);
      return 'denied';
    }
    if (names.some((name) => groups.get(name)?.split(/\s+/).includes(r.user) === true)) return 'granted';
    const why = "user is not part of the 'require'ed group(s).";
    const text = `AH01667: Authorization of user ${r.user} to access ${r.uri} failed, reason: ${why}`;
    report(r, 'authz_groupfile', text);
    return 'denied';
  };
}
