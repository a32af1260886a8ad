import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arguments, parseArguments } from '../../../edge/arguments.js';

function parse(line: string, cwd = '/home'): Arguments {
  return parseArguments(line === '' ? [] : line.split(' '), cwd);
}

describe('the command line', () => {
  it('runs the default file when it is empty', () => {
    const args = parse('');
    assert.equal(args.action, 'run');
    assert.equal(args.verb, 'start');
    assert.equal(args.file, '/etc/drover/drover.conf');
    assert.equal(args.serverRoot, '/etc/drover');
  });

  it('takes the directory of the file for ServerRoot', () => {
    assert.equal(parse('-f /etc/apache2/apache2.conf').serverRoot, '/etc/apache2');
  });

  it('starts a relative -f from -d, and without it from the working directory', () => {
    assert.equal(parse('-d /srv/root -f conf/a.conf').file, '/srv/root/conf/a.conf');
    assert.equal(parse('-f conf/a.conf').file, '/home/conf/a.conf');
  });

  it('takes values joined to their option, apart from it, and flags in one word', () => {
    const args = parse('-DONE -D TWO -tT -f/x.conf');
    assert.deepEqual(args.defines, ['ONE', 'TWO']);
    assert.equal(args.action, 'check');
    assert.equal(args.file, '/x.conf');
  });

  it('keeps directives of -C and -c in order and apart', () => {
    const args = parseArguments(['-C', 'Listen 80', '-c', 'KeepAlive Off', '-C', 'Listen 81'], '/');
    assert.deepEqual(args.before, ['Listen 80', 'Listen 81']);
    assert.deepEqual(args.after, ['KeepAlive Off']);
  });

  it('makes -S and -M the DUMP names they stand for', () => {
    assert.deepEqual(parse('-S').defines, ['DUMP_VHOSTS', 'DUMP_RUN_CFG']);
    assert.deepEqual(parse('-M').defines, ['DUMP_MODULES']);
    assert.equal(parse('-S').action, 'dump');
    assert.equal(parse('-t -D DUMP_MODULES').action, 'dump');
  });

  for (const verb of ['start', 'restart', 'graceful', 'graceful-stop', 'stop'] as const) {
    it(`knows -k ${verb}`, () => assert.equal(parse(`-k ${verb}`).verb, verb));
  }

  it('tells a check with -v from a question for the version', () => {
    assert.equal(parse('-v').action, 'version');
    const check = parse('-t -v');
    assert.equal(check.action, 'check');
    assert.equal(check.isVerbose, true);
  });

  it('knows the other questions and the demonstration', () => {
    assert.equal(parse('-V').action, 'build');
    assert.equal(parse('-l').action, 'static-modules');
    assert.equal(parse('-L').action, 'directives');
    assert.equal(parse('-h').action, 'usage');
    assert.equal(parse('--help').action, 'help');
    assert.equal(parse('--version').action, 'version');
    assert.equal(parse('demo').action, 'demo');
  });

  it('refuses an unknown option in the words of getopt', () => {
    const args = parse('-t -Q');
    assert.equal(args.action, 'usage');
    assert.equal(args.problem, 'illegal option -- Q');
  });

  it('refuses an option that misses its argument', () => {
    assert.equal(parse('-f').problem, 'option requires an argument -- f');
  });

  it('refuses an unknown verb as an illegal -k', () => {
    assert.equal(parse('-k dance').problem, 'illegal option -- k');
  });

  it('shows the usage alone for a word that is no option', () => {
    const args = parse('site.conf');
    assert.equal(args.action, 'usage');
    assert.equal(args.problem, '');
  });

  it('refuses names of objects as options', () => {
    assert.equal(parse('--constructor').action, 'usage');
  });
});

describe('the default file below -d', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'root-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is drover.conf, also when nothing is there', () => {
    assert.equal(parse(`-d ${root}`).file, join(root, 'drover.conf'));
  });

  it("is Debian's or upstream's place where ours is missing", () => {
    mkdirSync(join(root, 'conf'));
    writeFileSync(join(root, 'conf/httpd.conf'), '');
    assert.equal(parse(`-d ${root}`).file, join(root, 'conf/httpd.conf'));
    writeFileSync(join(root, 'apache2.conf'), '');
    assert.equal(parse(`-d ${root}`).file, join(root, 'apache2.conf'));
  });
});
