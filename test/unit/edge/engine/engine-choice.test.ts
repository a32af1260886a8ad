import assert from 'node:assert/strict';
import { chooseEngine } from '../../../../edge/engine/engine-choice.js';
import type { ServerSettings, Settings, TlsSettings } from '../../../../edge/settings.js';

type Draft = Omit<Partial<ServerSettings>, 'tls'> & { tls?: Partial<TlsSettings> };

const TLS = {
  certificates: [],
  verifyClient: 'none',
  stapling: false,
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
};

/** Only what the choice looks at. */
function settingsOf(drafts: Draft[], modules = ['http2_module']): Settings {
  const servers = drafts.map((draft, at) => ({
    engine: 'auto',
    addresses: at === 0 ? [] : [{ address: '*', port: 80 }],
    protocols: ['http/1.1'],
    limitRequestFields: 100,
    at: `site.conf:${at}`,
    ...draft,
    ...(draft.tls === undefined ? {} : { tls: { ...TLS, ...draft.tls } }),
  }));
  return { servers, modules: modules.map((name) => ({ name, kind: 'shared' })) } as unknown as Settings;
}

function choice(drafts: Draft[], modules?: string[]): string {
  const { engine, reason } = chooseEngine(settingsOf(drafts, modules), {
    address: '',
    port: 80,
    protocol: 'http',
  });
  return `${engine}: ${reason}`;
}

describe('the engine of an address', () => {
  const cases: [string, Draft[], string][] = [
    ['is uws when nothing is asked for', [{}, {}], 'uws: nothing asks for node'],
    ['is node for EdgeEngine node', [{}, { engine: 'node' }], 'node: EdgeEngine node (site.conf:1)'],
    [
      'is uws for EdgeEngine uws, whatever else',
      [{}, { engine: 'uws', tls: { stapling: true } }],
      'uws: EdgeEngine uws (site.conf:1)',
    ],
    [
      'is node when one server says so and another uws',
      [{}, { engine: 'uws' }, { engine: 'node' }],
      'node: EdgeEngine node (site.conf:2)',
    ],
    [
      'is node for HTTP/2 over TLS',
      [{}, { tls: {}, protocols: ['h2', 'http/1.1'] }],
      'node: Protocols h2 (site.conf:1)',
    ],
    ['is uws for h2 without TLS', [{}, { protocols: ['h2', 'http/1.1'] }], 'uws: nothing asks for node'],
    ['is node for HTTP/2 in clear', [{}, { protocols: ['h2c'] }], 'node: Protocols h2c (site.conf:1)'],
    [
      'is node for client certificates',
      [{}, { tls: { verifyClient: 'optional' } }],
      'node: SSLVerifyClient optional (site.conf:1)',
    ],
    ['is node for stapling', [{}, { tls: { stapling: true } }], 'node: SSLUseStapling on (site.conf:1)'],
    [
      'is node without TLS 1.2',
      [{}, { tls: { protocols: ['TLSv1.3'] } }],
      'node: SSLProtocol TLSv1.3 (site.conf:1)',
    ],
    ['is uws for the usual versions', [{}, { tls: {} }], 'uws: nothing asks for node'],
    [
      'is node for more header fields than uws takes',
      [{}, { limitRequestFields: 0 }],
      'node: LimitRequestFields 0 (site.conf:1)',
    ],
    [
      'does not look at vhosts of other ports',
      [{}, { engine: 'node', addresses: [{ address: '*', port: 81 }] }],
      'uws: nothing asks for node',
    ],
    [
      'does not look at the main server where a vhost takes all',
      [{ engine: 'node' }, {}],
      'uws: nothing asks for node',
    ],
    [
      'looks at the main server beside vhosts of single addresses',
      [{ engine: 'node' }, { addresses: [{ address: '10.0.0.1', port: 80 }] }],
      'node: EdgeEngine node (site.conf:0)',
    ],
  ];
  for (const [title, drafts, expected] of cases) {
    it(title, () => assert.equal(choice(drafts), expected));
  }

  it('does not count protocols of a module that is not loaded', () => {
    assert.equal(choice([{}, { tls: {}, protocols: ['h2'] }], []), 'uws: nothing asks for node');
  });
});
