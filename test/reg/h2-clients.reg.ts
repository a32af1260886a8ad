/**
 * HTTP/2 in front, as the clients of others speak it: curl by ALPN, by prior knowledge and by Upgrade, nghttp with
 * everything it can show, and h2load with more streams at once than a connection of HTTP/1.1 ever has.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';
import { HTTP2_MODULES, type TlsSite, tlsSite } from './tls-site.js';

const run = promisify(execFile);
const PROGRAMS = ['curl', 'nghttp', 'h2load'];
const BODY = 'k'.repeat(1024);

describe('HTTP/2 with the clients of others', function () {
  this.timeout(120_000);
  let site: TlsSite | undefined;
  let upload: string;
  let origin: RawOrigin | undefined;
  let drover: Appliance | undefined;
  let secure: string;
  let plain: string;

  before(async function () {
    const missing = PROGRAMS.filter((program) => spawnSync(program, ['--version']).error !== undefined);
    if (missing.length > 0) {
      assert.notEqual(process.env['CI'], 'true', `CI must have ${missing.join(' and ')}`);
      console.log(`    skipped: ${missing.join(' and ')} cannot be run here`);
      this.skip();
    }
    site = await tlsSite('h2-clients', ['localhost']);
    upload = join(site.folder, 'upload');
    writeFileSync(upload, 'u'.repeat(1_000_000));
    origin = await RawOrigin.start((socket, { head, body }) => {
      const { line } = head;
      if (line.startsWith('HEAD')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n');
      else if (line.startsWith('GET /1k')) socket.write(plainReply(BODY));
      else if (line.startsWith('GET /summed'))
        socket.write(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n',
        );
      else socket.write(plainReply(`${line} ${body.length}`));
    });
    drover = await Appliance.start(
      `${HTTP2_MODULES}
       Protocols h2 h2c http/1.1
       ProxyPass / http://127.0.0.1:${origin.port}/
       ${site.listen}
       <VirtualHost *:${site.port}>
         ServerName localhost
         ${site.words}
         ProxyPass / http://127.0.0.1:${origin.port}/
       </VirtualHost>`,
      { engine: 'node' },
    );
    secure = `https://127.0.0.1:${site.port}`;
    plain = `http://127.0.0.1:${drover.port}`;
  });
  after(async () => {
    try {
      await drover?.stop();
    } finally {
      await origin?.stop();
      site?.remove();
    }
  });

  const curl = async (...words: string[]): Promise<string> =>
    (await run('curl', ['-sk', '--max-time', '20', '-w', '\n%{http_version} %{http_code}', ...words])).stdout;

  it('serves curl by ALPN, by prior knowledge, and after `Upgrade: h2c`', async () => {
    assert.equal(await curl('--http2', `${secure}/a`), 'GET /a HTTP/1.1 0\n2 200');
    assert.equal(await curl('--http1.1', `${secure}/a`), 'GET /a HTTP/1.1 0\n1.1 200');
    assert.equal(await curl('--http2-prior-knowledge', `${plain}/b`), 'GET /b HTTP/1.1 0\n2 200');
    assert.equal(await curl('--http2', `${plain}/c?d=e`), 'GET /c?d=e HTTP/1.1 0\n2 200');
    assert.equal(await curl(`${plain}/d`), 'GET /d HTTP/1.1 0\n1.1 200');
  });

  it('takes what curl uploads, and answers its HEAD', async () => {
    for (const words of [
      ['--http2', secure],
      ['--http2-prior-knowledge', plain],
    ]) {
      const [how = '', site = ''] = words;
      const data = `@${upload}`;
      assert.equal(await curl(how, '--data-binary', data, `${site}/u`), 'POST /u HTTP/1.1 1000000\n2 200');
      assert.equal(await curl(how, '-T', upload, `${site}/t`), 'PUT /t HTTP/1.1 1000000\n2 200');
      const head = await curl(how, '-I', `${site}/h`);
      assert.match(head, /^HTTP\/2 200 \r\n.*content-length: 7\r\n.*2 200$/s);
    }
  });

  it('shows nghttp frames, trailers, and many requests on one connection', async () => {
    const summed = (await run('nghttp', ['-nv', '--no-verify-peer', `${secure}/summed`])).stdout;
    assert.match(summed, /The negotiated protocol: h2/);
    assert.match(summed, /x-sum: 42/);
    const padded = await run('nghttp', ['-b', '32', '-H', 'x-a: b', '-d', upload, `${plain}/p`]);
    assert.equal(padded.stdout, 'POST /p HTTP/1.1 1000000');
    const upgraded = (await run('nghttp', ['-u', '-v', `${plain}/up`])).stdout;
    assert.match(upgraded, /HTTP Upgrade success/);
    const many = (await run('nghttp', ['-ns', '-m', '50', '--no-verify-peer', `${secure}/1k`])).stdout;
    assert.equal(many.match(/ 200 +\S+ \/1k$/gm)?.length, 50, many);
  });

  for (const where of ['over TLS', 'in clear text'] as const) {
    it(`loses nothing of 32 connections with 10 streams each, ${where}`, async () => {
      const site = where === 'over TLS' ? secure : plain;
      const { stdout } = await run('h2load', ['-n6400', '-c32', '-m10', `${site}/1k`]);
      assert.match(
        stdout,
        /6400 total, 6400 started, 6400 done, 6400 succeeded, 0 failed, 0 errored, 0 timeout/,
      );
      assert.match(stdout, /status codes: 6400 2xx, 0 3xx, 0 4xx, 0 5xx/);
    });
  }
});
