/** What a capture hides: credentials always, named fields and parameters in every place they can stand. */
import assert from 'node:assert/strict';
import { Mask } from '../../../../edge/capture/mask.js';

describe('a mask', () => {
  const mask = new Mask(['token', 'x-key', 'pass word']);

  it('hides fields that carry credentials, and those that are named, and leaves the list it is given', () => {
    const fields = [
      'Authorization',
      'Basic x',
      'cookie',
      'a=b',
      'X-Key',
      '1',
      'Accept',
      '*/*',
      'Set-Cookie',
      's=1',
    ];
    const before = fields.slice();
    assert.deepEqual(mask.fields(fields), [
      ...['Authorization', '***', 'cookie', '***', 'X-Key', '***', 'Accept', '*/*', 'Set-Cookie', '***'],
    ]);
    assert.deepEqual(fields, before);
    assert.deepEqual(new Mask([]).fields(['proxy-authorization', 'x', 'x-key', '1']), [
      'proxy-authorization',
      '***',
      'x-key',
      '1',
    ]);
  });

  it('hides named parameters in a target, however their names are written', () => {
    assert.equal(mask.url('/a?token=1&b=token&TOKEN=2&x='), '/a?token=***&b=token&TOKEN=***&x=');
    assert.equal(mask.url('/a?tok%65n=1;token=2'), '/a?tok%65n=***;token=***');
    assert.equal(mask.url('/a?pass+word=1&pass%20word=2'), '/a?pass+word=***&pass%20word=***');
    assert.equal(mask.url('/token=1/a'), '/token=1/a');
    assert.equal(mask.url('/a?token'), '/a?token');
    assert.equal(mask.url('/a?%zz=1&token=2'), '/a?%zz=1&token=***');
  });

  it('hides them in URLs that fields hold, and accounts in these always', () => {
    assert.deepEqual(mask.fields(['Referer', 'http://u:p@h/a?token=1#token=2', 'Location', '/b?token=3']), [
      ...['Referer', 'http://***@h/a?token=***#token=***', 'Location', '/b?token=***'],
    ]);
    assert.equal(new Mask([]).url('http://u:p@h/@'), 'http://***@h/@');
  });
});
