/**
 * Warnings of the reader as lines of httpd's error log, which go to standard error while there is no log yet.
 *
 * Source: httpd 2.4, default ErrorLogFormat as observed. The thread's number is the process's: it is the main thread.
 */
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Messages that httpd prints by themselves, before it has a log. */
const BARE = /^AH(00548|00558|005[01]\d): /;

/** `[Fri Nov 20 23:13:40.089376 2026] [so:warn] [pid 7:tid 7] AH01574: …` */
export function warningLine(module: string, text: string, now: Date): string {
  if (BARE.test(text)) return text;
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const fraction = `${String(now.getMilliseconds()).padStart(3, '0')}000`;
  const day = `${DAYS[now.getDay()] ?? ''} ${MONTHS[now.getMonth()] ?? ''} ${two(now.getDate())}`;
  const time = `${day} ${clock}.${fraction} ${now.getFullYear()}`;
  return `[${time}] [${module}:${levelOf(text)}] [pid ${process.pid}:tid ${process.pid}] ${text}`;
}

/** Messages that httpd gives another level than warn. */
function levelOf(text: string): string {
  if (/AH00077: /.test(text)) return 'crit';
  if (/AH00(547|554): /.test(text)) return 'error';
  if (/AH00113: /.test(text)) return 'notice';
  return 'warn';
}
