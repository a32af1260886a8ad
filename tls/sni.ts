/**
 * Which vhost a TLS client means by the name in its hello, and whether a certificate covers a name. The table keeps
 * httpd's order: the first vhost in the file whose ServerName or ServerAlias matches wins, exact or by wildcard. A name
 * that no vhost has gets the first vhost of the address; so does a client that sends none.
 *
 * Source: httpd 2.4 manual, "Name-based Virtual Host Support"; RFC 6066 3 (server_name), RFC 9525 6.3 (wildcards in
 * certificates). Any thread.
 */

export interface SniEntry<T> {
  /** ServerName and ServerAlias words; `*` and `?` are wildcards. */
  names: readonly string[];
  value: T;
}

export class SniTable<T> {
  readonly #values: readonly T[];
  readonly #exact = new Map<string, number>();
  readonly #wild: { pattern: RegExp; index: number }[] = [];

  constructor(entries: readonly SniEntry<T>[]) {
    this.#values = entries.map((entry) => entry.value);
    for (const [index, { names }] of entries.entries()) {
      for (const name of names) this.#add(normalise(name), index);
    }
  }

  #add(name: string, index: number): void {
    if (name.includes('*') || name.includes('?')) this.#wild.push({ pattern: wildcardPattern(name), index });
    else if (name !== '' && !this.#exact.has(name)) this.#exact.set(name, index);
  }

  /** The value of the first entry that has this name; undefined when none has. */
  find(hostname: string): T | undefined {
    const name = normalise(hostname);
    let best = this.#exact.get(name) ?? this.#values.length;
    for (const { pattern, index } of this.#wild) {
      if (index >= best) break; // wildcards stand in order: none that follows comes earlier
      if (pattern.test(name)) best = index;
    }
    return this.#values[best];
  }
}

/**
 * Does a name of a certificate cover a host name? A wildcard is the whole leftmost label and stands for exactly one
 * (RFC 9525 6.3). Addresses are compared as text.
 */
export function coversName(certificateName: string, hostname: string): boolean {
  const pattern = normalise(certificateName);
  const name = normalise(hostname);
  if (!pattern.startsWith('*.')) return pattern === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}

/** Lower case, without the root's dot. */
function normalise(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** `*` stands for any run of characters, dots too, and `?` for one, as httpd's ServerAlias has it. */
function wildcardPattern(name: string): RegExp {
  const source = name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}
