/**
 * Gives root away. A process started as root opens its sockets and logs first, then becomes User and Group for the rest of
 * its life; one started as anybody else stays who it is, as in httpd. setuid covers every thread of the process, so the
 * control thread does it once for all workers.
 *
 * Source: httpd 2.4 manual, mod_unixd, "User", "Group". Control thread of an edge process.
 */
import { execFileSync } from 'node:child_process';
import { EdgeError, messageOf } from '../errors.js';

/** In Node.js since 0.9, missing from its types. */
type WithInitgroups = { initgroups(user: string | number, extraGroup: string | number): void };

/**
 * user, group  names or `#id`; undefined leaves that half as it is
 * errors       EdgeError E_PRIVILEGES
 */
export function dropPrivileges(user: string | undefined, group: string | undefined): void {
  if (process.getuid?.() !== 0 || (user === undefined && group === undefined)) return;
  try {
    const uid = user === undefined ? undefined : idOf(user);
    const gid = group === undefined ? undefined : idOf(group);
    // Supplementary groups first: it takes root to change them. A bare number has no name to look groups up by.
    if (typeof uid === 'string' && gid !== undefined)
      (process as unknown as WithInitgroups).initgroups(uid, gid);
    else process.setgroups?.(gid === undefined ? [] : [gid]);
    if (gid !== undefined) process.setgid?.(gid);
    if (uid !== undefined) process.setuid?.(uid);
  } catch (error) {
    throw new EdgeError(
      'E_PRIVILEGES',
      { user: user ?? '-', group: group ?? '-', reason: messageOf(error) },
      error,
    );
  }
}

/**
 * Gives a file to the account that the process will have; nothing to do where that is who made it.
 * errors  what chown says
 */
export function giveToAccount(path: string, user: string | undefined, group: string | undefined): void {
  if (process.getuid?.() !== 0) return;
  // chown(1) finds accounts wherever the system has them; a number is one without httpd's sign.
  const owner = `${user ?? ''}:${group ?? ''}`.replaceAll('#', '');
  if (owner !== ':') execFileSync('chown', ['--', owner, path], { stdio: 'ignore' });
}

/** `#33` → 33, a name stays a name. */
export function idOf(word: string): string | number {
  return word.startsWith('#') ? Number.parseInt(word.slice(1), 10) : word;
}
