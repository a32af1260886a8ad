/**
 * Are User and Group known to the system? Asked when the configuration is read, as httpd does.
 *
 * Source: httpd 2.4 manual, mod_unixd, "User", "Group"; passwd(5), group(5).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const FILES = { user: '/etc/passwd', group: '/etc/group' } as const;
const DATABASES = { user: 'passwd', group: 'group' } as const;
const LOOKUP_LIMIT_MS = 5000;

/** Number of a user or group: `#33` or a name; undefined when there is none of that name. */
export function accountId(kind: 'user' | 'group', name: string): number | undefined {
  if (name.startsWith('#')) return Number.parseInt(name.slice(1), 10) || 0;
  const line = linesOf(kind).find((each) => each.startsWith(`${name}:`)) ?? askSystem(kind, name);
  const id = line?.split(':')[2];
  return id === undefined ? undefined : Number(id);
}

/** Name and number for -S: `name="www-data" id=33`. */
export function describeAccount(kind: 'user' | 'group', name: string | undefined): string {
  if (name === undefined) return 'name="#-1" id=4294967295';
  return `name="${name}" id=${accountId(kind, name) ?? 4294967295}`;
}

function linesOf(kind: 'user' | 'group'): string[] {
  try {
    return readFileSync(FILES[kind], 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Accounts that are not in the file: LDAP and the like. */
function askSystem(kind: 'user' | 'group', name: string): string | undefined {
  if (!/^[\w.][\w.@-]*$/.test(name)) return undefined;
  try {
    return execFileSync('getent', [DATABASES[kind], name], {
      encoding: 'utf8',
      timeout: LOOKUP_LIMIT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
