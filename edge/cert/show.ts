/**
 * What is in files of certificates, requests and keys, and what a server shows in its handshake, in words.
 * Thread: command line.
 */
import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { describeCertificate, describeRequest, keyText, type Row } from '../../tls/describe.js';
import { CertificateError } from '../../tls/error.js';
import { isKey, isLocked, readCertificates, readKey } from '../../tls/pem.js';
import { isPkcs12 } from '../../tls/pkcs12.js';
import { readRequest } from '../../tls/request.js';
import { WrongWords } from './words.js';

export interface ShowOptions {
  /** Asked for in the handshake; undefined: the host. */
  name: string | undefined;
  passphrase: string | undefined;
  /** Ms since the epoch. */
  now: number;
}

const PATIENCE_MS = 10_000;

/** errors: WrongWords, CertificateError, and what the network says */
export async function show(words: readonly string[], options: ShowOptions): Promise<string> {
  if (words.length === 0) throw new WrongWords('show needs a file, or HOST:PORT');
  const parts: string[] = [];
  for (const word of words) {
    const server = existsSync(word) ? null : /^\[?([^[\]]+)\]?:(\d+)$/.exec(word);
    parts.push(
      server === null
        ? showFile(word, options)
        : await showServer(server[1] ?? '', Number(server[2]), options),
    );
  }
  return parts.join('\n');
}

function showFile(file: string, { passphrase, now }: ShowOptions): string {
  const bytes = readBytes(file);
  if (isPkcs12(bytes) && passphrase === undefined)
    throw new CertificateError('encrypted', file, `${file} is PKCS#12, which --pass-file opens`);
  const certificates = readCertificates(file, passphrase);
  const request = readRequest(bytes.toString('latin1'), file);
  const blocks = certificates.map((pem, n) =>
    block(`${file}: certificate ${n + 1} of ${certificates.length}`, describeCertificate(pem, now)),
  );
  if (request !== undefined) blocks.push(block(`${file}: request`, describeRequest(request)));
  if (isPkcs12(bytes)) return blocks.join('\n');
  if (isKey(bytes)) blocks.push(block(`${file}: key`, keyRows(file, bytes, passphrase)));
  if (blocks.length === 0) {
    const text = `neither certificate, request nor key in ${file}`;
    throw new CertificateError('not-a-certificate', file, text);
  }
  return blocks.join('\n');
}

function keyRows(file: string, bytes: Buffer, passphrase: string | undefined): Row[] {
  if (isLocked(bytes) && passphrase === undefined) return [['key', 'encrypted; --pass-file opens it']];
  return [['key', keyText(createPublicKey(readKey(file, passphrase)))]];
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CertificateError('unreadable', file, `cannot read ${file}: ${why}`, error);
  }
}

function showServer(host: string, port: number, { name, now }: ShowOptions): Promise<string> {
  const servername = name ?? (isIP(host) === 0 ? host : '');
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
      ...(servername === '' ? {} : { servername }),
    });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(timeout(host, port)));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const fault = socket.authorizationError as unknown as string | Error | null | undefined;
      const why = fault instanceof Error ? fault.message : (fault ?? '');
      const head: Row[] = [
        ['version', `${socket.getProtocol()}, ${socket.getCipher().name}`],
        ['protocol', socket.alpnProtocol || 'none agreed on'],
        ['trusted', why === '' ? 'yes' : `no: ${why}`],
      ];
      const shown = chainOf(socket);
      socket.destroy();
      const blocks = shown.map((raw, n) =>
        block(`certificate ${n + 1} of ${shown.length}`, describeCertificate(raw, now)),
      );
      const title = `${host}:${port}${servername === '' ? '' : `, asked for ${servername}`}`;
      resolve([block(title, head), ...blocks].join('\n'));
    });
  });
}

function timeout(host: string, port: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host}:${port} has not answered for ${PATIENCE_MS / 1000} s`), {
    code: 'ETIMEDOUT',
  });
}

/** Node follows issuers into its own store as well; ends where a certificate is its own. */
function chainOf(socket: tls.TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let at: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at?.raw !== undefined && chain.length < 20) {
    chain.push(at.raw);
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
  }
  return chain;
}

function block(title: string, rows: readonly Row[]): string {
  return `${title}\n${rows.map(([name, value]) => `  ${name.padEnd(10)} ${value}\n`).join('')}`;
}
