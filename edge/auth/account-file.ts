/**
 * Files of accounts, as AuthUserFile and AuthGroupFile name them: a line each, a name, a colon, the rest. A file is read
 * when it is first asked for, looked at once a second, and read again when it has changed, so that whoever uses htpasswd
 * need not restart anything. One that cannot be read gives nobody entry and is tried again a second later.
 * Source: httpd 2.4, mod_authn_file, mod_authz_groupfile. Thread: worker; nothing here throws.
 */
import { readFileSync, statSync } from 'node:fs';

const LOOK_EVERY_MS = 1000;

export class AccountFile {
  readonly path: string;
  #lines: ReadonlyMap<string, string> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stamp = '';

  constructor(path: string) {
    this.path = path;
  }

  /**
   * What stands after each name.
   * now      ms since the epoch
   * returns  undefined when the file cannot be read
   */
  lines(now: number): ReadonlyMap<string, string> | undefined {
    if (now - this.#lookedAt < LOOK_EVERY_MS && now >= this.#lookedAt) return this.#lines;
    this.#lookedAt = now;
    try {
      const { mtimeMs, size, ino } = statSync(this.path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (this.#lines === undefined || stamp !== this.#stamp)
        this.#lines = parse(readFileSync(this.path, 'latin1'));
      this.#stamp = stamp;
    } catch {
      this.#lines = undefined;
    }
    return this.#lines;
  }
}

/** Empty lines and comments are left out; of a name that comes twice the first line counts. */
function parse(text: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith('#')) continue;
    const name = line.slice(0, colon);
    if (!lines.has(name)) lines.set(name, line.slice(colon + 1).trim());
  }
  return lines;
}

const files = new Map<string, AccountFile>();

/** The file of that path; a thread has each one once. */
export function accountFile(path: string): AccountFile {
  let file = files.get(path);
  if (file === undefined) {
    file = new AccountFile(path);
    files.set(path, file);
  }
  return file;
}
