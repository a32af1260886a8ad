/**
 * Dates of HTTP (RFC 9110 5.6.7) in their three forms, read strictly: what is not exactly a date is none, because a wrong
 * Expires has to count as the past (RFC 9111 5.3), and no guess may make a response live longer. Case alone does not count
 * (RFC 9111 4.2). Any thread; pure.
 */
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const IMF = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/i;
const RFC850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/i;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i;

// httpd differs: months have a case there, and any word stands for the time zone.
/**
 * ms since the epoch, or NaN.
 * now  to tell the century of two-digit years: more than 50 years ahead is the last one
 */
export function parseHttpDate(text: string, now: number): number {
  let match = IMF.exec(text);
  if (match !== null) return utc(match[3], match[2], match[1], match[4], match[5], match[6]);
  match = ASCTIME.exec(text);
  if (match !== null) return utc(match[6], match[1], match[2], match[3], match[4], match[5]);
  match = RFC850.exec(text);
  if (match === null) return Number.NaN;
  const thisYear = new Date(now).getUTCFullYear();
  let year = Math.floor(thisYear / 100) * 100 + Number(match[3]);
  if (year > thisYear + 50) year -= 100;
  return utc(String(year), match[2], match[1], match[4], match[5], match[6]);
}

function utc(year = '', month = '', day = '', hour = '', minute = '', second = ''): number {
  const at = MONTHS.indexOf(month.toLowerCase());
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  if (at < 0 || d < 1 || d > 31 || h > 23 || m > 59 || s > 60) return Number.NaN;
  return Date.UTC(Number(year), at, d, h, m, s);
}

export function httpDate(time: number): string {
  return new Date(time).toUTCString();
}
