/**
 * strftime for `%{…}t`: a format to a list of pieces once, then one line per second and format. English names, the C
 * locale, as httpd has without setlocale. Local time, as httpd's logs.
 * Source: strftime(3), POSIX. Any thread.
 */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

type Piece = (d: Date) => string;

/**
 * format   conversions of strftime(3); unknown ones stay as they are
 * returns  a function of milliseconds since the epoch; texts of the last second are remembered
 */
export function compileStrftime(format: string): (ms: number) => string {
  const pieces = parse(format);
  let lastSecond = Number.NaN;
  let last = '';
  return (ms) => {
    const second = Math.floor(ms / 1000);
    if (second !== lastSecond) {
      const date = new Date(second * 1000);
      last = pieces.map((piece) => piece(date)).join('');
      lastSecond = second;
    }
    return last;
  };
}

function parse(format: string): Piece[] {
  const pieces: Piece[] = [];
  // E and O ask for a locale's alternative forms, which C has not.
  for (const [whole, letter] of format.matchAll(/%[EO]?([A-Za-z%+])|[^%]+|%/g)) {
    const conversion = letter === undefined ? undefined : CONVERSIONS.get(letter);
    pieces.push(conversion ?? (() => whole));
  }
  return pieces;
}

const CONVERSIONS = new Map<string, Piece>([
  ['a', (d) => day(d).slice(0, 3)],
  ['A', day],
  ['b', (d) => month(d).slice(0, 3)],
  ['h', (d) => month(d).slice(0, 3)],
  ['B', month],
  ['c', (d) => expand('%a %b %e %H:%M:%S %Y', d)],
  ['C', (d) => two(Math.floor(d.getFullYear() / 100))],
  ['d', (d) => two(d.getDate())],
  ['D', (d) => expand('%m/%d/%y', d)],
  ['e', (d) => String(d.getDate()).padStart(2)],
  ['F', (d) => expand('%Y-%m-%d', d)],
  ['g', (d) => two(isoWeek(d).year % 100)],
  ['G', (d) => String(isoWeek(d).year)],
  ['H', (d) => two(d.getHours())],
  ['I', (d) => two(d.getHours() % 12 || 12)],
  ['j', (d) => String(dayOfYear(d) + 1).padStart(3, '0')],
  ['k', (d) => String(d.getHours()).padStart(2)],
  ['l', (d) => String(d.getHours() % 12 || 12).padStart(2)],
  ['m', (d) => two(d.getMonth() + 1)],
  ['M', (d) => two(d.getMinutes())],
  ['n', () => '\n'],
  ['p', (d) => (d.getHours() < 12 ? 'AM' : 'PM')],
  ['P', (d) => (d.getHours() < 12 ? 'am' : 'pm')],
  ['r', (d) => expand('%I:%M:%S %p', d)],
  ['R', (d) => expand('%H:%M', d)],
  ['s', (d) => String(Math.floor(d.getTime() / 1000))],
  ['S', (d) => two(d.getSeconds())],
  ['t', () => '\t'],
  ['T', (d) => expand('%H:%M:%S', d)],
  ['u', (d) => String(d.getDay() || 7)],
  ['U', (d) => two(Math.floor((dayOfYear(d) + 7 - d.getDay()) / 7))],
  ['V', (d) => two(isoWeek(d).week)],
  ['w', (d) => String(d.getDay())],
  ['W', (d) => two(Math.floor((dayOfYear(d) + 7 - ((d.getDay() + 6) % 7)) / 7))],
  ['x', (d) => expand('%m/%d/%y', d)],
  ['X', (d) => expand('%H:%M:%S', d)],
  ['y', (d) => two(d.getFullYear() % 100)],
  ['Y', (d) => String(d.getFullYear())],
  ['z', zone],
  ['Z', zoneName],
  ['%', () => '%'],
]);

function expand(format: string, d: Date): string {
  return parse(format)
    .map((piece) => piece(d))
    .join('');
}

function day(d: Date): string {
  return DAYS[d.getDay()] ?? '';
}

function month(d: Date): string {
  return MONTHS[d.getMonth()] ?? '';
}

/** Offset from UTC as `+0100`. */
export function zone(d: Date): string {
  const east = -d.getTimezoneOffset();
  const minutes = Math.abs(east);
  return `${east < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

function zoneName(d: Date): string {
  return /\(([^)]+)\)/.test(d.toString()) ? shortZone(d) : zone(d);
}

function shortZone(d: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(d);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone(d);
}

/** Days since the first of January, 0 for that day. */
function dayOfYear(d: Date): number {
  return (
    (Date.UTC(d.getFullYear(), d.getMonth(), d.getDate()) - Date.UTC(d.getFullYear(), 0, 1)) / 86_400_000
  );
}

/** ISO 8601: week 1 is the one with the year's first Thursday. */
function isoWeek(d: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(d.getFullYear(), d.getMonth(), d.getDate() + 4 - (d.getDay() || 7)));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1 };
}

export function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

/** Abbreviated English names, for the fixed formats of the logs. */
export const SHORT_DAYS: readonly string[] = DAYS.map((name) => name.slice(0, 3));
export const SHORT_MONTHS: readonly string[] = MONTHS.map((name) => name.slice(0, 3));
