/** The manual has every directive and variable, as roff that no text of theirs can break. */
import assert from 'node:assert/strict';
import { EDGE_ROWS } from '../../../../edge/config/directives/edge.js';
import { ENVIRONMENT_ROWS } from '../../../../edge/config/environment.js';
import { commandPage, completion, configurationPage, escapeRoff } from '../../../../edge/package/manual.js';

describe('the manual pages', () => {
  it('have every directive of drover and every variable', () => {
    const page = configurationPage();
    for (const { name } of [...EDGE_ROWS, ...ENVIRONMENT_ROWS]) assert.ok(page.includes(`.B ${name}`), name);
  });

  it('show the usage as the command prints it', () => {
    assert.match(commandPage(), /^\.TH DROVER 8/);
    assert.ok(commandPage().includes('Usage: drover [\\-D name]'));
  });

  it('take text literally', () => {
    assert.equal(escapeRoff(".br\n'x\\n-k"), "\\&.br\n\\&'x\\en\\-k");
  });

  it('complete every option of the usage', () => {
    for (const option of ['-D', '-f', '-k', '-t', '-S', '-X'])
      assert.ok(completion().includes(`${option} `), option);
  });
});
