import assert from 'node:assert/strict';
import { compileNetworks, parseNetwork } from '../../../../edge/http/access-address.js';

describe('network text', () => {
  const READ: [string, string | undefined][] = [
    ['10', '10.0.0.0/8'],
    ['10.', '10.0.0.0/8'],
    ['10.1', '10.1.0.0/16'],
    ['10.1.2.', '10.1.2.0/24'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.0.0.0/255.0.0.0', '10.0.0.0/8'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['10.0.0.0/33', undefined],
    ['10.0.0.0/255.0.255.0', undefined],
    ['10.1/16', undefined],
    ['10.256', undefined],
    ['1.2.3.4.5', undefined],
    ['1.2.3.4.', undefined],
    ['localhost', undefined],
    ['', undefined],
    ['::1/129', undefined],
    ['::g', undefined],
  ];
  for (const [text, network] of READ)
    it(`${text || 'nothing'} is ${network ?? 'refused'}`, () => assert.equal(parseNetwork(text), network));
});

describe('networks', () => {
  it('cover exactly their addresses', () => {
    const isInside = compileNetworks(['10.0.0.128/25', '2001:db8::8000:0:0:0/65']);
    assert.equal(isInside('10.0.0.127'), false);
    assert.equal(isInside('10.0.0.128'), true);
    assert.equal(isInside('10.0.1.0'), false);
    assert.equal(isInside('2001:db8::8000:0:0:1'), true);
    assert.equal(isInside('2001:db8::7fff:0:0:1'), false);
  });

  it('answer the same for an address asked again, and after many others', () => {
    const isInside = compileNetworks(['10.0.0.0/8']);
    assert.equal(isInside('10.0.0.1'), true);
    for (let i = 0; i < 3000; i++) assert.equal(isInside(`11.0.${i >> 8}.${i & 255}`), false);
    assert.equal(isInside('10.0.0.1'), true);
  });

  it('take an address with a zone for what it is without', () => {
    assert.equal(compileNetworks(['fe80::/10'])('fe80::1%eth0'), true);
  });
});
