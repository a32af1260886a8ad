import assert from 'node:assert/strict';
import { compileRemoteIp, type RemoteIpSettings } from '../../../../edge/http/remote-ip.js';
import { makeRequest } from '../expr/request-fixture.js';

const INTERNAL = { network: '10.0.0.0/8', isInternal: true };
const TRUSTED = { network: '11.0.0.0/8', isInternal: false };

/** The client's address, and the header that is left. */
function find(value: string, proxies: RemoteIpSettings['proxies'], peer = '10.0.0.1'): string {
  const r = makeRequest({ remoteAddress: peer, fields: ['host', 'a', 'x-forwarded-for', value] });
  compileRemoteIp({ header: 'X-Forwarded-For', proxiesHeader: 'X-Proxies', proxies })(r);
  const proxied = r.header('x-proxies');
  return [r.clientAddress, r.header('x-forwarded-for') ?? '-', ...(proxied ? [proxied] : [])].join(' | ');
}

describe('remote address', () => {
  it('is the last one that no proxy has', () => {
    assert.equal(find('8.8.8.8', [INTERNAL]), '8.8.8.8 | -');
    assert.equal(find('8.8.8.8, 10.0.0.2', [INTERNAL]), '8.8.8.8 | -');
    assert.equal(find('7.7.7.7, 8.8.8.8', [INTERNAL]), '8.8.8.8 | 7.7.7.7');
  });

  it('stays the peer’s when that is no proxy', () => {
    assert.equal(find('8.8.8.8', [INTERNAL], '9.9.9.9'), '9.9.9.9 | 8.8.8.8');
  });

  it('names trusted proxies to members, internal ones not', () => {
    assert.equal(find('8.8.8.8, 11.0.0.1', [INTERNAL, TRUSTED]), '8.8.8.8 | - | 11.0.0.1');
  });

  it('may be private behind internal proxies only', () => {
    assert.equal(find('192.168.0.1', [INTERNAL]), '192.168.0.1 | -');
    assert.equal(find('192.168.0.1, 11.0.0.1', [INTERNAL, TRUSTED]), '11.0.0.1 | 192.168.0.1');
    assert.equal(find('fd00::1, 11.0.0.1', [INTERNAL, TRUSTED]), '11.0.0.1 | fd00::1');
  });

  it('ends before what is no address', () => {
    assert.equal(find('8.8.8.8, unknown, 10.0.0.2', [INTERNAL]), '10.0.0.2 | 8.8.8.8, unknown');
    assert.equal(find('unknown', [INTERNAL]), '10.0.0.1 | unknown');
  });

  it('leaves what the client sent as it was for the logs', () => {
    const r = makeRequest({ remoteAddress: '10.0.0.1', fields: ['x-forwarded-for', '8.8.8.8'] });
    compileRemoteIp({ header: 'X-Forwarded-For', proxies: [INTERNAL] })(r);
    assert.deepEqual(r.exchange.fields, ['x-forwarded-for', '8.8.8.8']);
    assert.deepEqual(r.fields, []);
  });
});
