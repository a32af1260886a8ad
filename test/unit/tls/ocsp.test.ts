/** OCSP answers as openssl makes them: which count, and why others do not. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OcspSubject, ocspRequest, readOcspAnswer } from '../../../tls/ocsp.js';

describe('an OCSP answer', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-unit-ocsp-'));
  const path = (name: string): string => join(folder, name);
  const raw = (name: string): Buffer => new X509Certificate(readFileSync(path(`${name}.pem`))).raw;
  let subject: OcspSubject;

  function openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  }

  /** What a responder says of a certificate; signer: whose certificate and key sign it. */
  function answer(signer: string, asked: OcspSubject, ...words: string[]): Buffer {
    writeFileSync(path('request'), ocspRequest(asked));
    const by = [
      '-index',
      'index.txt',
      '-CA',
      'ca.pem',
      '-rsigner',
      `${signer}.pem`,
      '-rkey',
      `${signer}.key`,
    ];
    openssl('ocsp', ...by, '-reqin', 'request', '-respout', 'response', ...words);
    return readFileSync(path('response'));
  }

  function read(bytes: Buffer, now = Date.now(), about = subject) {
    return readOcspAnswer(bytes, about, { now, timeSkew: 300_000, maxAge: undefined });
  }

  before(function () {
    if (spawnSync('openssl', ['version']).status !== 0) {
      assert.notEqual(process.env['CI'], 'true', 'CI must have openssl');
      console.log('      skipped: openssl is missing, which makes the answers');
      this.skip();
    }
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    for (const name of ['ca', 'stranger'])
      openssl(
        'req',
        '-x509',
        ...key,
        '-days',
        '9',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
      );
    const rows: string[] = [];
    for (const [name, serial] of [
      ['good', '0A'],
      ['other', '0B'],
      ['client', '0C'],
    ] as const) {
      openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', `0x${serial}`, '-days', '9'];
      openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`);
      rows.push(`V\t491231235959Z\t\t${serial}\tunknown\t/CN=${name}\n`);
    }
    writeFileSync(path('index.txt'), rows.join(''));
    subject = { certificate: raw('good'), issuer: raw('ca') };
  });
  after(() => rmSync(folder, { recursive: true }));

  it('counts when the issuer has signed it, until its end', () => {
    const bytes = answer('ca', subject, '-nmin', '30');
    const { nextUpdate, thisUpdate } = read(bytes);
    assert.ok(nextUpdate !== undefined && nextUpdate - thisUpdate === 1_800_000);
    assert.throws(() => read(bytes, Date.now() + 3_600_000), /out of date/);
    assert.throws(() => read(bytes, Date.now() - 3_600_000), /not valid yet/);
  });

  it('does not count when somebody else has signed it', () => {
    assert.throws(
      () => read(answer('stranger', subject, '-nmin', '30')),
      /not signed by the certificate's issuer/,
    );
    // Certified by the issuer, though not for this.
    assert.throws(
      () => read(answer('client', subject, '-nmin', '30')),
      /not signed by the certificate's issuer/,
    );
  });

  it('does not count when a bit of it has changed', () => {
    const bytes = answer('ca', subject, '-nmin', '30');
    // The last digit of a time: elsewhere a bit might be one of the structure.
    const at = bytes.toString('latin1').search(/\d{14}Z/) + 13;
    bytes[at] = (bytes[at] as number) ^ 1;
    assert.throws(() => read(bytes), /not signed by/);
  });

  it('does not count when it is about another certificate', () => {
    const other = { certificate: raw('other'), issuer: raw('ca') };
    assert.throws(() => read(answer('ca', other, '-nmin', '30')), /about another certificate/);
  });

  it('does not count when the responder does not answer, or says nothing that is one', () => {
    assert.throws(() => read(Buffer.from('30030a0103', 'hex')), /the responder says tryLater/);
    for (const bytes of ['', '00', '3003', 'hello']) assert.throws(() => read(Buffer.from(bytes, 'latin1')));
  });
});
