/**
 * Logins: AuthType Basic with files of users and groups.
 *
 * Source: httpd 2.4 manual, mod_authn_core, mod_authn_file, mod_auth_basic, mod_authz_groupfile; messages from httpd
 * itself. Thread: main, at load.
 */
import type { AuthSettings } from '../../auth/login.js';
import { fail } from '../error.js';
import { refuseUnsupported } from '../scope.js';
import type { Context, DirectiveLine, DirectiveRow, Scope } from '../table.js';
import { choice, firstWord } from './core.js';

const IN_SECTIONS: readonly Context[] = ['location', 'proxy', 'if', 'directory'];

function say(scope: Scope, words: AuthSettings): void {
  scope.place.auth = { ...scope.place.auth, ...words };
}

function unsupported(line: DirectiveLine, scope: Scope, effect: string): void {
  const { text, column } = firstWord(line);
  refuseUnsupported(line, scope, `${line.name} ${text} is not supported by drover: ${effect}`, column);
}

/** A switch that may only stand as it is by default. */
function defaultOnly(
  name: string,
  module: string,
  isOn: boolean,
  usage: string,
  effect: string,
): DirectiveRow {
  return {
    name,
    module,
    contexts: IN_SECTIONS,
    arity: 'flag',
    usage,
    apply(line, scope) {
      const isSaid = choice(firstWord(line), { on: true, off: false });
      if (isSaid !== isOn) unsupported(line, scope, effect);
    },
  };
}

export const AUTH_ROWS: readonly DirectiveRow[] = [
  {
    name: 'AuthType',
    module: 'mod_authn_core',
    contexts: IN_SECTIONS,
    arity: 'take1',
    usage: 'an HTTP authorization type (e.g., "Basic")',
    apply(line, scope) {
      const type = firstWord(line).text.toLowerCase();
      if (type === 'basic' || type === 'none') say(scope, { type });
      else unsupported(line, scope, 'users would have to log in in another way');
    },
  },
  {
    name: 'AuthName',
    module: 'mod_authn_core',
    contexts: IN_SECTIONS,
    arity: 'take1',
    usage: 'the authentication realm (e.g. "Members Only")',
    apply(line, scope) {
      const { text, column } = firstWord(line);
      if (/[\0-\x1f\x7f]/.test(text)) fail(line, 'AuthName must not contain control characters', column);
      say(scope, { name: text });
    },
  },
  {
    name: 'AuthUserFile',
    module: 'mod_authn_file',
    contexts: IN_SECTIONS,
    arity: 'take1',
    usage: 'text file containing user IDs and passwords',
    apply(line, scope) {
      say(scope, { userFile: scope.resolve(firstWord(line).text) });
    },
  },
  {
    name: 'AuthGroupFile',
    module: 'mod_authz_groupfile',
    contexts: IN_SECTIONS,
    arity: 'take1',
    usage: 'text file containing group names and member user IDs',
    apply(line, scope) {
      say(scope, { groupFile: scope.resolve(firstWord(line).text) });
    },
  },
  {
    name: 'AuthBasicProvider',
    module: 'mod_auth_basic',
    contexts: IN_SECTIONS,
    arity: 'iterate',
    usage: 'specify the auth providers for a directory or location',
    apply(line, scope) {
      const other = line.words.find(({ text }) => !/^(?:file|off)$/i.test(text));
      if (other !== undefined) unsupported(line, scope, 'users would be looked up elsewhere than in a file');
    },
  },
  defaultOnly(
    'AuthBasicAuthoritative',
    'mod_auth_basic',
    true,
    "Set to 'Off' to allow access control to be passed along to lower modules if the UserID is not known to this module",
    'another module would be asked for unknown users',
  ),
  {
    name: 'AuthBasicFake',
    module: 'mod_auth_basic',
    contexts: IN_SECTIONS,
    arity: 'take12',
    usage:
      "Fake basic authentication using the given expressions for username and password, 'off' to disable.",
    apply(line, scope) {
      if (firstWord(line).text.toLowerCase() === 'off') return;
      unsupported(line, scope, 'members would be sent a name and password');
    },
  },
  {
    name: 'AuthzSendForbiddenOnFailure',
    module: 'mod_authz_core',
    contexts: IN_SECTIONS,
    arity: 'flag',
    usage:
      "Controls if an authorization failure should result in a '403 FORBIDDEN' response instead of the " +
      "HTTP-conforming '401 UNAUTHORIZED'",
    apply(line, scope) {
      say(scope, { forbidsOnFailure: choice(firstWord(line), { on: true, off: false }) ?? false });
    },
  },
];
