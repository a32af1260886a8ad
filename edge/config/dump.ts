/**
 * What -S, -M and DUMP_INCLUDES print, line for line as httpd does, and after the virtual hosts the engine of each
 * address with its reason, which httpd has not.
 *
 * Source: httpd 2.4 manual, "httpd", option -S; forms observed on 2.4.71. Thread: command line.
 */
import { chooseEngine } from '../engine/engine-choice.js';
import type { LogTarget } from '../log/format.js';
import { isGlob } from '../route/glob.js';
import type { Listen, ServerSettings, Settings, VhostAddress } from '../settings.js';
import { describeAccount } from './accounts.js';
import { BUILT_IN } from './modules.js';
import type { IncludedFile } from './read.js';

const ADDRESS_WIDTH = 22;

/** `VirtualHost configuration:` and what follows it, then `Engines:`; ends with a newline. */
export function dumpVhosts(settings: Settings): string {
  const lines = ['VirtualHost configuration:'];
  for (const [title, servers] of vhostsByAddress(settings)) {
    const [first] = servers;
    const head = `${title.padEnd(ADDRESS_WIDTH)} `;
    if (first !== undefined && servers.length === 1) {
      lines.push(`${head}${nameOf(first)} (${first.at})`);
      continue;
    }
    const port = title.slice(title.lastIndexOf(':') + 1);
    lines.push(`${head}is a NameVirtualHost`);
    if (first !== undefined) lines.push(`         default server ${nameOf(first)} (${first.at})`);
    for (const server of servers) {
      lines.push(`         port ${port} namevhost ${nameOf(server)} (${server.at})`);
      const indent = '                ';
      for (const alias of server.aliases.filter((each) => !isGlob(each)))
        lines.push(`${indent} alias ${alias}`);
      for (const alias of server.aliases.filter(isGlob)) lines.push(`${indent} wild alias ${alias}`);
    }
  }
  lines.push('Engines:');
  for (const listen of settings.listens) {
    const { engine, reason } = chooseEngine(settings, listen);
    lines.push(`${addressOf(listen).padEnd(ADDRESS_WIDTH)} ${engine} ${listen.protocol} (${reason})`);
  }
  for (const health of settings.healthAddresses) {
    lines.push(`${addressOf(health).padEnd(ADDRESS_WIDTH)} node http (EdgeHealthAddress, ${health.at})`);
  }
  return `${lines.join('\n')}\n`;
}

/** Vhosts under each address they name; addresses with an IP first, as httpd looks there first. */
function vhostsByAddress(settings: Settings): Map<string, ServerSettings[]> {
  const groups = new Map<string, ServerSettings[]>();
  const isWild = (address: VhostAddress): boolean => address.address === '*';
  for (const wild of [false, true]) {
    for (const server of settings.servers) {
      for (const address of server.addresses) {
        if (isWild(address) !== wild) continue;
        const title = addressOf(address);
        const group = groups.get(title) ?? [];
        if (!group.includes(server)) group.push(server);
        groups.set(title, group);
      }
    }
  }
  return groups;
}

/** `[::1]:80`, `*:80`, `127.0.0.1:*` */
function addressOf({ address, port }: Pick<Listen, 'address' | 'port'>): string {
  const host = address === '' ? '*' : address.includes(':') ? `[${address}]` : address;
  return `${host}:${port === 0 ? '*' : port}`;
}

function nameOf(server: ServerSettings): string {
  return server.name === '' ? '127.0.0.1' : server.name;
}

/**
 * From `ServerRoot:` on.
 * names  of -D on the command line, which httpd lists first
 */
export function dumpRunConfiguration(settings: Settings, names: readonly string[] = []): string {
  const [main] = settings.servers;
  const defines = { ...Object.fromEntries(names.map((name) => [name, ''])), ...settings.defines };
  const lines = [
    `ServerRoot: "${settings.serverRoot}"`,
    `Main ErrorLog: "${main === undefined ? '' : targetOf(main.errorLog)}"`,
    `PidFile: "${settings.pidFile}"`,
    ...Object.entries(defines).map(([name, value]) => `Define: ${name}${value === '' ? '' : `=${value}`}`),
    `User: ${describeAccount('user', settings.user)}`,
    `Group: ${describeAccount('group', settings.group)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function targetOf(target: LogTarget): string {
  switch (target.kind) {
    case 'file':
      return target.path;
    case 'pipe':
      return `|${target.command}`;
    case 'syslog':
      return `syslog:${target.facility}:${target.tag}`;
    case 'stderr':
      return '/dev/stderr';
  }
}

/** -M */
export function dumpModules(settings: Settings): string {
  const lines = settings.modules.map(({ name, kind }) => ` ${name} (${kind})`);
  return `Loaded Modules:\n${lines.join('\n')}\n`;
}

/** What httpd calls compiled in, by LoadModule name. */
export function staticModules(): readonly string[] {
  return BUILT_IN;
}

/** -t -D DUMP_INCLUDES: the line of the Include before each file; `*` for the first. */
export function dumpIncludes(includes: readonly IncludedFile[]): string {
  const lines = includes.map(({ file, from, depth }) => `${'  '.repeat(depth + 1)}(${from ?? '*'}) ${file}`);
  return `Included configuration files:\n${lines.join('\n')}\n`;
}
