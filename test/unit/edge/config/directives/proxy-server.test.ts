import assert from 'node:assert/strict';
import { errorOf, messageOf, read } from './reading.js';

function main(text: string) {
  const [server] = read(text).servers;
  assert.ok(server);
  return server.draft;
}

describe('settings of mod_proxy', () => {
  const codes = 'ProxyErrorOverride: status codes to intercept must be';
  const refusals: [string, string][] = [
    ['ProxyTimeout 0', 'Proxy Timeout must be at least 1 second.'],
    ['ProxyVia foo', 'ProxyVia must be one of: off | on | full | block'],
    ['ProxyBadHeader x', 'ProxyBadHeader must be one of: IsError | Ignore | StartBody'],
    ['ProxyStatus x', 'ProxyStatus must be one of: off | on | full'],
    ['ProxyIOBufferSize 5', 'ProxyIOBufferSize must be >= 512 bytes, or 0 for system default.'],
    ['ProxyReceiveBufferSize 5', 'ProxyReceiveBufferSize must be >= 512 bytes, or 0 for system default.'],
    ['BalancerGrowth 1001', 'BalancerGrowth must be between 0 and 1000'],
    ['ProxyErrorOverride 404', 'ProxyErrorOverride first parameter must be one of: off | on'],
    ['ProxyErrorOverride On 99', `${codes} valid HTTP Status Codes >=400 && <600`],
    ['ProxyErrorOverride On x', `${codes} numeric`],
    ['ProxyErrorOverride Off 404', "ProxyErrorOverride: status codes must follow a value of 'on'"],
  ];
  for (const [text, message] of refusals) {
    it(`refuse "${text}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('refuse to make drover a forward proxy, with the reason', () => {
    const error = errorOf('ProxyRequests On');
    assert.match(error.message, /^ProxyRequests On is refused: /);
    assert.equal(error.at.column, 15);
    assert.deepEqual(main('ProxyRequests Off').proxy, {});
  });

  it('are those of a server', () => {
    const text = [
      'ProxyTimeout 5x',
      'ProxyVia FULL',
      'ProxyBadHeader startbody',
      'ProxyStatus on',
      'ProxyMaxForwards -1',
      'ProxyIOBufferSize 0',
      'ProxyReceiveBufferSize 0',
      'BalancerGrowth 5',
      'BalancerPersist Off',
      'BalancerInherit off',
      'ProxyPassInherit On',
    ].join('\n');
    assert.deepEqual(main(text).proxy, {
      timeout: 5000,
      via: 'Full',
      badHeader: 'StartBody',
      proxyStatus: 'On',
      maxForwards: -1,
      ioBufferSize: 8192,
      balancerPersist: false,
      balancerInherit: false,
      proxyPassInherit: true,
    });
  });

  it('are those of a place', () => {
    const { servers } = read('ProxyPreserveHost On\n<Location />\nProxyAddHeaders off\n</Location>');
    assert.deepEqual(servers[0]?.draft.base, { preserveHost: true });
    assert.deepEqual(servers[0].places[0]?.place, { addHeaders: false });
  });

  it('override all errors, or those named', () => {
    assert.equal(main('ProxyErrorOverride On').base.errorOverride, true);
    assert.equal(main('ProxyErrorOverride Off').base.errorOverride, false);
    assert.deepEqual(main('ProxyErrorOverride On 404 500').base.errorOverride, [404, 500]);
    assert.deepEqual(
      main('ProxyErrorOverride On 404\nProxyErrorOverride 502').base.errorOverride,
      [404, 502],
    );
  });

  it('are noted where they have no effect yet', () => {
    assert.deepEqual(read('Proxy100Continue Off').notes, [
      'inactive Proxy100Continue: Expect: 100-continue is still passed to members',
    ]);
    assert.deepEqual(read('Proxy100Continue On').notes, []);
  });
});
