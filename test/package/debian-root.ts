/**
 * A bare Debian to install into, and the package that is installed: by apt-get, as an operator does, where there is
 * no network: what the package depends on must be in every Debian. Nothing asks questions.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const MIRROR = 'http://deb.debian.org/debian';
const RELEASE = 'bookworm';

/** apt-get; what a package recommends it would have to fetch. */
export const APT = [
  'env',
  'DEBIAN_FRONTEND=noninteractive',
  'apt-get',
  '--assume-yes',
  '--no-install-recommends',
];

export function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Why no root can be made here; undefined: it can. */
export function whyNoRoot(): string | undefined {
  if (process.getuid?.() === 0 && has('debootstrap') && has('dpkg-deb')) return undefined;
  return 'the package is tested with root, debootstrap and dpkg-deb';
}

export function makeRoot(root: string, ...include: string[]): void {
  const more = include.length > 0 ? [`--include=${include.join(',')}`] : [];
  execFileSync('debootstrap', ['--variant=minbase', ...more, RELEASE, root, MIRROR], { stdio: 'ignore' });
}

/** Builds the package; its file. */
export function makePackage(): string {
  const deb = execFileSync('npm', ['run', '-s', 'package'], { cwd: ROOT, encoding: 'utf8' }).trim();
  assert.ok(existsSync(deb), deb);
  return deb;
}

/** `apt install ./drover_*.deb` in that root. */
export function install(root: string, deb: string): void {
  const name = basename(deb);
  execFileSync('cp', [deb, join(root, name)]);
  const words = ['--net', 'chroot', root, ...APT, 'install', `./${name}`];
  const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  rmSync(join(root, name));
}
