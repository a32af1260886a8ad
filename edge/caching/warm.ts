/**
 * CacheWarm: URLs of a list are fetched when a process begins to serve, through the pipeline like a client's, so that what may
 * be cached is cached before clients ask for it. So many at once as the list says; the result is a line of the error log.
 * A line is a URL or a path of the server, and asks as a client would that names the server; blank lines and those that begin with
 * `#` are none. Access rules see the client 127.0.0.1. What is cached already, on disk for one, is not fetched again.
 * Thread: the first worker.
 */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../errors.js';
import type { ServerSettings, Settings } from '../settings.js';
import type { CacheWarmList } from './settings.js';

/** What is asked for. */
export interface WarmUrl {
  /** Host field. */
  authority: string;
  /** Path and query. */
  target: string;
  isSecure: boolean;
  localPort: number;
}

export interface WarmAnswer {
  status: number;
  /** It was in the cache. */
  isHit: boolean;
}

export interface WarmHands {
  /** Sends a request of the cache's own; done is called once, at its end. */
  ask(server: ServerSettings, url: WarmUrl, done: (answer: WarmAnswer) => void): void;
  say(level: 'notice' | 'warn', text: string): void;
}

/** Failures that a line of the log names. */
const MOST_NAMED = 5;

export class Warmer {
  readonly #settings: Pick<Settings, 'servers' | 'listens'>;
  readonly #hands: WarmHands;
  #isStopped = false;

  constructor(settings: Pick<Settings, 'servers' | 'listens'>, hands: WarmHands) {
    this.#settings = settings;
    this.#hands = hands;
  }

  start(): void {
    for (const server of this.#settings.servers)
      for (const list of server.cache?.warm ?? []) void this.#warm(server, list);
  }

  /** Asks for nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  async #warm(server: ServerSettings, { file, concurrency }: CacheWarmList): Promise<void> {
    const began = performance.now();
    let lines: string[];
    try {
      lines = linesOf(await readFile(file, 'utf8'));
    } catch (error) {
      this.#hands.say('warn', `CacheWarm: can not read ${file}: ${messageOf(error)}`);
      return;
    }
    const result = { fetched: 0, there: 0, failed: [] as string[] };
    let next = 0;
    const goOn = async (): Promise<void> => {
      while (next < lines.length && !this.#isStopped) {
        const line = lines[next] as string;
        next += 1;
        const url = urlOf(line, server, this.#settings);
        const answer = url === undefined ? undefined : await this.#ask(server, url);
        if (answer === undefined) result.failed.push(`${line}: no URL`);
        else if (answer.status >= 400) result.failed.push(`${line}: ${answer.status}`);
        else if (answer.isHit) result.there += 1;
        else result.fetched += 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, lines.length) }, goOn));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const { fetched, there, failed } = result;
    const named = failed.slice(0, MOST_NAMED).join(', ') + (failed.length > MOST_NAMED ? ', …' : '');
    const text = `CacheWarm ${file}: ${fetched} fetched, ${there} there already, ${failed.length} failed in ${seconds} s`;
    const rest = this.#isStopped && next < lines.length ? `; ${lines.length - next} left out` : '';
    this.#hands.say(failed.length > 0 ? 'warn' : 'notice', text + rest + (named === '' ? '' : ` (${named})`));
  }

  #ask(server: ServerSettings, url: WarmUrl): Promise<WarmAnswer> {
    return new Promise((resolve) => this.#hands.ask(server, url, resolve));
  }
}

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Undefined where a line is neither a URL of http nor a path. */
export function urlOf(
  line: string,
  server: ServerSettings,
  settings: Pick<Settings, 'listens'>,
): WarmUrl | undefined {
  const localPort = server.addresses[0]?.port || settings.listens[0]?.port || 80;
  const isSecure = server.tls?.engine === 'on';
  if (line.startsWith('/')) {
    const port = server.namePort ?? localPort;
    const name = server.name === '' ? 'localhost' : server.name;
    const authority = port === (isSecure ? 443 : 80) ? name : `${name}:${port}`;
    return /\s/.test(line) ? undefined : { authority, target: line, isSecure, localPort };
  }
  const [, scheme = '', authority = '', target = ''] =
    /^(https?):\/\/([^/?#\s@]+)(\/[^#\s]*)?(?:#\S*)?$/i.exec(line) ?? [];
  if (scheme === '') return undefined;
  return { authority, target: target || '/', isSecure: scheme.toLowerCase() === 'https', localPort };
}
