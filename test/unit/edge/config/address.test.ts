import assert from 'node:assert/strict';
import { lookedUp, parseAddressPort, resolveHost } from '../../../../edge/config/address.js';

describe('an address and port', () => {
  const cases: [string, ReturnType<typeof parseAddressPort>][] = [
    ['80', { host: '', port: 80 }],
    ['*:80', { host: '*', port: 80 }],
    ['10.0.0.1:80', { host: '10.0.0.1', port: 80 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['[0:0:0:0:0:0:0:1]:80', { host: '::1', port: 80 }],
    ['[fe80::1%lo]:80', { host: 'fe80::1', port: 80 }],
    ['[::1]', { host: '::1', port: undefined }],
    ['a.test', { host: 'a.test', port: undefined }],
    ['80x', { host: '80x', port: undefined }],
    ['*:x', { host: '*:x', port: undefined }],
    ['0', undefined],
    ['65536', undefined],
    [':80', undefined],
    ['[::1', undefined],
    ['[x]:80', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`is ${expected === undefined ? 'refused' : 'read'} from ${text}`, () => {
      assert.deepEqual(parseAddressPort(text), expected);
    });
  }
});

describe('a host', () => {
  it('that is an address is itself, in its short form', () => {
    assert.equal(resolveHost('127.0.0.1'), '127.0.0.1');
    assert.equal(resolveHost('0:0::1'), '::1');
  });

  it('has the addresses that the system knows', () => {
    assert.ok(lookedUp('localhost').some((address) => address === '127.0.0.1' || address === '::1'));
  });

  it('that is no name is not looked up', () => {
    assert.deepEqual(lookedUp('-x'), []);
    assert.deepEqual(lookedUp('a b'), []);
  });
});
