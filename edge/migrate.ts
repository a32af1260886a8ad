/**
 * net.ipv4.tcp_migrate_req: lets the kernel (5.14 and later) hand what is queued on a closing SO_REUSEPORT listener,
 * handshakes that have not ended included, to another listener of the address. Without it those connections are reset
 * at every reload, which nothing in this process can prevent: see DECISIONS.md. It holds for a network namespace and only
 * concerns listeners that share an address, so drover turns it on where it may. Supervisor process.
 *
 * Source: Documentation/networking/ip-sysctl.rst of Linux.
 */
import { readFileSync, writeFileSync } from 'node:fs';

export const MIGRATE_FILE = '/proc/sys/net/ipv4/tcp_migrate_req';

/**
 * on: it was; set: it is now; off: it could not be set; unknown: this kernel has no such setting.
 * file  only tests name another
 */
export type Migration = 'on' | 'set' | 'off' | 'unknown';

export function enableMigration(file = MIGRATE_FILE): Migration {
  try {
    if (readFileSync(file, 'latin1').trim() !== '0') return 'on';
  } catch {
    return 'unknown';
  }
  try {
    writeFileSync(file, '1\n');
    return 'set';
  } catch {
    return 'off';
  }
}

/** What an operator should know of it; undefined: nothing. */
export function migrationWarning(migration: Migration): string | undefined {
  if (migration === 'off') {
    return 'net.ipv4.tcp_migrate_req is 0 and could not be set: a reload resets connections that are just being made';
  }
  return migration === 'unknown'
    ? 'this kernel has no net.ipv4.tcp_migrate_req: a reload resets connections that are just being made'
    : undefined;
}
