import assert from 'node:assert/strict';
import { coversName, SniTable } from '../../../tls/sni.js';

describe('the table of TLS names', () => {
  const table = new SniTable([
    { names: ['www.example.com', '*.shop.example.com'], value: 'first' },
    { names: ['*.example.com', 'a?.test'], value: 'second' },
    { names: ['www.example.com', 'api.example.com', 'x.test'], value: 'third' },
  ]);

  it('finds an exact name whatever its case, with or without the final dot', () => {
    assert.equal(table.find('WWW.Example.COM'), 'first');
    assert.equal(table.find('x.test.'), 'third');
  });

  it('finds the earlier entry even when a later one has the exact name', () => {
    assert.equal(table.find('api.example.com'), 'second');
  });

  it('lets a star stand for several labels and a question mark for one character', () => {
    assert.equal(table.find('a.b.shop.example.com'), 'first');
    assert.equal(table.find('ab.test'), 'second');
    assert.equal(table.find('abc.test'), undefined);
  });

  it('takes dots of a pattern as dots', () => {
    assert.equal(new SniTable([{ names: ['*.a.test'], value: 1 }]).find('x-aytest'), undefined);
  });

  it('finds nothing for an unknown name or none', () => {
    assert.equal(table.find('example.org'), undefined);
    assert.equal(table.find(''), undefined);
  });
});

describe('the name of a certificate', () => {
  it('covers the same name only', () => {
    assert.equal(coversName('Example.com', 'example.COM'), true);
    assert.equal(coversName('example.com', 'www.example.com'), false);
  });

  it('covers exactly one label by its wildcard', () => {
    assert.equal(coversName('*.example.com', 'www.example.com'), true);
    assert.equal(coversName('*.example.com', 'a.b.example.com'), false);
    assert.equal(coversName('*.example.com', 'example.com'), false);
    assert.equal(coversName('*.example.com', '.example.com'), false);
  });
});
