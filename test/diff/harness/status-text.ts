/**
 * server-status with `?auto` as a monitoring agent reads it: lines of `Key: value`. Of figures that are of the moment or of
 * the machine (times, load, CPU, sizes) what is left is their form, so that an agent's parser meets the same in both.
 * Source: httpd 2.4 manual, mod_status, "Machine Readable Status File".
 */

/** Values that must be equal; of all others the form counts. */
const SAME = [
  'ParentServerConfigGeneration',
  'ParentServerMPMGeneration',
  'CPUChildrenUser',
  'CPUChildrenSystem',
  'GracefulWorkers',
  'Processes',
  'Stopping',
  'Total Accesses',
  'Total kBytes',
  'ConnsAsyncWaitIO',
  'ConnsAsyncWriting',
  'ConnsAsyncClosing',
];

/** What httpd leaves out, or divides by zero for, in its first second and before a hundredth of a second of CPU was used. */
const UNSURE = /^(?:CPULoad|ReqPerSec|BytesPerSec|Uptime|ServerUptime):/;

/** Drover's own keys follow httpd's; whoever looks for httpd's passes over them. */
const OWN = /^Edge\w+: .*\n/gm;

export function readAuto(body: string): string {
  return body
    .replace(OWN, '')
    .split('\n')
    .map((line) => {
      const [, key = '', value = ''] = /^([^:]+): (.*)$/.exec(line) ?? [];
      return key === '' || SAME.includes(key) || key.startsWith('Proxy')
        ? line
        : `${key}: ${formOf(key, value)}`;
    })
    .filter((line) => !UNSURE.test(line))
    .join('\n');
}

/** The lines of these keys alone. */
export function readKeys(body: string, ...keys: string[]): string {
  return readAuto(body)
    .split('\n')
    .filter((line) => keys.some((key) => line.startsWith(key)))
    .join('\n');
}

function formOf(key: string, value: string): string {
  if (key === 'Scoreboard') return /^[_SRWKDCLGI.]+$/.test(value) ? '{letters}' : value;
  if (/^-?\d*\.\d+(?:e[+-]\d\d)?$/.test(value) || /^\d+$/.test(value)) return '{number}';
  return value
    .replace(/^[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d [A-Z]{3,4}$/, '{time}')
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/, '{built}')
    .replace(/^(?:\d+ \w+ )*\d+ seconds?$/, '{span}')
    .replace(/^(?:event|drover)$/, '{mpm}');
}
