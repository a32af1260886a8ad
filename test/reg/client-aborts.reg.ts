/**
 * Clients that leave at each phase of a request: whatever it was waiting for, nothing counts it any more afterwards, neither
 * what is shown (members' busy, threads' requests, open connections) nor what limits are kept by (max, EdgeLimitWaiting,
 * EdgeLimitConnections), which is found by filling them.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { DeafListener } from './deaf-listener.js';
import { openRaw } from './raw-client.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const MOST_OF_A_CLIENT = 6;
const AT_ONCE = 4;

interface Phase {
  name: string;
  /** Requests whose clients leave, all at once or one after the other. */
  sends: string[];
  /** Words of paths that have reached the member by then, each so many times. */
  reaches?: [string, number];
  /** The cache goes on fetching for whoever comes next: it ends with the member's connection. */
  isFetched?: boolean;
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
}

function post(path: string, more: string, body = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n\r\n${body}`;
}

function times(text: string, count = AT_ONCE): string[] {
  return Array.from({ length: count }, () => text);
}

const HALF_BODY = 'x'.repeat(60_000);

const PHASES: Phase[] = [
  { name: 'in a head', sends: times('GET /silent HTTP/1.1\r\nHost: a') },
  { name: 'in line for a connection', sends: times(get('/narrow/silent')), reaches: ['/narrow', 2] },
  { name: 'while the member is connected to', sends: times(get('/deaf/')) },
  { name: 'while members are looked for', sends: times(get('/nobody/')) },
  {
    name: 'in the upload of a body',
    sends: times(post('/silent', 'Content-Length: 100000', HALF_BODY)),
    reaches: ['/silent', AT_ONCE],
  },
  {
    name: 'in the upload of a chunked body',
    sends: times(post('/silent', 'Transfer-Encoding: chunked', `ea60\r\n${HALF_BODY}`)),
    reaches: ['/silent', AT_ONCE],
  },
  { name: 'before enough of a body has come', sends: times(post('/silent', 'Content-Length: 9', 'abc')) },
  {
    name: 'when 100 is waited for',
    sends: times(post('/silent', 'Expect: 100-continue\r\nContent-Length: 9')),
  },
  {
    name: 'when the member is asked for 100',
    sends: times(post('/ping/silent', 'Content-Length: 3', 'abc')),
    reaches: ['/ping', AT_ONCE],
  },
  { name: 'before the answer', sends: times(get('/silent')), reaches: ['/silent', AT_ONCE] },
  { name: 'after an interim answer', sends: times(get('/interim')), reaches: ['/interim', AT_ONCE] },
  { name: 'in the answer’s body', sends: times(get('/half')), reaches: ['/half', AT_ONCE] },
  { name: 'between the answer’s chunks', sends: times(get('/chunk')), reaches: ['/chunk', AT_ONCE] },
  { name: 'when another member is asked', sends: times(get('/retry/')), reaches: ['/retry', AT_ONCE] },
  {
    name: 'of whom one fetches for all',
    sends: times(get('/cached/silent')),
    reaches: ['/cached', 1],
    isFetched: true,
  },
  {
    name: 'while what they fetch is stored',
    sends: times(get('/cached/half')),
    reaches: ['/cached', 1],
    isFetched: true,
  },
  { name: 'with a second request behind the first', sends: times(get('/silent') + get('/silent')) },
];

function configuration(origin: RawOrigin, closing: RawOrigin, deaf: DeafListener): string {
  const member = `http://127.0.0.1:${origin.port}`;
  return `Timeout 20
EdgeLimitWaiting 2
EdgeLimitConnections ${MOST_OF_A_CLIENT}
CacheLock On
CacheLockMaxAge 30
CacheEnable memory /cached
<Location /metrics>
  SetHandler edge-metrics
</Location>
<Proxy balancer://main>
  BalancerMember ${member}
</Proxy>
<Proxy balancer://narrow>
  BalancerMember ${member}/narrow max=2
</Proxy>
<Proxy balancer://deaf>
  BalancerMember http://127.0.0.1:${deaf.port} connectiontimeout=15
</Proxy>
<Proxy balancer://ping>
  BalancerMember ${member}/ping ping=15
</Proxy>
<Proxy balancer://retry>
  BalancerMember http://127.0.0.1:${closing.port}
  BalancerMember ${member}/retry status=+H
  EdgeRetry closed
</Proxy>
<Proxy balancer://nobody>
  BalancerMember ${member}/nobody status=+D
  ProxySet timeout=15
</Proxy>
ProxyPass /metrics !
ProxyPass /deaf/ balancer://deaf/
ProxyPass /narrow/ balancer://narrow/
ProxyPass /ping/ balancer://ping/
ProxyPass /retry/ balancer://retry/
ProxyPass /nobody/ balancer://nobody/
ProxyPass / balancer://main/`;
}

for (const engine of ['uws', 'node'] as const) {
  describe(`clients that leave, on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let closing: RawOrigin;
    let deaf: DeafListener;
    let drover: Appliance;
    /** Heads that the member has seen. */
    let heads: string[] = [];

    before(async () => {
      origin = await RawOrigin.start((socket, { head: { line } }) => {
        if (line.includes('/interim')) socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
        else if (line.includes('/half'))
          socket.write('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nhalf');
        else if (line.includes('/chunk'))
          socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nchunk\r\n');
        else if (line.includes('/ok')) socket.write(plainReply('ok'));
      });
      origin.onHead = (_, { line }) => heads.push(line);
      closing = await RawOrigin.start((socket) => socket.end());
      deaf = await DeafListener.start();
      drover = await Appliance.start(configuration(origin, closing, deaf), { engine });
    });
    after(async () => {
      await drover.stop();
      await Promise.all([origin.stop(), closing.stop(), deaf.stop()]);
    });
    beforeEach(() => {
      heads = [];
    });

    async function send(text: string): Promise<Socket> {
      const socket = await openRaw(drover.port);
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      socket.write(text);
      return socket;
    }

    async function until(holds: () => boolean, what: string): Promise<void> {
      for (const end = Date.now() + 60_000; Date.now() < end && !holds(); ) await sleep(5);
      assert.ok(holds(), what);
    }

    /** Counts that are not as they are when nothing but this question is asked. */
    async function counted(): Promise<string[]> {
      const { body } = await drover.ask('/metrics');
      const lines = body.match(/^drover_(?:member_busy|thread_requests|connections)(?:\{.*\})? \d+$/gm) ?? [];
      assert.equal(lines.length, 9, lines.join('\n'));
      return lines.filter((line) => !line.endsWith(line.startsWith('drover_member') ? ' 0' : ' 1'));
    }

    async function assertNothingCounted(): Promise<void> {
      let left: string[] = [];
      for (const end = Date.now() + 60_000; Date.now() < end; ) {
        left = await counted();
        if (left.length === 0) return;
        await sleep(10);
      }
      assert.deepEqual(left, []);
    }

    for (const { name, sends, reaches, isFetched } of PHASES) {
      for (const isReset of [false, true]) {
        it(`are counted no more: ${name}, ${isReset ? 'by a reset' : 'by closing'}`, async () => {
          const sockets = await Promise.all(sends.map(send));
          if (reaches === undefined) await sleep(30);
          else {
            const [word, count] = reaches;
            await until(
              () => heads.filter((line) => line.includes(word)).length >= count,
              `the member has seen ${heads.join(', ')}`,
            );
            await sleep(10);
          }
          for (const socket of sockets) {
            if (isReset) socket.resetAndDestroy();
            else socket.destroy();
          }
          if (isFetched === true) {
            await sleep(20);
            origin.drop();
          }
          await assertNothingCounted();
        });
      }
    }

    it('have left every limit as it was', async () => {
      const narrow = await Promise.all(times(get('/narrow/silent')).map(send));
      await until(() => heads.length === 2, 'two are served');
      assert.equal((await drover.ask('/narrow/ok')).status, 503, 'and two wait');
      const more = await Promise.all(times(get('/silent'), MOST_OF_A_CLIENT - AT_ONCE).map(send));
      await until(() => heads.length === 2 + more.length, 'as many as a client may have');
      assert.equal((await drover.ask('/ok')).status, 429, 'and not one more');
      for (const socket of [...narrow, ...more]) socket.destroy();
      let status = 429;
      for (const end = Date.now() + 60_000; Date.now() < end && status === 429; ) {
        await sleep(10);
        status = (await drover.ask('/ok')).status;
      }
      assert.equal(status, 200);
      await assertNothingCounted();
    });
  });
}
