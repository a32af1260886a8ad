/**
 * net.ipv4.tcp_migrate_req: lets the kernel (5.14 and later) hand what is queued on a closing SO_REUSEPORT listener,
 * handshakes that have not ended included, to another listener of the address. Without it those connections are reset
 * at every reload, which nothing in this process can prevent: see DECISIONS.md. It holds for a whole network namespace,
 * so drover only looks and says what to do: the package sets it by a file in sysctl.d. Supervisor process.
 *
 * Source: Documentation/networking/ip-sysctl.rst of Linux.
 */
import { readFileSync } from 'node:fs';
import { addressesOf } from '../engine/addresses.js';
import { chooseEngine } from '../engine/engine-choice.js';
import type { Settings } from '../settings.js';

export const MIGRATE_FILE = '/proc/sys/net/ipv4/tcp_migrate_req';

/**
 * unknown: this kernel has no such setting.
 * file  only tests name another
 */
export function migrationOf(file = MIGRATE_FILE): 'on' | 'off' | 'unknown' {
  try {
    return readFileSync(file, 'latin1').trim() === '0' ? 'off' : 'on';
  } catch {
    return 'unknown';
  }
}

/** What an operator should know of it; undefined: nothing, as where every address is the node engine's. */
export function migrationWarning(
  settings: Settings,
  migration: ReturnType<typeof migrationOf>,
): string | undefined {
  if (migration === 'on') return undefined;
  if (addressesOf(settings).every((listen) => chooseEngine(settings, listen).engine === 'node'))
    return undefined;
  const effect = 'a reload resets connections that are just being made';
  return migration === 'off'
    ? `${effect}: sysctl net.ipv4.tcp_migrate_req=1 makes the kernel hand them on`
    : `${effect}: this kernel has no net.ipv4.tcp_migrate_req`;
}
