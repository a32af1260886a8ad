/**
 * Which server answers: first the vhosts whose address and port fit the connection's local address, an exact IP before
 * `*`, and its port before every port; among them the first whose ServerName or ServerAlias fits the host, else the first
 * of them; without any, the main server. Source: httpd 2.4 manual, "An In-Depth Discussion of Virtual Host Matching"; the
 * order of ports observed on httpd. Thread: worker; one per Listen.
 */
import { type HostParts, parseHost } from '../http/host.js';
import type { ServerSettings, Settings } from '../settings.js';
import { globRegex, isGlob } from './glob.js';

/** Host fields that are remembered with their answer; a flood of invented hosts must not fill the memory. */
const MAX_REMEMBERED = 1024;

export interface HostMatch extends HostParts {
  server: ServerSettings;
}

interface Named {
  server: ServerSettings;
  names: Set<string>;
  patterns: RegExp[];
  /** Port of ServerName when it has one and the request's is compared. */
}

export class VhostTable {
  readonly #candidates: Named[];
  readonly #fallback: ServerSettings;
  readonly #remembered = new Map<string, HostMatch>();
  #lastHost: string | undefined;
  #lastMatch: HostMatch | undefined;

  /** address: of the Listen, empty for a wildcard. */
  constructor(settings: Settings, address: string, port: number) {
    const servers = candidatesFor(settings, address, port);
    this.#candidates = servers.map(named);
    this.#fallback = servers[0] ?? (settings.servers[0] as ServerSettings);
  }

  /** The server for requests without a usable host, and whose limits hold until the host is known. */
  get fallback(): ServerSettings {
    return this.#fallback;
  }

  get servers(): readonly ServerSettings[] {
    return this.#candidates.length > 0 ? this.#candidates.map((c) => c.server) : [this.#fallback];
  }

  /** Undefined when the Host field is none. */
  match(host: string | undefined): HostMatch | undefined {
    if (host === undefined) return { name: '', port: 0, server: this.#fallback };
    if (host === this.#lastHost) return this.#lastMatch;
    const known = this.#remembered.get(host);
    if (known !== undefined) {
      this.#lastHost = host;
      this.#lastMatch = known;
      return known;
    }
    const parts = parseHost(host);
    if (parts === undefined) return undefined;
    const match = { ...parts, server: this.#byName(parts.name) };
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(host, match);
    return match;
  }

  #byName(name: string): ServerSettings {
    for (const candidate of this.#candidates) {
      if (candidate.names.has(name) || candidate.patterns.some((pattern) => pattern.test(name)))
        return candidate.server;
    }
    return this.#fallback;
  }
}

/**
 * Vhosts for a local address in file order: those that name the IP, else those with `*`; and of either those that name the
 * port, else those for every port. Names are looked for among these alone.
 */
export function candidatesFor(settings: Settings, address: string, port: number): ServerSettings[] {
  const vhosts = settings.servers.slice(1);
  for (const wanted of address === '' ? ['*'] : [address, '*']) {
    for (const fit of [port, 0]) {
      const found = vhosts.filter((server) =>
        server.addresses.some((a) => a.address === wanted && a.port === fit),
      );
      if (found.length > 0) return found;
    }
  }
  return [];
}

function named(server: ServerSettings): Named {
  const names = new Set<string>();
  const patterns: RegExp[] = [];
  if (server.name !== '') names.add(server.name.toLowerCase());
  for (const alias of server.aliases) {
    if (isGlob(alias)) patterns.push(globRegex(alias, false, 'i'));
    else names.add(alias.toLowerCase());
  }
  return { server, names, patterns };
}
