/**
 * A client that leaves while what is stored is being validated for it leaves nothing behind, whatever the member says then: the
 * stored copy is let go, the right to fetch is given back, and nobody is counted as being served. On both engines.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

const LARGE = 'x'.repeat(300_000);
const STALE = 'ETag: "a"\r\nCache-Control: max-age=0';

const page = (control: string, body: string, status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\n${control}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** What is there first, and what the member says when it is asked again with nobody waiting. */
const CASES: [what: string, first: string, later: string][] = [
  ['a 304', STALE, 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nCache-Control: max-age=0\r\n\r\n'],
  ['a 304 for another tag', STALE, 'HTTP/1.1 304 Not Modified\r\nETag: "b"\r\n\r\n'],
  ['a new response', STALE, page(STALE, LARGE)],
  ['one that may not be stored', STALE, page('Cache-Control: no-store', 'short')],
  ['a long one that may not be stored', STALE, page('Cache-Control: no-store', LARGE)],
  [
    'an error, where the stale copy would be sent',
    `${STALE}, stale-if-error=600`,
    page('X: y', '', '500 No'),
  ],
  ['an error', `${STALE}, must-revalidate`, page('X: y', 'no', '500 No')],
  ['an error with a page of its own', `${STALE}, must-revalidate`, page('X: y', 'no', '503 No')],
  ['nothing', STALE, ''],
];

for (const engine of ['uws', 'node'] as const) {
  describe(`a client that leaves a validation on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    let held: Socket | undefined;
    let onHeld: () => void = () => undefined;
    let isFirst = true;
    /** The member drops every connection it is asked on, the second try's too. */
    let isLost = false;

    before(async () => {
      origin = await RawOrigin.start((member, { head }) => {
        const index = Number(/^GET \/app\/(\d+) /.exec(head.line)?.[1]);
        if (isLost) member.destroy();
        else if (isFirst) member.write(page(CASES[index]?.[1] ?? '', LARGE));
        else {
          held = member;
          onHeld();
        }
        isFirst = false;
      });
      drover = await Appliance.start(
        [
          '<Location /metrics>\nSetHandler edge-metrics\n</Location>',
          'CacheMemorySize 8M',
          'CacheLock On',
          'CacheLockMaxAge 60',
          'CacheEnable memory /app',
          'CachePurge 127.0.0.1',
          'ProxyErrorOverride On 503',
          `ProxyPass /app http://127.0.0.1:${origin.port}/app`,
        ].join('\n'),
        { engine },
      );
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    const metric = async (name: string): Promise<number> => {
      const { body } = await drover.ask('/metrics');
      return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'm').exec(body)?.[1]);
    };

    /** True as soon as it holds; false when it has not for half a minute. */
    const comes = async (holds: () => Promise<boolean>): Promise<boolean> => {
      for (const end = Date.now() + 30_000; Date.now() < end; ) {
        if (await holds()) return true;
        await sleep(20);
      }
      return false;
    };

    for (const [index, [what, , later]] of CASES.entries()) {
      it(`is not missed by ${what}`, async () => {
        const path = `/app/${index}`;
        isFirst = true;
        assert.equal((await drover.ask(path)).body, LARGE);
        const isAsked = new Promise<void>((resolve) => {
          onHeld = resolve;
        });
        const client = connect(drover.port, '127.0.0.1');
        client.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${drover.port}\r\n\r\n`);
        await isAsked;
        client.destroy();
        // The server has to have seen it go before the member answers.
        await sleep(50);
        isLost = later === '';
        if (isLost) held?.destroy();
        else held?.write(later);
        await sleep(50);
        // A purge frees what nobody holds, and a fetch that is still under way would hold up the next one.
        await drover.ask(path, { method: 'PURGE' });
        assert.ok(await comes(async () => (await metric('drover_cache_used_bytes')) === 0), 'still held');
        isFirst = true;
        isLost = false;
        assert.equal((await drover.ask(path)).body, LARGE, 'the next client');
        await drover.ask(path, { method: 'PURGE' });
      });
    }
  });
}
