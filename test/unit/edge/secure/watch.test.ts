/** Certificates that end: each stage is said once, in the log, and anew when another certificate has come. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateEnds, daysLeft } from '../../../../edge/secure/ends.js';
import { CertificateWatch } from '../../../../edge/secure/watch.js';
import type { Settings } from '../../../../edge/settings.js';
import { selfSigned } from '../../../../tls/self-signed.js';

const DAY = 86_400_000;

describe('CertificateWatch', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-unit-watch-'));
  const files = { certificateFile: join(folder, 'a.crt'), keyFile: join(folder, 'a.key') };
  const start = Date.now();
  const said: string[] = [];
  let changes = 0;
  let watch: CertificateWatch;
  const settings = {
    servers: [{ tls: { certificates: [{ ...files, at: 'x' }] } }],
  } as unknown as Settings;

  async function write(days: number): Promise<void> {
    const made = await selfSigned({ names: ['a.test'], days, now: start });
    writeFileSync(files.certificateFile, made.certificate);
    writeFileSync(files.keyFile, made.key);
  }

  before(async () => {
    await write(90);
    watch = new CertificateWatch(settings, {
      onChange: () => {
        changes += 1;
      },
      onStaple: () => assert.fail('nobody asked for one'),
      log: (severity, text) => said.push(`${severity} ${text.replace(/^.*certificate\S* /, '')}`),
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  it('warns 30, 7 and 1 days before the end, and at the end, once each', () => {
    const told = (left: number): string[] => {
      for (let n = 0; n < 3; n += 1) watch.look(start + (90 - left) * DAY);
      return said.splice(0).map((line) => line.replace(/, at .*|at \d.*/, ''));
    };
    assert.deepEqual(told(80), []);
    assert.deepEqual(told(30.5), []);
    assert.match(told(29.5).join(), /^warn \S*a\.crt expires in 29 days$/);
    assert.deepEqual(told(8), []);
    assert.match(told(6.5).join(), /^warn \S*a\.crt expires in 6 days$/);
    assert.deepEqual(told(2), []);
    assert.match(told(0.5).join(), /^warn \S*a\.crt expires in less than a day$/);
    assert.match(told(-1).join(), /^error \S*a\.crt expired $/);
    assert.deepEqual(told(-2), []);
  });

  it('begins anew with a certificate that has come in its place', async () => {
    await write(5);
    watch.look(start);
    assert.equal(changes, 0, 'it may be half written');
    watch.look(start);
    assert.equal(changes, 1);
    assert.match(said.join('\n'), /expires in 5 days|expires in 4 days/);
  });

  it('is told beside by pages, in days that are left', async () => {
    const ends = new CertificateEnds(settings);
    assert.deepEqual(
      ends.list.map((end) => [end.file, daysLeft(end, start)]),
      [[files.certificateFile, 4]],
    );
    await write(9);
    assert.equal(daysLeft(ends.list[0] ?? assert.fail(), start), 4);
    ends.read();
    assert.equal(daysLeft(ends.list[0] ?? assert.fail(), start), 8);
    rmSync(files.certificateFile);
    ends.read();
    assert.equal(ends.list.length, 1, 'what cannot be read is known still');
  });
});
