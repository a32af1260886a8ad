/**
 * Max-Forwards: how many proxies a request may still pass. httpd counts it down for every method, and refuses what is no
 * number. Source: RFC 9110 7.6.2; httpd 2.4, mod_proxy "ProxyMaxForwards". Thread: worker; pure.
 */

export const NO_FORWARD_LEFT = 'Max-Forwards has reached zero - proxy loop?';
const MALFORMED = 'Max-Forwards request header could not be parsed';

/** httpd reads 64 bits with a sign. */
const MOST = 2n ** 63n - 1n;

/** Why a request goes no further, by its field, if it has one; undefined when it does. */
export function forwardsProblem(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const left = readForwards(value);
  if (left === undefined) return MALFORMED;
  return left === 0n ? NO_FORWARD_LEFT : undefined;
}

/** What the next hop is told; a value that has a problem stays as it is. */
export function countDown(value: string): string {
  const left = readForwards(value);
  return left === undefined || left === 0n ? value : String(left - 1n);
}

function readForwards(value: string): bigint | undefined {
  if (value === '') return 0n;
  const digits = /^[+-]?(\d+)$/.exec(value)?.[1];
  if (digits === undefined) return undefined;
  const number = BigInt(digits);
  return number > MOST || (value.startsWith('-') && number > 0n) ? undefined : number;
}
