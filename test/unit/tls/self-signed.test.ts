import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { LOCAL_NAMES, selfSigned } from '../../../tls/self-signed.js';

const NOW = Date.UTC(2026, 0, 15, 12);

describe('a self-signed certificate', () => {
  let certificate: X509Certificate;
  let key: string;

  before(async function () {
    this.timeout(30_000); // finding two primes has no upper bound
    const made = await selfSigned({ names: LOCAL_NAMES, days: 30, now: NOW });
    certificate = new X509Certificate(made.certificate);
    key = made.key;
  });

  it('belongs to the key that comes with it', () => {
    assert.equal(certificate.checkPrivateKey(createPrivateKey(key)), true);
  });

  it('is signed by itself', () => {
    assert.equal(certificate.verify(certificate.publicKey), true);
    assert.equal(certificate.issuer, certificate.subject);
  });

  it('covers the local names and addresses, and no others', () => {
    assert.equal(certificate.checkHost('localhost'), 'localhost');
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.checkIP('::1'), '::1');
    assert.equal(certificate.checkHost('example.com'), undefined);
  });

  it('is valid from an hour ago for as many days as asked for', () => {
    assert.equal(Date.parse(certificate.validFrom), NOW - 3_600_000);
    assert.equal(Date.parse(certificate.validTo), NOW + 30 * 86_400_000);
  });

  it('may be used for a server and is no authority', () => {
    assert.equal(certificate.ca, false);
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  });

  it('has an RSA key of 2048 bits', () => {
    assert.equal(certificate.publicKey.asymmetricKeyType, 'rsa');
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
  });
});
