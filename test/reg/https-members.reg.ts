/**
 * Members that are spoken to by TLS, through unix sockets, and with the PROXY protocol: what they get, which certificates
 * are refused and how that reads in the log, and that connections and sessions are used again.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTls, type TLSSocket } from 'node:tls';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from './appliance.js';
import { plainReply } from './raw-origin.js';

const DAY = 86_400_000;

interface Secure {
  port: number;
  handshakes: { name: string; isResumed: boolean; protocol: string; shown: string }[];
  file: string;
  stop(): Promise<void>;
}

const folder = mkdtempSync(join(tmpdir(), 'drover-members-'));

function closing(server: Server, sockets: Set<Socket>): () => Promise<void> {
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}

/** Empty where the other side showed no certificate. */
function commonName(socket: TLSSocket): string {
  const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } };
  return subject?.CN ?? '';
}

/** A TLS member with a certificate of its own for some names; it answers who asked for whom. */
async function secureMember(
  label: string,
  names: string[],
  now = Date.now(),
  more: { ca?: string } = {},
): Promise<Secure> {
  const pair = await selfSigned({ names, days: 2, now });
  const file = join(folder, `${label}.pem`);
  writeFileSync(file, `${pair.certificate}${pair.key}`);
  const http = createHttp((request: IncomingMessage, response: ServerResponse) => {
    const answer = (): void => {
      response.end(`${label} ${request.headers.host ?? ''} ${request.url ?? ''}`);
    };
    // Late enough for requests beside each other to need connections of their own.
    if (request.url === '/late') setTimeout(answer, 300);
    else answer();
  });
  const sockets = new Set<Socket>();
  const handshakes: Secure['handshakes'] = [];
  const mutual = more.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: false, ca: more.ca };
  const server = createTls({ cert: pair.certificate, key: pair.key, ...mutual }, (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    handshakes.push({
      name: (socket as TLSSocket & { servername?: string | false }).servername || '',
      isResumed: socket.isSessionReused(),
      protocol: socket.getProtocol() ?? '',
      shown: commonName(socket),
    });
    http.emit('connection', socket);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, handshakes, file, stop: closing(server, sockets) };
}

describe('a member over TLS', function () {
  this.timeout(120_000);
  let good: Secure;
  let other: Secure;
  let old: Secure;
  let byAddress: Secure;
  let mutual: Secure;
  let plain: Server;
  let drover: Appliance;

  before(async () => {
    good = await secureMember('good', ['localhost', '*.wild.test']);
    other = await secureMember('other', ['elsewhere.test']);
    old = await secureMember('old', ['localhost'], Date.now() - 10 * DAY);
    byAddress = await secureMember('address', ['127.0.0.1']);
    const client = await selfSigned({ names: ['drover.client'], days: 2, now: Date.now() });
    writeFileSync(join(folder, 'client.pem'), `${client.certificate}${client.key}`);
    mutual = await secureMember('mutual', ['localhost'], Date.now(), { ca: client.certificate });
    plain = createTcp((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end(plainReply('in clear text')));
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const trust = (file: string): string => `SSLProxyVerify require\nSSLProxyCACertificateFile "${file}"`;
    drover = await Appliance.start(`
LogLevel ssl:info
SSLProxyEngine on
ProxyPass /good/ https://localhost:${good.port}/
ProxyPass /other/ https://localhost:${other.port}/
ProxyPass /old/ https://localhost:${old.port}/
ProxyPass /address/ https://127.0.0.1:${byAddress.port}/
ProxyPass /plain/ https://localhost:${(plain.address() as AddressInfo).port}/
ProxyPass /dead/ https://127.0.9.9:4001/
<Proxy balancer://trusted>
  BalancerMember https://localhost:${good.port}/trusted
  ${trust(good.file)}
</Proxy>
ProxyPass /trusted/ balancer://trusted/
<Proxy balancer://stranger>
  BalancerMember https://localhost:${good.port}/stranger
  ${trust(other.file)}
</Proxy>
ProxyPass /stranger/ balancer://stranger/
<Proxy balancer://lenient>
  BalancerMember https://localhost:${other.port}
  SSLProxyCheckPeerName off
  SSLProxyProtocol TLSv1.2
</Proxy>
ProxyPass /lenient/ balancer://lenient/
<Proxy balancer://mutual>
  BalancerMember https://localhost:${mutual.port}
  SSLProxyMachineCertificateFile "${join(folder, 'client.pem')}"
</Proxy>
ProxyPass /mutual/ balancer://mutual/
<Proxy balancer://off>
  BalancerMember https://localhost:${good.port}/off
  SSLProxyEngine off
</Proxy>
ProxyPass /off/ balancer://off/
<Location /host/>
  ProxyPass https://localhost:${good.port}/host/
  ProxyPreserveHost On
</Location>
`);
  });

  after(async () => {
    await drover.stop();
    for (const member of [good, other, old, byAddress, mutual]) await member.stop();
    await new Promise((resolve) => plain.close(resolve));
    rmSync(folder, { recursive: true });
  });

  it('is asked by its name, on a connection that is kept', async () => {
    const before = good.handshakes.length;
    for (let n = 0; n < 3; n += 1) {
      const answer = await drover.ask('/good/x?y=1');
      assert.deepEqual([answer.status, answer.body], [200, `good localhost:${good.port} /x?y=1`]);
    }
    assert.deepEqual(good.handshakes.slice(before), [
      { name: 'localhost', isResumed: false, protocol: 'TLSv1.3', shown: '' },
    ]);
  });

  it('resumes its session on a new connection', async () => {
    await Promise.all([1, 2, 3, 4].map(() => drover.ask('/good/late')));
    assert.ok(good.handshakes.some(({ isResumed }) => isResumed));
  });

  it('is asked for the client’s name where ProxyPreserveHost passes it on', async () => {
    const before = good.handshakes.length;
    const answer = await drover.ask('/host/x', { headers: { host: 'a.wild.test:8080' } });
    assert.deepEqual([answer.status, answer.body], [200, 'good a.wild.test:8080 /host/x']);
    assert.equal(good.handshakes[before]?.name, 'a.wild.test');
    assert.equal((await drover.ask('/host/x', { headers: { host: 'a.b.wild.test' } })).status, 500);
  });

  it('is refused for its name, its dates, its authority, and for no TLS at all', async () => {
    for (const path of ['/other/', '/old/', '/stranger/', '/plain/']) {
      const answer = await drover.ask(path);
      assert.deepEqual([path, answer.status], [path, 500]);
      assert.match(answer.body, /Reason: <strong>Error during SSL Handshake with remote server<\/strong>/);
    }
    const log = drover.log();
    assert.match(log, /ssl:info.*AH02411: SSL Proxy: Peer certificate does not match for hostname localhost/);
    assert.match(log, /ssl:info.*AH02004: SSL Proxy: Peer certificate is expired/);
    assert.match(log, /ssl:info.*AH02276: Certificate Verification: Error: DEPTH_ZERO_SELF_SIGNED_CERT/);
    assert.match(log, /SSL Library Error: wrong version number/);
    assert.match(
      log,
      /proxy_http:error.*AH01097: pass request body failed to 127\.0\.0\.1:\d+ \(localhost\) from 127\.0\.0\.1 \(\)/,
    );
  });

  it('is trusted by an authority, an address, or because nobody asks for its name', async () => {
    assert.equal((await drover.ask('/trusted/x')).body, `good localhost:${good.port} /trusted/x`);
    assert.equal((await drover.ask('/address/x')).status, 200);
    assert.equal((await drover.ask('/lenient/x')).body, `other localhost:${other.port} /x`);
    assert.equal(other.handshakes.at(-1)?.protocol, 'TLSv1.2');
  });

  it('is shown a certificate when it asks for one', async () => {
    assert.equal((await drover.ask('/mutual/x')).status, 200);
    assert.equal(mutual.handshakes.at(-1)?.shown, 'drover.client');
  });

  it('gets nothing while SSLProxyEngine is off', async () => {
    assert.equal((await drover.ask('/off/x')).status, 500);
    assert.match(
      drover.log(),
      /AH00961: https: failed to enable ssl support for localhost:\d+ \(localhost\)/,
    );
  });

  it('that refuses connections is a 503', async () => {
    assert.equal((await drover.ask('/dead/x')).status, 503);
    assert.match(drover.log(), /AH00957: https: attempt to connect to 127\.0\.9\.9:4001/);
  });
});

describe('a member behind a socket of another kind', function () {
  this.timeout(120_000);

  it('is reached by a unix socket, and told apart from others of its name', async () => {
    const here = mkdtempSync(join(tmpdir(), 'drover-unix-'));
    const servers = ['a', 'b'].map((label) =>
      createHttp((request, response) => response.end(`${label} ${request.headers.host} ${request.url}`)),
    );
    await Promise.all(
      servers.map((server, n) => new Promise<void>((done) => server.listen(join(here, `${n}.sock`), done))),
    );
    const drover = await Appliance.start(`
ProxyPass /a/ "unix:${here}/0.sock|http://localhost/app/"
ProxyPass /b/ "unix:${here}/1.sock|http://localhost/app/"
ProxyPass /none/ "unix:${here}/2.sock|http://localhost/"
<Proxy balancer://u>
  BalancerMember unix:${here}/0.sock|http://one.test
  BalancerMember unix:${here}/1.sock|http://two.test:8080/p
</Proxy>
ProxyPass /u/ balancer://u/
`);
    try {
      assert.equal((await drover.ask('/a/x')).body, 'a localhost /app/x');
      assert.equal((await drover.ask('/b/x')).body, 'b localhost /app/x');
      assert.equal((await drover.ask('/u/x')).body, 'a one.test /x');
      assert.equal((await drover.ask('/u/x')).body, 'b two.test:8080 /p/x');
      assert.equal((await drover.ask('/none/x')).status, 503);
      assert.match(
        drover.log(),
        /\(2\)No such file or directory: AH02454: http: attempt to connect to Unix domain socket \S+2\.sock \(localhost:80\) failed/,
      );
    } finally {
      await drover.stop();
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      rmSync(here, { recursive: true });
    }
  });

  it('is told the client’s address by the PROXY protocol, a connection for each request', async () => {
    const heard: Buffer[] = [];
    const sockets = new Set<Socket>();
    const server = createTcp((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      let bytes = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (!bytes.includes('\r\n\r\n', 16)) return;
        heard.push(bytes);
        bytes = Buffer.alloc(0);
        socket.write(plainReply('ok'));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const drover = await Appliance.start(
      `ProxyPass /1/ http://127.0.0.1:${port}/one/ proxyprotocol=v1\nProxyPass /2/ http://localhost:${port}/ proxyprotocol=v2`,
      { engine: 'node' },
    );
    try {
      assert.equal((await drover.ask('/1/x')).status, 200);
      assert.equal((await drover.ask('/1/x')).status, 200);
      assert.equal((await drover.ask('/2/x')).status, 200);
      const [one, two, binary] = heard as [Buffer, Buffer, Buffer];
      const line = new RegExp(
        `^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 [1-9]\\d* ${drover.port}\\r\\nGET /one/x HTTP/1\\.1\\r\\n`,
      );
      assert.match(one.toString('latin1'), line);
      assert.match(two.toString('latin1'), line);
      assert.equal(binary.subarray(0, 16).toString('hex'), '0d0a0d0a000d0a515549540a2111000c');
      assert.deepEqual([...binary.subarray(16, 24)], [127, 0, 0, 1, 127, 0, 0, 1]);
      assert.equal(binary.readUInt16BE(26), drover.port);
      assert.equal(binary.subarray(28, 33).toString(), 'GET /');
    } finally {
      await drover.stop();
      await closing(server, sockets)();
    }
  });
});
