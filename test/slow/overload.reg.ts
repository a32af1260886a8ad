/**
 * Twice the load that the members carry, with MaxRequestWorkers set for it, and more connections than there may be: what
 * is accepted is answered right and soon, the rest is told to come again, nothing grows, the health address
 * answers, and a moment later all is as before.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from '../reg/appliance.js';
import { RawOrigin } from '../reg/raw-origin.js';
import { hasWrk, Wrk } from './wrk.js';

const SECONDS = 12;
/** A member takes so long for a request, and so many at a time: 500 a second. */
const TAKES_MS = 20;
const AT_A_TIME = 10;
const WORKERS = 20;
/** 100 connections that ask every 100 ms: a thousand requests a second. */
const CONNECTIONS = 100;
const PAUSE_MS = 100;
const PROBES = 4;
/** 40 requests that wait for a member of 500 a second are 80 ms; this is for a machine that is busy with other things. */
const PATIENCE_MS = 10_000;
const GROWTH_BYTES = 60_000_000;

for (const engine of ['uws', 'node'] as const) {
  describe(`twice the load that the ${engine} engine's members carry`, function () {
    this.timeout(240_000);
    let origin: RawOrigin;
    let drover: Appliance;
    let health: number;
    let isReady = false;

    before(async function () {
      if (!hasWrk()) {
        if (process.env['CI'] === 'true') assert.fail('wrk is not installed');
        console.log('wrk is not installed: nothing is overloaded');
        this.skip();
      }
      origin = await RawOrigin.start((socket, { head }) => {
        origin.reset();
        const body = head.line.split(' ')[1] ?? '';
        const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        setTimeout(() => socket.write(answer), TAKES_MS);
      });
      health = await freePort();
      drover = await Appliance.start(
        `EdgeHealthAddress 127.0.0.1:${health}
MaxRequestWorkers ${WORKERS}
ListenBackLog ${WORKERS}
MaxKeepAliveRequests 0
ProxyPass / http://127.0.0.1:${origin.port}/ max=${AT_A_TIME}`,
        { engine, threads: 2 },
      );
      isReady = true;
    });
    after(async () => {
      if (!isReady) return;
      await drover.stop();
      await origin.stop();
    });

    it('is answered right as far as it is accepted, and the rest is told to come again', async () => {
      assert.equal((await drover.ask('/before')).body, '/before');
      const memory = drover.residentBytes();
      const url = `http://127.0.0.1:${drover.port}/load`;
      const load = { url, connections: CONNECTIONS, pause: PAUSE_MS, isKept: true, seconds: SECONDS };
      const wrk = new Wrk(drover.folder, load);
      const until = Date.now() + (SECONDS - 1) * 1000;
      const seen = { accepted: 0, refused: 0, probes: 0, longest: 0 };
      const probe = async (n: number): Promise<void> => {
        for (let i = 0; Date.now() < until; i += 1) {
          const path = `/probe/${n}/${i}`;
          const at = performance.now();
          const { status, body, headers } = await drover.ask(path);
          seen.longest = Math.max(seen.longest, performance.now() - at);
          if (status === 200) {
            seen.accepted += 1;
            assert.equal(body, path);
          } else {
            seen.refused += 1;
            assert.deepEqual([status, headers['retry-after']], [503, '1']);
          }
        }
      };
      const watch = async (): Promise<void> => {
        for (; Date.now() < until; seen.probes += 1) {
          assert.equal((await drover.ask('/livez', { port: health })).status, 200);
          assert.equal((await drover.ask('/readyz', { port: health })).status, 200);
          await sleep(100);
        }
      };
      await Promise.all([watch(), ...Array.from({ length: PROBES }, (_, n) => probe(n))]);
      const { answered, perSecond, p99, failures } = await wrk.result();
      const { status: refused, ...lost } = failures;
      console.log(
        `      ${Math.round(perSecond)} requests/s, ${refused} of ${answered} refused, p99 ${p99}; longest probe ${Math.round(seen.longest)} ms`,
      );
      assert.deepEqual(lost, { connect: 0, read: 0, write: 0, timeout: 0 });
      assert.ok(refused > 0 && refused < answered, `${refused} of ${answered} refused`);
      assert.ok(seen.accepted > 10 && seen.refused > 0, JSON.stringify(seen));
      assert.ok(seen.longest < PATIENCE_MS, `${seen.longest} ms`);
      assert.ok(seen.probes > 10);
      const grown = drover.residentBytes() - memory;
      assert.ok(grown < GROWTH_BYTES, `${grown} bytes more`);
      for (let i = 0; i < 20; i += 1) assert.equal((await drover.ask(`/after/${i}`)).body, `/after/${i}`);
    });
  });
}
