/**
 * What a member says on a kept connection before the next request has left is no answer to that request. The event loop
 * reads the member's bytes between the moment at which the request takes the connection (a timer) and the end of its turn.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from '../../../../workers/pool.js';
import type { UpstreamConnection } from '../../../../workers/upstream/connection.js';
import { AjpContainer, answer } from '../../../ajp-container.js';
import { plainReply, RawOrigin } from '../../../reg/raw-origin.js';
import { member } from '../fixture.js';
import { Room, TestJob } from '../job-fixture.js';

describe('a kept connection', () => {
  let origin: RawOrigin;
  let room: Room | undefined;
  let last: Socket | undefined;
  beforeEach(async () => {
    origin = await RawOrigin.start((socket, { connection, head }) => {
      last = socket;
      socket.write(plainReply(`${head.line.split(' ')[1]} on ${connection}`));
    });
  });
  afterEach(async () => {
    room?.close();
    await origin.stop();
  });

  function start(more: Parameters<typeof member>[1] = {}): Room {
    room = new Room([member(0, { port: origin.port, ...more })]);
    return room;
  }

  async function answered(at: Room, job: TestJob, body = ''): Promise<string> {
    const delivery = at.deliver(job);
    if (body !== '') delivery.pushBody(Buffer.from(body), true);
    assert.equal(await job.done, 'answered', job.failure?.code);
    return job.body;
  }

  const words: [string, (socket: Socket) => void][] = [
    ['a whole answer', (socket) => socket.write(plainReply('poison'))],
    ['half an answer', (socket) => socket.write('HTTP/1.1 200 OK\r\nX-A')],
    ['an interim answer', (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n')],
    ['its end', (socket) => socket.end()],
    ['a reset', (socket) => socket.resetAndDestroy()],
  ];
  for (const [what, say] of words) {
    for (const method of ['GET', 'POST'] as const) {
      it(`on which ${what} has come serves no ${method}: another one does`, async () => {
        const at = start();
        for (let round = 0; round < 5; round += 1) {
          const before = origin.connections;
          await answered(at, new TestJob('GET', '/first'));
          await sleep(1);
          say(last as Socket);
          const body = method === 'POST' ? 'abc' : '';
          const text = await answered(at, new TestJob(method, '/next', body.length), body);
          assert.match(text, /^\/next on \d+$/);
          assert.ok(origin.connections > before);
        }
        assert.equal(at.reports.length, 0);
        at.assertIdle();
      });
    }
  }

  it('may be written to in parts within one turn', async () => {
    const at = start();
    await answered(at, new TestJob('GET', '/first'));
    const job = new TestJob('POST', '/parts', 40_000);
    const delivery = at.deliver(job);
    for (let n = 0; n < 4; n += 1) delivery.pushBody(Buffer.alloc(10_000, String(n)), n === 3);
    assert.equal(await job.done, 'answered');
    const sent = origin.requests.at(-1)?.body.toString() ?? '';
    assert.deepEqual([sent.length, sent.replace(/(.)\1*/g, '$1')], [40_000, '0123']);
    assert.equal(origin.connections, 1);
  });

  it('to a servlet container is left in the same way', async () => {
    const container = await AjpContainer.start();
    container.script = ({ uri }) => answer(200, `${uri} is well`);
    try {
      const at = start({ port: container.port, scheme: 'ajp' });
      for (let round = 0; round < 5; round += 1) {
        await answered(at, new TestJob('GET', '/first'));
        await sleep(1);
        container.say(answer(200, 'poison'));
        const isPost = round % 2 === 1;
        const job = new TestJob(isPost ? 'POST' : 'GET', '/next', isPost ? 3 : 0);
        assert.equal(await answered(at, job, isPost ? 'abc' : ''), '/next is well');
      }
      at.assertIdle();
    } finally {
      room?.close();
      await container.stop();
    }
  });

  it('is not kept where another member has got the slot', async () => {
    const at = start();
    const other = member(0, { name: 'http://127.0.0.2:1', host: '127.0.0.2', max: 1 });
    const pool = new Pool(other, at.tools);
    const connection = await new Promise<UpstreamConnection>((resolve, reject) => {
      (at.pools[0] as Pool).take(
        { job: new TestJob('GET', '/'), onConnection: resolve, onNoConnection: reject },
        1000,
        true,
      );
    });
    pool.give(connection);
    assert.equal(pool.idle, 0);
    assert.equal(connection.isReusable, false);
  });
});
