import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateError, type CertificateFault } from '../../../tls/error.js';
import { type CertificatePair, dateWarning, loadPair } from '../../../tls/pair.js';
import { selfSigned } from '../../../tls/self-signed.js';

const NOW = Date.UTC(2026, 0, 15, 12);
const DAY = 86_400_000;

describe('a certificate and its key', () => {
  let folder: string;
  let certificateFile: string;
  let keyFile: string;

  before(async function () {
    this.timeout(30_000);
    folder = mkdtempSync(join(tmpdir(), 'pair-'));
    const made = await selfSigned({
      names: ['Example.test', '*.example.test', '10.0.0.1'],
      days: 30,
      now: NOW,
    });
    certificateFile = write('site.crt', made.certificate);
    keyFile = write('site.key', made.key);
  });

  after(() => rmSync(folder, { recursive: true }));

  function write(name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  function faultOf(files: { certificateFile: string; keyFile: string }): {
    reason: CertificateFault;
    message: string;
  } {
    try {
      loadPair(files);
    } catch (error) {
      assert.ok(error instanceof CertificateError);
      return { reason: error.reason, message: error.message };
    }
    assert.fail('the pair was taken');
  }

  it('are loaded with names in lower case and dates', () => {
    const pair = loadPair({ certificateFile, keyFile });
    assert.deepEqual(pair.names, ['example.test', '*.example.test', '10.0.0.1']);
    assert.equal(pair.validTo, NOW + 30 * DAY);
    assert.equal(pair.chainLength, 0);
    assert.match(pair.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it('may stand in one file, key first', () => {
    const both = write('both.pem', readFileSync(keyFile, 'utf8') + readFileSync(certificateFile, 'utf8'));
    assert.equal(loadPair({ certificateFile: both, keyFile: both }).names.length, 3);
  });

  it('count the intermediates that follow in the file', () => {
    const own = readFileSync(certificateFile, 'utf8');
    const chain = write('chain.crt', `${own}\n${own}`);
    assert.equal(loadPair({ certificateFile: chain, keyFile }).chainLength, 1);
  });

  it('are refused when the key is of another certificate', () => {
    const other = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const wrong = write('other.key', other.privateKey);
    const fault = faultOf({ certificateFile, keyFile: wrong });
    assert.equal(fault.reason, 'mismatch');
    assert.ok(fault.message.includes(wrong) && fault.message.includes(certificateFile));
  }).timeout(20_000);

  it('are refused when a file is missing, naming it', () => {
    const missing = join(folder, 'none.crt');
    const fault = faultOf({ certificateFile: missing, keyFile });
    assert.equal(fault.reason, 'unreadable');
    assert.ok(fault.message.includes(missing));
  });

  it('are refused when the certificate file holds no certificate', () => {
    assert.equal(faultOf({ certificateFile: keyFile, keyFile }).reason, 'not-a-certificate');
  });

  it('are refused when the certificate is damaged', () => {
    const file = write('bad.crt', '-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n');
    assert.equal(faultOf({ certificateFile: file, keyFile }).reason, 'not-a-certificate');
  });

  it('are refused when the key file holds no key', () => {
    assert.equal(faultOf({ certificateFile, keyFile: certificateFile }).reason, 'not-a-key');
  });
});

describe('the dates of a certificate', () => {
  const pair: CertificatePair = {
    certificateFile: 'site.crt',
    keyFile: 'site.key',
    names: [],
    validFrom: NOW,
    validTo: NOW + 90 * DAY,
    fingerprint: '',
    chainLength: 0,
    isAuthority: false,
  };

  it('need no word in the middle of its life', () => {
    assert.equal(dateWarning(pair, NOW + 30 * DAY), undefined);
  });

  it('are told before it begins, after it ended, and in its last thirty days', () => {
    assert.match(dateWarning(pair, NOW - 1) ?? '', /site\.crt is not valid before 2026-01-15T12/);
    assert.match(dateWarning(pair, NOW + 91 * DAY) ?? '', /site\.crt expired at 2026-04-15T12/);
    assert.match(dateWarning(pair, NOW + 80 * DAY) ?? '', /site\.crt expires in 10 days, at 2026-04-15T12/);
  });
});
