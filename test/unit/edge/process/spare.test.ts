import assert from 'node:assert/strict';
import { spareWait } from '../../../../edge/process/spare.js';

describe('the time until there is a spare', () => {
  it('is ten seconds when nothing is said', () => {
    assert.equal(spareWait({}, false), 10_000);
    assert.equal(spareWait({ DROVER_SPARE: '' }, false), 10_000);
  });

  it('is what DROVER_SPARE says', () => {
    assert.equal(spareWait({ DROVER_SPARE: '0' }, false), 0);
    assert.equal(spareWait({ DROVER_SPARE: '60' }, false), 60_000);
  });

  it('never comes where DROVER_SPARE is off, or in debug mode', () => {
    assert.equal(spareWait({ DROVER_SPARE: 'Off' }, false), undefined);
    assert.equal(spareWait({ DROVER_SPARE: '60' }, true), undefined);
  });
});
