/**
 * Where one server under test lives: a directory of its own, free loopback ports, its own members, and the names by
 * which a configuration reaches them. A configuration says `Listen ${LISTEN}` and `BalancerMember http://${WEB1}`; the
 * names are given to both servers by `Define`, so the text of a case is the same for both, to the byte.
 */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { freePort } from '../../../native-bench/free-port.js';
import { AjpMember } from './ajp-member.js';
import { Origins } from './origins.js';
import { SecureFront } from './secure-front.js';

/**
 * The names as a case's text spells them, so that a template literal reads as the file it makes: `Listen ${LISTEN}`
 * stays `Listen ${LISTEN}` in the configuration and gets its value there.
 */
const spelled = (name: string): string => `\${${name}}`;
export const LISTEN = spelled('LISTEN');
export const LISTEN2 = spelled('LISTEN2');
export const LISTEN3 = spelled('LISTEN3');
export const LISTEN_TLS = spelled('LISTEN_TLS');
export const PORT = spelled('PORT');
export const PORT2 = spelled('PORT2');
export const PORT3 = spelled('PORT3');
export const PORT_TLS = spelled('PORT_TLS');
export const WEB1 = spelled('WEB1');
export const WEB2 = spelled('WEB2');
export const WEB3 = spelled('WEB3');
export const WEB4 = spelled('WEB4');
export const WEBPORT1 = spelled('WEBPORT1');
export const AJP1 = spelled('AJP1');
export const AJP2 = spelled('AJP2');
export const DEAD = spelled('DEAD');
export const DEAD2 = spelled('DEAD2');
export const DEAD3 = spelled('DEAD3');
export const CERT = spelled('CERT');
export const KEY = spelled('KEY');
export const LOG_DIR = spelled('LOG_DIR');
/** Bytes of a request's body, once its names are expanded. */
export const LENGTH = spelled('LENGTH');

/** An address on which nothing ever listens: every other socket here is bound to 127.0.0.1. */
const DEAD_HOST = '127.0.9.9';
/** Port of a group's TLS front, by its name there. */
export const secure = (name: string): string => spelled(`SECURE_${name.toUpperCase()}`);
const LISTENERS = ['', '2', '3', '_TLS'] as const;

export interface Places {
  /** Directory of this server; its ServerRoot. */
  root: string;
  origins: Origins;
  /** Further members, where a group wants them. */
  ajp: AjpMember[];
  fronts: SecureFront[];
  /** Names for `Define`, with their values. */
  names: Map<string, string>;
  /** Port by listener: LISTEN, LISTEN2, LISTEN3, LISTEN_TLS. */
  ports: Map<string, number>;
}

export async function makePlaces(certificate: Certificate): Promise<Places> {
  const root = await mkdtemp(join(tmpdir(), 'drover-diff-'));
  // httpd's children leave root for another user and must still reach the document root.
  await chmod(root, 0o755);
  await Promise.all(['logs', 'htdocs', 'run'].map((name) => mkdir(join(root, name))));
  const origins = await Origins.start();
  const ports = new Map<string, number>();
  const names = new Map<string, string>();
  for (const suffix of LISTENERS) {
    const port = await freePort();
    ports.set(`LISTEN${suffix}`, port);
    names.set(`LISTEN${suffix}`, `127.0.0.1:${port}`);
    names.set(`PORT${suffix}`, `${port}`);
  }
  origins.members.forEach((origin, index) => {
    names.set(`WEB${index + 1}`, `127.0.0.1:${origin.port}`);
    names.set(`WEBPORT${index + 1}`, `${origin.port}`);
  });
  for (const [index, name] of ['DEAD', 'DEAD2', 'DEAD3', 'AJP1'].entries())
    names.set(name, `${DEAD_HOST}:${4001 + index}`);
  names.set('AJP_SECRET', 'secret');
  names.set('ADMIN_IP', '127.0.0.1');
  names.set('ROOT', root);
  names.set('LOG_DIR', join(root, 'logs'));
  names.set('CERT', certificate.cert);
  names.set('KEY', certificate.key);
  return { root, origins, ajp: [], fronts: [], names, ports };
}

/** Starts the members that only some groups have. */
export async function addMembers(
  places: Places,
  ajp: readonly string[],
  secured: Record<string, () => TlsOptions>,
): Promise<void> {
  for (const [index, name] of ajp.entries()) {
    const member = await AjpMember.start(name);
    places.ajp.push(member);
    places.names.set(`AJP${index + 1}`, `127.0.0.1:${member.container.port}`);
  }
  const behind = places.origins.members[0]?.port ?? 0;
  for (const [name, options] of Object.entries(secured)) {
    const front = await SecureFront.start(options(), behind);
    places.fronts.push(front);
    places.names.set(`SECURE_${name.toUpperCase()}`, String(front.port));
  }
}

export async function leavePlaces(places: Places): Promise<void> {
  for (const front of places.fronts) await front.stop();
  for (const { container } of places.ajp) await container.stop();
  await places.origins.stop();
  await rm(places.root, { recursive: true, force: true });
}

/** Replaces `${NAME}` in a request or an expectation; a name that is not known stays, as in httpd. */
export function expand(text: string, places: Places): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => places.names.get(name) ?? whole);
}

export interface Certificate {
  cert: string;
  key: string;
}

let shared: Promise<Certificate> | undefined;

/** One certificate for the whole run, made at its first use and removed with the process. */
export function certificate(): Promise<Certificate> {
  shared ??= makeCertificate();
  return shared;
}

async function makeCertificate(): Promise<Certificate> {
  const directory = await mkdtemp(join(tmpdir(), 'drover-diff-cert-'));
  await chmod(directory, 0o755);
  const made = { cert: join(directory, 'site.crt'), key: join(directory, 'site.key') };
  const subject = [
    '-subj',
    '/CN=your-app.com',
    '-addext',
    'subjectAltName=DNS:your-app.com,DNS:www.example.com',
  ];
  const how = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', made.key, '-out', made.cert];
  execFileSync('openssl', ['req', '-x509', ...how, ...subject], { stdio: 'ignore' });
  process.once('exit', () => execFileSync('rm', ['-rf', directory]));
  return made;
}
