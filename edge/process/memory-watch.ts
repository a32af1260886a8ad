/**
 * Watches how much memory is left to this process: of the machine, and of its control groups where those have a limit. A
 * process that runs out is killed by the kernel, with all that is under way; so while nearly none is left, every request is
 * answered 503 at once, which needs next to none, and what is under way goes on and gives its memory back. Control thread.
 *
 * Source: proc(5), MemAvailable; memory.max and memory.current of cgroup v2, memory.limit_in_bytes of v1, where pages of
 * files that nobody uses count as left, because the kernel takes them first.
 */
import { readFileSync } from 'node:fs';
import type { Ms } from '../settings.js';

type Bytes = number;

const LOOK_EVERY: Ms = 250;
/** Less than this share of all, and at most so much, is nearly none. */
const LOW_SHARE = 0.04;
const MOST_LOW: Bytes = 256 << 20;
const LEAST_LOW: Bytes = 24 << 20;
/** It is over when there is so much more again. */
const AGAIN = 1.5;

export interface MemoryRoom {
  left: Bytes;
  limit: Bytes;
}

export interface MemoryTools {
  /** Requests are to be refused from now on, or no longer. */
  onChange: (isShort: boolean) => void;
  log: (severity: 'crit' | 'notice', text: string) => void;
  /** Only tests name another. */
  rooms?: () => MemoryRoom[];
}

export class MemoryWatch {
  readonly #tools: MemoryTools;
  readonly #rooms: () => MemoryRoom[];
  #timer: NodeJS.Timeout | undefined;
  #isShort = false;

  constructor(tools: MemoryTools) {
    this.#tools = tools;
    this.#rooms = tools.rooms ?? roomsOf(limitedGroups());
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), LOOK_EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** By itself four times a second. */
  look(): void {
    const short = this.#rooms().find(({ left, limit }) => left < lowOf(limit) * (this.#isShort ? AGAIN : 1));
    if ((short !== undefined) === this.#isShort) return;
    this.#isShort = short !== undefined;
    this.#tools.onChange(this.#isShort);
    if (short === undefined) this.#tools.log('notice', 'there is memory again: requests are served');
    else {
      const [left, limit] = [short.left, short.limit].map((bytes) => Math.round(bytes / (1 << 20)));
      this.#tools.log('crit', `${left} of ${limit} MB of memory are left: requests are answered 503`);
    }
  }
}

function lowOf(limit: Bytes): Bytes {
  return Math.max(Math.min(limit * LOW_SHARE, MOST_LOW), LEAST_LOW);
}

/** A control group with a limit: its limit, and the files that tell what is used. */
interface Group {
  limit: Bytes;
  usage: string;
  stat: string;
}

const VERSIONS = [
  { root: '/sys/fs/cgroup', line: /^0::(.*)$/m, limit: 'memory.max', usage: 'memory.current' },
  {
    root: '/sys/fs/cgroup/memory',
    line: /^\d+:(?:\w+,)*memory(?:,\w+)*:(.*)$/m,
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
  },
] as const;

/** Own groups and those above; what a container shows as its root is one of them. */
function limitedGroups(): Group[] {
  const groups: Group[] = [];
  const own = read('/proc/self/cgroup');
  const machine = totalOf(read('/proc/meminfo'));
  for (const { root, line, limit: limitFile, usage } of VERSIONS) {
    const path = line.exec(own)?.[1];
    if (path === undefined) continue;
    const parts = path.split('/').filter((part) => part !== '');
    for (let depth = parts.length; depth >= 0; depth -= 1) {
      const folder = [root, ...parts.slice(0, depth)].join('/');
      const limit = Number(read(`${folder}/${limitFile}`).trim() || Number.NaN);
      // No limit is the word `max`, or a number beyond all memory.
      if (!(limit > 0 && limit < machine)) continue;
      groups.push({ limit, usage: `${folder}/${usage}`, stat: `${folder}/memory.stat` });
    }
  }
  return groups;
}

function roomsOf(groups: readonly Group[]): () => MemoryRoom[] {
  return () => {
    const meminfo = read('/proc/meminfo');
    const rooms = [{ left: kilobytes(meminfo, 'MemAvailable'), limit: totalOf(meminfo) }];
    for (const { limit, usage, stat } of groups) {
      const used = Number(read(usage).trim() || Number.NaN);
      const idle = Number(/^(?:total_)?inactive_file (\d+)$/m.exec(read(stat))?.[1] ?? 0);
      if (Number.isFinite(used)) rooms.push({ left: limit - used + idle, limit });
    }
    return rooms;
  };
}

function totalOf(meminfo: string): Bytes {
  return kilobytes(meminfo, 'MemTotal');
}

/** Where it is not told there is enough. */
function kilobytes(meminfo: string, name: string): Bytes {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1];
  return value === undefined ? Number.POSITIVE_INFINITY : Number(value) * 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
