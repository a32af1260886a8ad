/** A browser and an application with drover between them: pages, forms, large bodies both ways, on both engines, with TLS. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from '../reg/appliance.js';
import { ApplicationOrigin, digestOfPieces, PIECE_BYTES } from './application-origin.js';
import { describeWithBrowser, Visitor } from './chromium.js';

/** 48 MB: far more than any buffer on the way. */
const PIECES = 768;

/** Runs in the page: fetches, and tells what came. */
async function download(path: string): Promise<{ status: number; bytes: number; digest: string }> {
  const response = await fetch(path);
  const body = await response.arrayBuffer();
  return { status: response.status, bytes: body.byteLength, digest: await digestOf(body) };

  async function digestOf(data: ArrayBuffer): Promise<string> {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

for (const engine of ['uws', 'node'] as const) {
  describeWithBrowser(`an application behind the ${engine} engine`, (browser) => {
    let folder = '';
    const origin = new ApplicationOrigin();
    let drover: Appliance | undefined;
    let site = '';
    let visitor: Visitor;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'drover-browser-'));
      await origin.listen();
      const port = await freePort();
      const { certificate, key } = await selfSigned({ names: ['localhost'], days: 2, now: Date.now() });
      writeFileSync(join(folder, 'site.crt'), certificate);
      writeFileSync(join(folder, 'site.key'), key, { mode: 0o600 });
      site = `https://localhost:${port}/`;
      drover = await Appliance.start(
        `Listen 127.0.0.1:${port} https
<VirtualHost *:${port}>
  ServerName localhost
  SSLEngine on
  SSLCertificateFile "${folder}/site.crt"
  SSLCertificateKeyFile "${folder}/site.key"
  EdgeEngine ${engine}
  ${engine === 'node' ? 'Protocols h2 http/1.1' : ''}
  ProxyPass / http://127.0.0.1:${origin.port}/
</VirtualHost>`,
        { threads: 2 },
      );
    });
    after(async () => {
      if (folder === '') return;
      await drover?.stop();
      await origin.close();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
      visitor = await Visitor.come(browser());
      await visitor.page.goto(site);
    });
    // One test gives a download up.
    afterEach(() => visitor.go(/pieces=100000.*ERR_ABORTED$/));

    it(`is spoken to in ${engine === 'node' ? 'HTTP/2' : 'HTTP/1.1'}`, async () => {
      await visitor.page.evaluate(download, '/download?pieces=1&framing=length');
      const spoken = (await visitor.page.evaluate(`
        [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map(
          (entry) => entry.nextHopProtocol,
        )`)) as string[];
      assert.ok(spoken.length > 1, `${spoken.length} entries`);
      assert.deepEqual([...new Set(spoken)], [engine === 'node' ? 'h2' : 'http/1.1']);
    });

    for (const framing of ['length', 'chunked'] as const) {
      it(`downloads 48 MB framed by ${framing}, every byte in its place`, async () => {
        const got = await visitor.page.evaluate(download, `/download?pieces=${PIECES}&framing=${framing}`);
        assert.deepEqual(got, { status: 200, bytes: PIECES * PIECE_BYTES, digest: digestOfPieces(PIECES) });
      });
    }

    it('uploads 8 MB', async () => {
      const text = await visitor.page.evaluate(async () => {
        const response = await fetch('/upload', { method: 'POST', body: new Uint8Array(8 * 1024 * 1024) });
        return response.text();
      });
      assert.match(
        text,
        /^POST \/upload 8388608 2daeb1f36095b44b318410b3f4e8b5d989dcc7bb023d1426c492dab0a3053e74\n/,
      );
    });

    it('passes a form with a file on as the browser sent it', async () => {
      const { page } = visitor;
      await page.getByLabel('Name').fill('Zoë & co.');
      await page.getByLabel('File').setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('first line\nsecond line\n'),
      });
      await page.getByRole('button', { name: 'Send' }).click();
      await page.waitForURL('**/form');
      const text = await page.evaluate('document.body.textContent');
      assert.match(String(text), /^POST \/form \d+ /);
      assert.match(String(text), /name="name"\s+Zoë & co\./);
      assert.match(
        String(text),
        /filename="notes.txt"\s+Content-Type: text\/plain\s+first line\s+second line/,
      );
    });

    it('cancels a download that the page gives up, and serves on', async () => {
      const bytes = await visitor.page.evaluate(async () => {
        const response = await fetch('/download?pieces=100000&framing=chunked');
        const reader = response.body?.getReader();
        const first = await reader?.read();
        await reader?.cancel();
        return first?.value?.length ?? 0;
      });
      assert.ok(bytes > 0);
      const got = await visitor.page.evaluate(download, '/download?pieces=2&framing=length');
      assert.deepEqual(got, { status: 200, bytes: 2 * PIECE_BYTES, digest: digestOfPieces(2) });
    });
  });
}
