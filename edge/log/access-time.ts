/**
 * Times and durations of access lines. A line per second is written and remembered: requests come by the thousand in
 * one second, and a Date with its offset costs a microsecond.
 * Source: httpd 2.4, mod_log_config, `%t`, `%{format}t`, `%T`, `%D`. Workers; nothing here throws.
 */
import type { Request } from '../request.js';
import { compileStrftime } from './strftime.js';

type Read = (r: Request) => string;

/**
 * `%{arg}t`. Empty: `[20/Nov/2026:23:19:43 +0000]`; `begin:` or `end:` and then a strftime format or one of sec, msec,
 * usec, msec_frac, usec_frac. Without a prefix it is the beginning.
 */
export function compileAccessTime(arg: string): Read {
  const isEnd = arg.startsWith('end:');
  const format = arg.replace(/^(?:begin|end):/, '');
  const at = isEnd ? endOf : (r: Request): number => r.startedAt;
  switch (format) {
    case '': {
      const stamp = compileStrftime('[%d/%b/%Y:%H:%M:%S %z]');
      return (r) => stamp(at(r));
    }
    case 'sec':
      return (r) => String(Math.floor(at(r) / 1000));
    case 'msec':
      return (r) => String(Math.floor(at(r)));
    case 'usec':
      return (r) => String(Math.floor(at(r) * 1000));
    case 'msec_frac':
      return (r) => String(Math.floor(at(r)) % 1000).padStart(3, '0');
    case 'usec_frac':
      return (r) => String(Math.floor(at(r) * 1000) % 1_000_000).padStart(6, '0');
    default: {
      const stamp = compileStrftime(format);
      return (r) => stamp(at(r));
    }
  }
}

const PER_MS = new Map([
  ['us', 1000],
  ['ms', 1],
  ['s', 0.001],
]);

/** `%D` and `%{unit}T`: time from arrival to the end of the response, in whole units. */
export function compileDuration(unit: string): Read {
  const perMs = PER_MS.get(unit);
  if (perMs === undefined) return () => unit;
  return (r) => String(elapsed(r, perMs));
}

/** From arrival to the end of the response, whole µs. */
export function durationOf(r: Request): number {
  return elapsed(r, 1000);
}

function elapsed(r: Request, perMs: number): number {
  return Math.max(0, Math.floor((endOf(r) - r.startedAt) * perMs));
}

/** The end of the response; a request that is logged without one has ended when it began. */
function endOf(r: Request): number {
  return r.endedAt === 0 ? r.startedAt : r.endedAt;
}
