/**
 * Certificates for members of the comparison: an authority with an intermediate, and what each kind of member shows. Made
 * by openssl once for the whole run and removed with the process; both servers read the same files.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Authority {
  /** File names by what they hold: `ca.pem`, `good.pem`, `client.pem`, `crl.pem` … */
  path(name: string): string;
  /** Certificate (with what belongs to its chain) and key. */
  pair(name: string): { cert: string; key: string };
}

let shared: Authority | undefined;

export function authority(): Authority {
  shared ??= makeAuthority();
  return shared;
}

/** Leaves by name: subject, further names, and the days they are valid from now on. */
const LEAVES: readonly [name: string, subject: string, names: string, days: number, by: string][] = [
  ['good', 'good.test', 'DNS:localhost,DNS:*.wild.test', 3, 'ca'],
  ['named', 'localhost', '', 3, 'ca'],
  ['other', 'other.test', 'DNS:other.test', 3, 'ca'],
  ['old', 'localhost', 'DNS:localhost', -1, 'ca'],
  ['deep', 'localhost', 'DNS:localhost', 3, 'middle'],
  ['revoked', 'localhost', 'DNS:localhost', 3, 'ca'],
  ['client', 'drover.client', '', 3, 'ca'],
  ['one', 'one.test', 'DNS:one.test,DNS:*.one.test', 3, 'ca'],
  ['two', 'two.test', 'DNS:two.test,DNS:also.two.test', 3, 'ca'],
];

function makeAuthority(): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'drover-diff-ca-'));
  chmodSync(directory, 0o755);
  process.once('exit', () => execFileSync('rm', ['-rf', directory]));
  const path = (name: string): string => join(directory, name);
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { stdio: 'ignore', cwd: directory });
  };
  writeFileSync(path('index.txt'), '');
  writeFileSync(path('crlnumber'), '01\n');
  writeFileSync(
    path('ca.cnf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\ndefault_crl_days=3\n',
  );
  const key = (name: string): string[] => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}.key`,
  ];
  openssl('req', '-x509', ...key('ca'), '-days', '5', '-subj', '/CN=drover test authority', '-out', 'ca.pem');
  const sign = (name: string, subject: string, extension: string, days: number, by: string): void => {
    openssl('req', ...key(name), '-subj', `/CN=${subject}`, '-out', `${name}.csr`);
    writeFileSync(path(`${name}.ext`), extension);
    const signer = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signer,
      '-days',
      String(days),
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
  };
  openssl(
    'req',
    '-x509',
    ...key('stranger'),
    '-days',
    '3',
    '-subj',
    '/CN=stranger.client',
    '-out',
    'stranger.pem',
  );
  sign('middle', 'drover test intermediate', 'basicConstraints=critical,CA:TRUE', 4, 'ca');
  for (const [name, subject, names, days, by] of LEAVES)
    sign(name, subject, names === '' ? 'basicConstraints=CA:FALSE' : `subjectAltName=${names}`, days, by);
  openssl('ca', '-config', 'ca.cnf', '-revoke', 'revoked.pem', '-keyfile', 'ca.key', '-cert', 'ca.pem');
  openssl('ca', '-config', 'ca.cnf', '-gencrl', '-keyfile', 'ca.key', '-cert', 'ca.pem', '-out', 'crl.pem');
  const text = (name: string): string => readFileSync(path(name), 'latin1');
  // The user that SSLOptions +FakeBasicAuth makes of the client's name; the password is `password`.
  writeFileSync(path('fake.users'), '/CN=drover.client:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n');
  mkdirSync(path('hashed'));
  writeFileSync(path('hashed/ca.pem'), text('ca.pem'));
  openssl('rehash', 'hashed');
  writeFileSync(path('machine.pem'), text('client.pem') + text('client.key'));
  // SSL_CLIENT_V_REMAIN counts whole days by the second: both servers are asked when the first day has begun.
  execFileSync('sleep', ['1.1']);
  return {
    path,
    pair: (name) => ({
      cert: text(`${name}.pem`) + (name === 'deep' ? text('middle.pem') : ''),
      key: text(`${name}.key`),
    }),
  };
}
