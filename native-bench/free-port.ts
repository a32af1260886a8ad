/**
 * The ports that servers under measurement or test listen on; for tests too, since those may import from here. A port that
 * the kernel gives (`listen(0)`) and that is closed again may be gone to some outgoing connection before the server
 * listens on it. So ports are counted up outside of the range from which the kernel takes those of connections
 * (`ip_local_port_range`, ip(7)), beginning somewhere else in each process, and each is given once: a port on which
 * nobody shall answer stays silent as well.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const RANGE_FILE = '/proc/sys/net/ipv4/ip_local_port_range';
/** Below these live services that a machine may have. */
const LOWEST = 10_000;
const HIGHEST = 65_535;
/** With fewer the kernel's range is as good as all, and there is no place beside it. */
const ENOUGH = 2000;
/** A prime, so that processes started one after the other begin far from each other. */
const STRIDE = 131;

/** First and last port to give, beside the kernel's range `low high`; the larger of both sides. */
export function portsBeside(range: string): { first: number; last: number } {
  const [low = 0, high = 0] = range.trim().split(/\s+/).map(Number);
  const below = { first: LOWEST, last: Math.min(low - 1, HIGHEST) };
  const above = { first: Math.max(high + 1, LOWEST), last: HIGHEST };
  const larger = below.last - below.first >= above.last - above.first ? below : above;
  return larger.last - larger.first >= ENOUGH ? larger : { first: LOWEST, last: HIGHEST };
}

const PORTS = portsBeside(readFileSync(RANGE_FILE, 'latin1'));
const COUNT = PORTS.last - PORTS.first + 1;
let next = (process.pid * STRIDE) % COUNT;

/** A port on which nobody listens, on no address; given once in this process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    const port = PORTS.first + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${PORTS.first} to ${PORTS.last}`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
