import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, read } from './reading.js';

function tls(text: string, serverRoot?: string) {
  const [server] = read(text, serverRoot === undefined ? {} : { serverRoot }).servers;
  assert.ok(server);
  return server.draft.tls;
}

describe('directives of mod_ssl', () => {
  let root: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'drover-ssl-'));
    for (const name of ['a.crt', 'a.key', 'b.crt', 'b.key', 'chain.pem'])
      writeFileSync(join(root, name), 'x');
    writeFileSync(join(root, 'empty'), '');
  });

  after(() => rmSync(root, { recursive: true }));

  const refusals: [string, string][] = [
    ['SSLEngine x', 'Argument must be On or Off'],
    ['SSLCertificateFile /nope.crt', "SSLCertificateFile: file '/nope.crt' does not exist or is empty"],
    [
      'SSLCertificateFile nope.crt',
      "SSLCertificateFile: file '/nowhere/nope.crt' does not exist or is empty",
    ],
    ['SSLCertificateFile /tmp', "SSLCertificateFile: file '/tmp' does not exist or is empty"],
    ['SSLCertificateFile /dev/null', "SSLCertificateFile: file '/dev/null' does not exist or is empty"],
    ['SSLCertificateKeyFile /nope', "SSLCertificateKeyFile: file '/nope' does not exist or is empty"],
    ['SSLCertificateChainFile /nope', "SSLCertificateChainFile: file '/nope' does not exist or is empty"],
    ['SSLProtocol foo', "SSLProtocol: Illegal protocol 'foo'"],
    ['SSLProtocol + all', "SSLProtocol: Illegal protocol ''"],
    ['SSLProtocol TLSv1.1 -foo', "SSLProtocol: Illegal protocol 'foo'"],
    ['SSLProtocol SSLv2', 'SSLProtocol: SSLv2 is no longer supported'],
    ['SSLProtocol SSLv3', 'SSLv3 not supported by this version of OpenSSL'],
    ['SSLCipherSuite foo x', "protocol 'foo' not supported"],
    ['SSLCipherSuite TLSv1.2 x', "protocol 'TLSv1.2' not supported"],
    ['SSLVerifyClient x', "SSLVerifyClient: Invalid argument 'x'"],
    ['SSLVerifyClient 2', "SSLVerifyClient: Invalid argument '2'"],
    ['SSLVerifyDepth -1', "SSLVerifyDepth: Invalid argument '-1'"],
    [
      'SSLSessionCache foo:x',
      "SSLSessionCache: 'foo' session cache not supported (known names: shmcb,default). Maybe you need to load the " +
        'appropriate socache module (mod_socache_foo?).',
    ],
    ['SSLSessionCache shmcb:/tmp/x(5)', 'SSLSessionCache: Invalid argument: size has to be >= 8192 bytes'],
    ['SSLSessionCacheTimeout -1', 'SSLSessionCacheTimeout: Invalid argument'],
    [
      'SSLCompression on',
      'This version of OpenSSL does not have any compression methods available, cannot enable SSLCompression.',
    ],
    ['SSLOptions foo', "SSLOptions: Illegal option 'foo'"],
    ['SSLPassPhraseDialog x', 'SSLPassPhraseDialog: Invalid argument'],
    ['SSLRandomSeed x builtin', "SSLRandomSeed: invalid context: `x'"],
    ['SSLVHostSNIPolicy x', "Invalid SSLVhostSNIPolicy argument 'x'"],
    ['SSLCACertificateFile /nope', "SSLCACertificateFile: file '/nope' does not exist or is empty"],
    ['SSLCACertificatePath /nope', "SSLCACertificatePath: directory '/nope' does not exist"],
    ['SSLCARevocationCheck x', "SSLCARevocationCheck: Invalid argument 'x'"],
    ['SSLCARevocationCheck leaf x', "SSLCARevocationCheck: Invalid argument 'x'"],
    ['SSLSessionTicketKeyFile /nope', "SSLSessionTicketKeyFile: file '/nope' does not exist or is empty"],
    ['SSLProxyProtocol x', "SSLProxyProtocol: Illegal protocol 'x'"],
    ['SSLProxyVerify x', "SSLProxyVerify: Invalid argument 'x'"],
    ['SSLProxyVerifyDepth -3', "SSLProxyVerifyDepth: Invalid argument '-3'"],
    ['SSLProxyCACertificateFile /nope', "SSLProxyCACertificateFile: file '/nope' does not exist or is empty"],
    ['SSLProxyCACertificatePath /nope', "SSLProxyCACertificatePath: directory '/nope' does not exist"],
    ['SSLProxyCARevocationCheck x', "SSLProxyCARevocationCheck: Invalid argument 'x'"],
    [
      'SSLProxyMachineCertificatePath /nope',
      "SSLProxyMachineCertificatePath: directory '/nope' does not exist",
    ],
  ];
  for (const [text, message] of refusals) {
    it(`refuse "${text}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('refuse a server without any protocol version', () => {
    assert.equal(messageOf('SSLProtocol -all'), 'AH02231: No SSL protocols available [hint: SSLProtocol]');
  });

  it('switch TLS on, and off again', () => {
    assert.equal(tls('SSLEngine ON').engine, 'on');
    const { engine } = tls('SSLEngine on\nSSLEngine off');
    assert.equal(engine, undefined);
    assert.ok('engine' in tls('SSLEngine off'));
  });

  it('warn that SSLEngine optional is gone', () => {
    const { warnings } = read('SSLEngine optional');
    assert.deepEqual(warnings, ["AH10510: 'SSLEngine optional' is no longer supported"]);
  });

  it('join certificates and keys by position', () => {
    const text = [
      'SSLCertificateKeyFile a.key',
      'SSLCertificateFile a.crt',
      'SSLCertificateFile b.crt',
      'SSLCertificateChainFile chain.pem',
    ].join('\n');
    const read = tls(text, root);
    assert.deepEqual(read.certificates, [
      { certificateFile: join(root, 'a.crt'), keyFile: join(root, 'a.key'), at: 't.conf:2' },
      { certificateFile: join(root, 'b.crt'), keyFile: join(root, 'b.crt'), at: 't.conf:3' },
    ]);
    assert.equal(read.chainFile, join(root, 'chain.pem'));
    assert.match(messageOf('SSLCertificateFile empty', { serverRoot: root }), /does not exist or is empty$/);
  });

  const protocols: [string, string[]][] = [
    ['all', ['TLSv1.2', 'TLSv1.3']],
    ['all -SSLv3', ['TLSv1.2', 'TLSv1.3']],
    ['all -SSLv2 -TLSv1 -TLSv1.1', ['TLSv1.2', 'TLSv1.3']],
    ['-all +TLSv1.2', ['TLSv1.2']],
    ['tlsv1.3', ['TLSv1.3']],
    ['+TLSv1.3 +TLSv1', ['TLSv1', 'TLSv1.3']],
    ['TLSv1.2 TLSv1.3', ['TLSv1.3']],
  ];
  for (const [words, versions] of protocols) {
    it(`read SSLProtocol ${words} as ${versions.join(' ')}`, () => {
      assert.deepEqual(tls(`SSLProtocol ${words}`).protocols, versions);
    });
  }

  it('warn when a protocol undoes those before it', () => {
    assert.deepEqual(read('SSLProtocol all TLSv1.2').warnings, [
      "AH02532: SSLProtocol: Protocol 'TLSv1.2' overrides already set parameter(s). Check if a +/- prefix is missing.",
    ]);
  });

  it('keep cipher suites of TLS 1.3 apart', () => {
    const read = tls(
      'SSLCipherSuite HIGH\nSSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384\nSSLHonorCipherOrder on',
    );
    assert.equal(read.cipherSuite, 'HIGH');
    assert.equal(read.cipherSuite13, 'TLS_AES_256_GCM_SHA384');
    assert.equal(read.honorCipherOrder, true);
    assert.equal(tls('SSLCipherSuite SSL LOW').cipherSuite, 'LOW');
  });

  it('ask clients for certificates, and staple', () => {
    const { servers, notes } = read('SSLVerifyClient require\nSSLVerifyDepth 3\nSSLUseStapling on');
    assert.equal(servers[0]?.draft.tls.verifyClient, 'require');
    assert.equal(servers[0].draft.tls.verifyDepth, 3);
    assert.equal(servers[0].draft.tls.stapling, true);
    assert.deepEqual(notes, []);
  });

  it('add and take away options, and begin anew with one that has no sign', () => {
    assert.deepEqual(read('SSLOptions +StdEnvVars -StrictRequire').servers[0]?.draft.base.secure, {
      changes: { StdEnvVars: true, StrictRequire: false },
    });
    assert.deepEqual(read('SSLOptions FakeBasicAuth').servers[0]?.draft.base.secure?.options, [
      'FakeBasicAuth',
    ]);
  });

  it('know the commands of OpenSSL that have a meaning here', () => {
    assert.deepEqual(
      tls('SSLOpenSSLConfCmd Curves X25519:P-256\nSSLOpenSSLConfCmd MinProtocol TLSv1.2').commands,
      {
        groups: 'X25519:P-256',
        minprotocol: 'TLSv1.2',
      },
    );
    assert.match(messageOf('SSLOpenSSLConfCmd Nonsense x'), /Invalid command 'Nonsense'/);
  });

  it('accept what Debian ships', () => {
    const text = [
      'SSLRandomSeed startup builtin',
      'SSLRandomSeed startup file:/dev/urandom 512',
      'SSLPassPhraseDialog exec:/usr/share/apache2/ask-for-passphrase',
      'SSLSessionCache shmcb:/run/apache2/ssl_scache(512000)',
      'SSLSessionCacheTimeout 300',
      'SSLCipherSuite HIGH:!aNULL',
      'SSLProtocol all -SSLv3',
      'SSLSessionTickets off',
      'SSLOptions +StdEnvVars',
    ].join('\n');
    assert.equal(read(text).warnings.length, 0);
  });

  it('switch TLS toward members for a server, also from a Proxy section', () => {
    assert.equal(read('SSLProxyEngine on').servers[0]?.draft.base.memberTls?.engine, true);
    const text =
      '<Proxy balancer://c>\nSSLProxyEngine on\nSSLProxyVerify none\nSSLProxyCheckPeerName off\n</Proxy>';
    assert.deepEqual(read(text).servers[0]?.places[0]?.place.memberTls, {
      engine: true,
      verify: 'none',
      checkName: false,
    });
  });
});
