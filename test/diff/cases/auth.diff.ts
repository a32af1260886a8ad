/** Logins: AuthType Basic, files of users and groups, and how Require and Satisfy go with them (httpd-semantics 2.8). */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, type Observation, request } from '../harness/case.js';
import { LISTEN, WEB1 } from '../harness/places.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'drover-auth-'));
// httpd reads the files as another user.
chmodSync(FOLDER, 0o755);
process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }));

/** Passwords: bea `sesame` (bcrypt), sam `open` (SHA-1), max `correct horse battery staple` (apr1), eve none (apr1). */
const USERS = [
  '# users',
  'bea:$2y$05$jGeklTp8j5x5TUTimCLWmuo9h9yTsywIttoRv/Cvvq75c.3mOibFm',
  'sam:{SHA}X8fji//gDKRq3YkUVGSi6vdZ1cI=',
  'max:$apr1$aB3.x/9Q$/uNbyDw03uAubvq4gTkI20',
  'eve:$apr1$x$tMwYqBfQwi3FYAr0aJc8M/',
  '',
].join('\n');

function files(): string {
  writeFileSync(join(FOLDER, 'users'), USERS, { mode: 0o644 });
  writeFileSync(join(FOLDER, 'groups'), 'staff: bea sam\nguests: max\n', { mode: 0o644 });
  return `Define USERS ${FOLDER}/users\nDefine GROUPS ${FOLDER}/groups\n`;
}

function as(user: string, password: string): string[] {
  return [`Authorization: Basic ${Buffer.from(`${user}:${password}`, 'latin1').toString('base64')}`];
}

const BEA = as('bea', 'sesame');
const SAM = as('sam', 'open');
const MAX = as('max', 'correct horse battery staple');

function passes(path: string, what: string, rows: string[] = []): DiffCase {
  return { name: `${path} passes: ${what}`, steps: [get(path, rows)], expect: ['200 web1'] };
}

function refused(path: string, what: string, rows: string[] = [], status = 401): DiffCase {
  return { name: `${path} is refused: ${what}`, steps: [get(path, rows)], expect: [`${status} -`] };
}

const BASIC = `AuthType Basic
  AuthName "Members \\"only\\""
  AuthUserFile \${USERS}
  AuthGroupFile \${GROUPS}`;

function challenges([step]: Observation[]): void {
  const field = step?.response.fields.find(([name]) => name.toLowerCase() === 'www-authenticate');
  assert.match(field?.[1] ?? '', /^Basic realm=/);
}

describeAlike({
  name: 'logins',
  config: () => `
${files()}
Listen ${LISTEN}
ErrorDocument 401 "come back with a name"
<Location /any>
  ${BASIC}
  Require valid-user
  Header always set X-Always 1
</Location>
<Location /user>
  ${BASIC}
  Require user bea "max"
</Location>
<Location /group>
  ${BASIC}
  Require group staff
  ErrorDocument 401 default
</Location>
<Location /net-or-user>
  ${BASIC}
  Require ip 127.0.0.1
  Require valid-user
</Location>
<Location /both>
  ${BASIC}
  <RequireAll>
    Require valid-user
    Require not user sam
    Require method GET
  </RequireAll>
</Location>
<Location /either>
  ${BASIC}
  Order deny,allow
  Deny from all
  Allow from env=letin
  Require valid-user
  Satisfy Any
</Location>
<Location /all>
  ${BASIC}
  Order deny,allow
  Deny from env=keepout
  Require valid-user
</Location>
<Location /forbids>
  ${BASIC}
  AuthzSendForbiddenOnFailure On
  Require user bea
</Location>
<Location /nofile>
  AuthType Basic
  AuthName x
  AuthUserFile /nowhere/to/be/found
  Require valid-user
</Location>
<Location /noname>
  AuthType Basic
  AuthUserFile \${USERS}
  Require valid-user
</Location>
<Location /notype>
  Require valid-user
</Location>
<Location /norule>
  ${BASIC}
</Location>
<Location /merge>
  ${BASIC}
  Require group staff
</Location>
<Location /merge/and>
  AuthMerging And
  Require env letin
</Location>
<Location /merge/or>
  AuthMerging Or
  Require env letin
</Location>
<Location /merge/off>
  Require user max
</Location>
<Location /header>
  ${BASIC}
  Require valid-user
  RequestHeader set X-User expr=%{REMOTE_USER}-%{AUTH_TYPE}
</Location>
<Location /host>
  Require host .invalid
</Location>
<Location /nothost>
  <RequireAll>
    Require all granted
    Require not host example.invalid
  </RequireAll>
</Location>
<Location /dns>
  Require forward-dns nobody.invalid localhost
</Location>
<Location /nodns>
  Require forward-dns nobody.invalid
</Location>
SetEnvIf X-Key ^open$ letin
SetEnvIf X-Key ^shut$ keepout
LogFormat "%h %u %>s %r" diff
ProxyPass / http://${WEB1}/
`,
  cases: [
    { ...refused('/any/x', 'no name'), check: challenges },
    { ...refused('/any/x', 'wrong password', as('bea', 'sesam')), check: challenges },
    refused('/any/x', 'unknown user', as('nobody', 'x')),
    refused('/any/x', 'another scheme', ['Authorization: Bearer abc']),
    refused('/any/x', 'no colon', [`Authorization: Basic ${Buffer.from('bea').toString('base64')}`]),
    refused('/any/x', 'empty password for one who has one', as('bea', '')),
    passes('/any/x', 'bcrypt', BEA),
    passes('/any/x', 'bcrypt, once more', BEA),
    passes('/any/x', 'SHA-1', SAM),
    passes('/any/x', 'apr1', MAX),
    passes('/any/x', 'an empty password that is right', as('eve', '')),
    passes('/any/x', 'the scheme in other case', [`${BEA[0]?.replace('Basic', 'bAsIc')}`]),
    passes('/user/x', 'named', BEA),
    passes('/user/x', 'named in quotes', MAX),
    { ...refused('/user/x', 'not named', SAM), check: challenges },
    passes('/group/x', 'in the group', SAM),
    { ...refused('/group/x', 'not in the group', MAX), check: challenges },
    passes('/net-or-user/x', 'by address alone'),
    passes('/net-or-user/x', 'by address, whatever the password', as('bea', 'wrong')),
    passes('/both/x', 'all of it', BEA),
    refused('/both/x', 'the one user who may not', SAM),
    refused('/both/x', 'nobody'),
    {
      name: 'a method that no user could make right is forbidden without asking',
      steps: [request('POST', '/both/x', [], { body: 'abc' })],
      expect: ['403 -'],
    },
    {
      name: 'a body waits for the password to be compared',
      steps: [request('POST', '/any/x', as('bea', 'sesame'), { body: 'a=1&b=2' })],
      expect: ['200 web1'],
    },
    passes('/either/x', 'by variable', ['X-Key: open']),
    passes('/either/x', 'by name', BEA),
    refused('/either/x', 'by neither'),
    refused('/either/x', 'wrong password', as('bea', 'x')),
    passes('/all/x', 'both', BEA),
    refused('/all/x', 'no name'),
    refused('/all/x', 'kept out before anybody asks', ['X-Key: shut', ...BEA], 403),
    refused('/forbids/x', 'another user is forbidden', SAM, 403),
    refused('/forbids/x', 'nobody is asked', []),
    refused('/nofile/x', 'no file', BEA, 500),
    refused('/noname/x', 'no realm', BEA, 500),
    refused('/notype/x', 'no type', BEA, 500),
    refused('/norule/x', 'nobody', [], 500),
    refused('/norule/x', 'a user, and no rule for him', BEA, 500),
    passes('/merge/x', 'the outer rule', BEA),
    refused('/merge/and/x', 'one of two', BEA, 403),
    passes('/merge/and/x', 'both', ['X-Key: open', ...BEA]),
    passes('/merge/or/x', 'the inner one', ['X-Key: open']),
    passes('/merge/or/x', 'the outer one', BEA),
    refused('/merge/off/x', 'replaced', BEA),
    passes('/merge/off/x', 'the inner one', MAX),
    passes('/header/x', 'the name goes on', BEA),
    refused('/host/x', 'another name', [], 403),
    passes('/nothost/x', 'not that name'),
    passes('/dns/x', 'localhost is this address'),
    refused('/nodns/x', 'a name that leads nowhere', [], 403),
  ],
});
