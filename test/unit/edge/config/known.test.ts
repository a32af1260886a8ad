import assert from 'node:assert/strict';
import { acceptedWord } from '../../../../edge/config/irrelevant.js';
import { knownWord, knownWords, wordsOf } from '../../../../edge/config/known.js';
import { isShipped, ModuleSet, moduleNameOf } from '../../../../edge/config/modules.js';
import { directiveNames, findRow, findSection } from '../../../../edge/config/rows.js';
import { effectOf } from '../../../../edge/config/unsupported.js';

/** Acts while files are read, so it has no row. */
const READING =
  'Define UnDefine Include IncludeOptional LoadModule LoadFile ServerRoot DefaultRuntimeDir Use UndefMacro'
    .toLowerCase()
    .split(' ');

describe('the words of httpd', () => {
  it('are found in any case, sections with their bracket', () => {
    assert.deepEqual(knownWord('proxypass'), { name: 'ProxyPass', isSection: false, module: 'mod_proxy' });
    assert.deepEqual(knownWord('<LOCATION'), { name: 'Location', isSection: true, module: 'core' });
    assert.equal(knownWord('<ProxyPass'), undefined);
  });

  it('belong to modules that httpd ships', () => {
    for (const word of knownWords()) {
      const { module } = knownWord(word) ?? { module: '' };
      const name = moduleNameOf(module);
      assert.ok(
        ['mpm', 'http', 'core'].includes(module) || (name !== undefined && isShipped(name)),
        `${word}: ${module}`,
      );
    }
  });

  it('each have one of four meanings here, and those that have none say what is lost', () => {
    const vague = 'requests or responses would be treated differently';
    for (const word of knownWords()) {
      const isSection = word.startsWith('<');
      const name = word.toLowerCase().replace('<', '');
      const row = isSection ? findSection(name) : findRow(name);
      if (row !== undefined || acceptedWord(word, undefined) !== undefined || READING.includes(name))
        continue;
      if (isSection && (name.startsWith('if') || name === 'macro')) continue;
      const known = knownWord(word);
      assert.ok(known !== undefined);
      if (known.module !== 'core') assert.notEqual(effectOf(known), vague, word);
    }
  });

  it('of every row here are httpd’s with the same module, or drover’s own', () => {
    for (const name of directiveNames()) {
      const isSection = name.startsWith('<');
      const row = isSection ? findSection(name.slice(1)) : findRow(name);
      if (row === undefined || row.module === 'edge') continue;
      assert.equal(knownWord(name)?.module, row.module, name);
    }
  });

  it('are listed by module', () => {
    assert.deepEqual(wordsOf('mod_reqtimeout'), ['RequestReadTimeout']);
    assert.deepEqual(wordsOf('mod_nope'), []);
  });
});

describe('a set of modules', () => {
  it('has all but the other process models while nothing is loaded by name', () => {
    const modules = new ModuleSet();
    for (const name of [
      'mod_proxy.c',
      'proxy_module',
      'mod_ssl.c',
      'event.c',
      'core.c',
      'mpm_event_module',
    ]) {
      assert.ok(modules.has(name), name);
    }
    for (const name of ['prefork.c', 'mpm_worker_module', 'mod_php.c']) assert.ok(!modules.has(name), name);
  });

  it('has what is loaded once something is', () => {
    const modules = new ModuleSet();
    assert.equal(modules.load('proxy_module'), true);
    assert.equal(modules.load('proxy_module'), false);
    assert.ok(modules.has('mod_proxy.c') && modules.has('core.c') && !modules.has('mod_ssl.c'));
    assert.ok(modules.hasWordsOf('mpm') && modules.hasWordsOf('edge') && !modules.hasWordsOf('mod_ssl'));
  });

  it('takes a module that is built in elsewhere without a word', () => {
    assert.equal(new ModuleSet().load('log_config_module'), true);
  });
});
