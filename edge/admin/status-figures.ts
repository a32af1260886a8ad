/**
 * The figures of server-status, gathered once for its page and for `?auto`, and httpd's ways to write them.
 *
 * drover's meaning of httpd's words: a worker is a request slot there; here a thread serves many requests at once, so
 * BusyWorkers counts the requests under way, IdleWorkers the threads that have none, and the scoreboard has a letter a
 * thread. Source: httpd 2.4, mod_status; forms observed on 2.4.71. Any thread.
 */
import { statSync } from 'node:fs';
import { loadavg } from 'node:os';
import type { Ms } from '../settings.js';
import type { Overview } from './overview.js';

export interface StatusFigures {
  now: Ms;
  startedAt: Ms;
  uptime: number;
  load: number[];
  accesses: number;
  bytes: number;
  /** Ms that all requests took together; 0 where nobody counts. */
  duration: number;
  /** CPU seconds of the edge process. */
  cpuUser: number;
  cpuSystem: number;
  busy: number;
  idle: number;
  threads: number;
  scoreboard: string;
}

export function gatherFigures(
  { board, threads, startedAt }: Overview,
  duration: number,
  now: Ms,
): StatusFigures {
  const { user, system } = process.cpuUsage();
  let accesses = 0;
  let bytes = 0;
  let busy = 0;
  let idle = 0;
  let scoreboard = '';
  for (let thread = 0; thread < threads; thread += 1) {
    const live = board.liveOf(thread);
    accesses += board.requestsOf(thread);
    bytes += board.bytesOf(thread);
    busy += live;
    if (live === 0) idle += 1;
    scoreboard += live === 0 ? '_' : 'W';
  }
  return {
    now,
    startedAt,
    uptime: Math.max(Math.floor((now - startedAt) / 1000), 0),
    load: loadavg(),
    accesses,
    bytes,
    duration,
    cpuUser: user / 1e6,
    cpuSystem: system / 1e6,
    busy,
    idle,
    threads,
    scoreboard,
  };
}

/** C's %g with httpd's habit of leaving the zero before the point away: `.121547`, `4339.27`, `1e-05`. */
export function general(value: number): string {
  if (value === 0) return '0';
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  const text =
    exponent < -4 || exponent >= 6
      ? value
          .toExponential(5)
          .replace(/\.?0+e/, 'e')
          .replace(/e([+-])(\d)$/, 'e$10$2')
      : value
          .toPrecision(6)
          .replace(/(\.\d*?)0+$/, '$1')
          .replace(/\.$/, '');
  return text.replace(/^(-?)0\./, '$1.');
}

/** `3 minutes 1 second`; what is zero is left out, but for the seconds. */
export function spelledDuration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ];
  const said = parts.filter(([count, unit]) => count > 0 || unit === 'second');
  return said.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ');
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Friday, 20-Nov-2026 23:18:02 UTC`, in the machine's zone. */
export function spelledTime(ms: Ms): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const zone = date.toLocaleTimeString('en-US', { timeZoneName: 'short' }).split(' ').at(-1) ?? 'UTC';
  const day = `${DAYS[date.getDay()]}, ${two(date.getDate())}-${MONTHS[date.getMonth()]}-${date.getFullYear()}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`;
}

/** When this build was made, as httpd writes its own: `2026-11-12T08:58:41`. */
export function builtAt(): string {
  return statSync(import.meta.filename)
    .mtime.toISOString()
    .slice(0, 19);
}
