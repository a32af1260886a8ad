import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { AccountFile } from '../../../edge/auth/account-file.js';
import { apr1 } from '../../../edge/auth/apr1.js';
import { type Finding, Passwords } from '../../../edge/auth/passwords.js';
import { isWithin, NameMemory } from '../../../edge/http/client-names.js';

describe('apr1', () => {
  // Made by `openssl passwd -apr1`.
  const HASHES: [string, string][] = [
    ['correct horse battery staple', '$apr1$aB3.x/9Q$/uNbyDw03uAubvq4gTkI20'],
    ['', '$apr1$x$tMwYqBfQwi3FYAr0aJc8M/'],
    ['secret', '$apr1$rqXexS6Z$aHkKxtrJ39SjHzMujenay1'],
  ];
  for (const [password, hash] of HASHES)
    it(`makes of '${password}' what others make`, () =>
      assert.equal(apr1(Buffer.from(password), hash), hash));
});

describe('passwords', () => {
  const passwords = new Passwords();
  after(() => passwords.close());

  function check(password: string, hash: string): Promise<Finding> {
    return new Promise((resolve) => {
      const now = passwords.check(Buffer.from(password), hash, resolve);
      if (now !== undefined) resolve(now);
    });
  }

  it('are compared with SHA-1 and apr1 at once', () => {
    const sha = `{SHA}${createHash('sha1').update('open').digest('base64')}`;
    const never = (): void => assert.fail('it was to be answered at once');
    assert.equal(passwords.check(Buffer.from('open'), sha, never), 'right');
    assert.equal(passwords.check(Buffer.from('shut'), sha, never), 'wrong');
    assert.equal(passwords.check(Buffer.from('x'), 'plain', never), 'unknown');
  });

  it('are compared with bcrypt later, and then at once', async () => {
    const hash = hashSync('sesame', 4).replace('$2b$', '$2y$');
    assert.equal(
      passwords.check(Buffer.from('sesame'), hash, () => {}),
      undefined,
    );
    assert.equal(await check('sesame', hash), 'right');
    assert.equal(
      passwords.check(Buffer.from('sesame'), hash, () => {}),
      'right',
    );
    assert.equal(await check('sesam', hash), 'wrong');
    assert.equal(await check('sesame', '$2y$99$nonsense'), 'wrong');
  }).timeout(20_000);
});

describe('account files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-accounts-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are looked at once a second, and read again when they have changed', () => {
    const path = join(folder, 'users');
    writeFileSync(path, '# all\nann:x:extra\n\nann:second\nbob: y \nnocolon\n');
    const file = new AccountFile(path);
    assert.deepEqual(
      [...(file.lines(0) ?? [])],
      [
        ['ann', 'x:extra'],
        ['bob', 'y'],
      ],
    );
    writeFileSync(path, 'eve:z\n');
    utimesSync(path, 1, 1);
    assert.equal(file.lines(999)?.has('ann'), true);
    assert.deepEqual([...(file.lines(1000) ?? [])], [['eve', 'z']]);
    rmSync(path);
    assert.equal(file.lines(2000), undefined);
  });
});

describe('names of clients', () => {
  it('are within a domain by whole labels', () => {
    assert.equal(isWithin('www.example.org', 'example.org'), true);
    assert.equal(isWithin('example.org', 'example.org'), true);
    assert.equal(isWithin('badexample.org', 'example.org'), false);
    assert.equal(isWithin('www.example.org', '.example.org'), true);
    assert.equal(isWithin('example.org', '.example.org'), false);
  });

  it('are asked for once by all who wait, and again when they are old', () => {
    let asked = 0;
    let tell: (names: string[]) => void = () => {};
    let now = 0;
    const memory = new NameMemory(
      (_, answer) => {
        asked += 1;
        tell = answer;
      },
      () => now,
    );
    let told = 0;
    const hear = (): void => {
      told += 1;
    };
    memory.find('192.0.2.1', hear);
    memory.find('192.0.2.1', hear);
    assert.deepEqual([asked, told, memory.get('192.0.2.1')], [1, 0, undefined]);
    tell(['a.test']);
    assert.deepEqual([told, memory.get('192.0.2.1')], [2, ['a.test']]);
    now = 60_001;
    assert.equal(memory.get('192.0.2.1'), undefined);
  });
});
