/**
 * Runs every *.conftest: a configuration, a line of dashes, and what the reader must make of it.
 *
 * Expected is either JSON, of which every field must be so in Settings (lists in full), or the error text as printed.
 * `$warnings` in the JSON lists texts that warnings must contain, in order; `$vhosts` is what -S prints.
 * `@file NAME` among the lines begins another file; the directory of the files is written `@`.
 * The first line may be `#!` with: `httpd` (a real httpd says the same first lines), `bare` (no Listen and ServerName are
 * added before), `env NAME=value`, `D NAME`, `C LINE` for a directive before the file.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dumpVhosts } from '../../edge/config/dump.js';
import { type ReadResult, readConfiguration } from '../../edge/config/read.js';

const FOLDER = join(import.meta.dirname, '../../../test/conf');
const HTTPD = '/usr/sbin/apache2';
const HTTPD_MODULES = '/usr/lib/apache2/modules';
/** Modules for the comparison with a real httpd; the process model comes first. */
const LOADED = (
  'mpm_event authz_core authz_host access_compat proxy proxy_http slotmem_shm proxy_balancer lbmethod_byrequests headers env ' +
  'setenvif alias rewrite remoteip macro watchdog proxy_hcheck socache_shmcb ssl filter deflate brotli authn_core ' +
  'authn_file auth_basic authz_user authz_groupfile reqtimeout'
).split(' ');

interface Case {
  name: string;
  pragmas: string[];
  /** By name; the first is the configuration. */
  files: Map<string, string>;
  expected: string;
}

function parseCase(name: string): Case {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  const [, body = '', expected = ''] = /^(.*?)^-{5,}\n(.*)$/ms.exec(text) ?? [];
  const files = new Map([['site.conf', '']]);
  let current = 'site.conf';
  let pragmas: string[] = [];
  const lines = body.split('\n').slice(0, -1);
  if (lines[0]?.startsWith('#!') === true)
    pragmas = (lines.shift() ?? '')
      .slice(2)
      .split(',')
      .map((p) => p.trim());
  for (const line of lines) {
    const [, other] = /^@file (\S+)$/.exec(line) ?? [];
    if (other !== undefined) current = other;
    files.set(current, `${files.get(current) ?? ''}${other === undefined ? `${line}\n` : ''}`);
  }
  return { name, pragmas, files, expected: expected.trimEnd() };
}

function read(test: Case, directory: string): ReadResult {
  const env: Record<string, string> = {};
  const defines: string[] = [];
  for (const pragma of test.pragmas) {
    const [, name, value] = /^env (\w+)=(.*)$/.exec(pragma) ?? [];
    if (name !== undefined) env[name] = value ?? '';
    if (pragma.startsWith('D ')) defines.push(pragma.slice(2));
  }
  const said = test.pragmas.filter((pragma) => pragma.startsWith('C ')).map((pragma) => pragma.slice(2));
  const basics = test.pragmas.includes('bare') ? [] : ['Listen 127.0.0.1:18080', 'ServerName main.test'];
  const before = [...said, ...basics];
  const file = join(directory, 'site.conf');
  return readConfiguration({ file, defines, before, after: [], env, program: 'drover' });
}

/** Every field of expected is in actual; lists have the same length. */
function assertPart(actual: unknown, expected: unknown, path: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path} is a list`);
    assert.equal(actual.length, expected.length, `${path} has ${JSON.stringify(actual)}`);
    for (const [at, each] of expected.entries()) assertPart(actual[at], each, `${path}[${at}]`);
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path} is an object`);
    for (const [key, value] of Object.entries(expected)) {
      assertPart((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else assert.deepEqual(actual, expected, path);
}

function assertExpected(test: Case, result: ReadResult, directory: string): void {
  const neutral = (text: string): string => text.replaceAll(directory, '@');
  if (!test.expected.startsWith('{')) {
    assert.ok(result.errors !== undefined, 'the configuration was accepted');
    assert.equal(neutral(result.text(false)).trimEnd(), test.expected);
    return;
  }
  assert.equal(result.errors === undefined ? '' : neutral(result.text(false)), '');
  const { $warnings, $vhosts, ...fields } = JSON.parse(test.expected) as Record<string, unknown>;
  const settings = JSON.parse(neutral(JSON.stringify(result.settings))) as unknown;
  assertPart(settings, fields, 'settings');
  if (result.settings !== undefined && typeof $vhosts === 'string') {
    assert.equal(neutral(dumpVhosts(result.settings)), $vhosts);
  }
  if (Array.isArray($warnings)) {
    const texts = $warnings.map(String);
    assert.equal(result.warnings.length, texts.length, result.warnings.join('\n'));
    for (const [at, text] of texts.entries()) {
      assert.ok(neutral(result.warnings[at] ?? '').includes(text), result.warnings[at]);
    }
  }
}

function writeFiles(test: Case, directory: string): void {
  for (const [name, text] of test.files) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text.replaceAll('@/', `${directory}/`));
  }
}

/** Lines that httpd prints for the same files, its name replaced. */
function askHttpd(directory: string): string {
  const loads = LOADED.filter((name) => existsSync(join(HTTPD_MODULES, `mod_${name}.so`))).flatMap((name) => [
    '-C',
    `LoadModule ${name}_module ${HTTPD_MODULES}/mod_${name}.so`,
  ]);
  const basics = [
    '-C',
    `ServerRoot ${directory}`,
    '-C',
    `DefaultRuntimeDir ${directory}`,
    '-C',
    'ServerName main.test',
  ];
  const log = ['-C', `ErrorLog ${directory}/httpd-error.log`];
  const file = join(directory, 'site.conf');
  const { stderr } = spawnSync(HTTPD, ['-t', '-f', file, '-d', directory, ...loads, ...basics, ...log], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return stderr
    .replace(/^apache2: /gm, 'drover: ')
    .replaceAll(': apache2: ', ': drover: ')
    .replaceAll(directory, '@');
}

const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.conftest'))
  .sort()
  .map(parseCase);

describe('configurations', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'drover-conf-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  for (const test of CASES) {
    const verb = test.expected.startsWith('{') ? 'accepts' : 'refuses';
    it(`${verb} ${test.name.replace(/\.conftest$/, '')}`, () => {
      writeFiles(test, directory);
      assertExpected(test, read(test, directory), directory);
    });
  }
});

describe('refusals beside a real httpd', () => {
  let directory = '';
  before(function () {
    if (existsSync(HTTPD)) return;
    assert.notEqual(process.env['CI'], 'true', 'CI must have apache2');
    console.log(`      ${HTTPD} is not installed: nothing to compare with`);
    this.skip();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'drover-conf-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  for (const test of CASES.filter((each) => each.pragmas.includes('httpd'))) {
    it(`are the same for ${test.name.replace(/\.conftest$/, '')}`, () => {
      writeFiles(test, directory);
      const isDirective = test.expected.startsWith('AH00526');
      const wanted = test.expected.split('\n').slice(0, isDirective ? 2 : 1);
      const printed = askHttpd(directory)
        .split('\n')
        .filter((line) => !/^\[|^AH00558/.test(line));
      assert.deepEqual(printed.slice(0, wanted.length), wanted);
    });
  }
});
