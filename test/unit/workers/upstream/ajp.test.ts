/**
 * AJP: what a container gets, packet by packet, and that nothing it sends in answer ends more than its own conversation.
 * Mutations are seeded, so that a run that was green is green again.
 */
import assert from 'node:assert/strict';
import type { MemberSettings } from '../../../../workers/member.js';
import { AjpAnswer } from '../../../../workers/upstream/ajp-answer.js';
import { AjpError, forwardRequest } from '../../../../workers/upstream/ajp-message.js';
import { AjpContainer, type AjpRequest, answer, data, end, headers, packet } from '../../../ajp-container.js';
import { member } from '../fixture.js';
import { Room, TestJob } from '../job-fixture.js';

const SIZE = 8192;
const GOOD = [
  answer(200, 'a body', [['Content-Length', '6']]),
  Buffer.concat([packet(6, Buffer.from([0x1f, 0xfa])), answer(404, 'nothing here', [['X-Some', 'thing']])]),
  Buffer.concat([
    headers(200, '200', [['Set-Cookie', 'a=b']]),
    data('one'),
    data(''),
    data('x'.repeat(5000)),
    end(),
  ]),
  answer(204, ''),
  Buffer.concat([headers(200, 'OK', [['Content-Length', '4']]), data('fo'), data('ur'), end(false)]),
];

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Bytes with a few of them changed, left out, doubled or cut. */
function mutated(bytes: Buffer, random: () => number): Buffer {
  let result = Buffer.from(bytes);
  for (let n = Math.floor(random() * 4); n >= 0; n -= 1) {
    const at = Math.floor(random() * result.length);
    const some = Math.floor(random() * 5);
    const kind = random();
    if (kind < 0.5 && result.length > 0) result[at] = Math.floor(random() * 256);
    else if (kind < 0.65) result = Buffer.concat([result.subarray(0, at), result.subarray(at + some)]);
    else if (kind < 0.8) result = Buffer.concat([result.subarray(0, at + some), result.subarray(at)]);
    else if (kind < 0.9) result = result.subarray(0, at);
    else result = Buffer.concat([result, Buffer.from([0x41, 0x42, 0, some, 3])]);
  }
  return result;
}

/** What an answer told, held to the order that its hearers count on. */
class Hearer {
  said = '';
  body = '';
  isOver = false;
  #hasHead = false;

  onPong(): void {
    this.#note('pong');
  }
  onBodyAsked(bytes: number): void {
    assert.ok(bytes >= 0 && bytes <= 0xffff);
    this.#note('asked');
  }
  onHead(
    head: { status: number; reason: string; fields: string[] },
    body: Buffer | undefined,
    isLast: boolean,
  ): void {
    assert.equal(this.#hasHead, false, 'a second head');
    this.#hasHead = true;
    for (const text of [head.reason, ...head.fields]) assert.doesNotMatch(text, /[\r\n\0]/);
    this.body += body?.toString('latin1') ?? '';
    this.#note(`head ${head.status}`);
    this.isOver = isLast;
  }
  onData(chunk: Buffer, isLast: boolean): void {
    assert.equal(this.#hasHead, true, 'data before the head');
    this.body += chunk.toString('latin1');
    this.#note('data');
    this.isOver = isLast;
  }
  onEnd(): void {
    this.#note('end');
    this.isOver = true;
  }
  onBroken(): void {
    this.#note('broken');
    this.isOver = true;
  }
  #note(what: string): void {
    assert.equal(this.isOver, false, `${what} after the end`);
    this.said += `${what}, `;
  }
}

function readIn(bytes: Buffer, pieces: number): Hearer {
  const hearer = new Hearer();
  const reader = new AjpAnswer(hearer, SIZE);
  reader.begin(false, false);
  const step = Math.max(Math.ceil(bytes.length / pieces), 1);
  for (let at = 0; at < bytes.length; at += step) {
    const piece = bytes.subarray(at, at + step);
    reader.read(Buffer.from(piece), piece.length);
  }
  return hearer;
}

describe('an answer by AJP', () => {
  it('reads the same however its bytes arrive', () => {
    for (const bytes of GOOD) {
      const whole = readIn(bytes, 1);
      assert.equal(whole.isOver, true);
      assert.doesNotMatch(whole.said, /broken/);
      for (const pieces of [2, 3, 7, bytes.length]) {
        const cut = readIn(bytes, pieces);
        assert.deepEqual([cut.isOver, cut.body], [true, whole.body]);
      }
    }
  });

  it('is broken by what is not exactly a packet of its turn', () => {
    const broken: Buffer[] = [
      Buffer.from('HTTP/1.1 200 OK\r\n\r\n'),
      packet(3, Buffer.from([0, 1]), 1, 0),
      end(),
      packet(9),
      packet(7),
      Buffer.from([0x41, 0x42, 0, 0]),
      Buffer.from([0x41, 0x42, 0xff, 0xff]),
      headers(199, 'no', []),
      headers(200, 'OK', [['Bad Name', '1']]),
      headers(200, 'OK', [['X', 'a\r\nInjected: 1']]),
      headers(200, 'O\nK', []),
      headers(200, 'OK', [
        ['Content-Length', '1'],
        ['Content-Length', '2'],
      ]),
      Buffer.concat([headers(200, 'OK', [['Content-Length', '3']]), data('four')]),
      Buffer.concat([headers(200, 'OK', [['Content-Length', '5']]), data('four'), end()]),
      Buffer.concat([headers(200, 'OK', []), headers(200, 'OK', [])]),
      Buffer.concat([headers(200, 'OK', []), packet(3, Buffer.from([0, 9]), 1, 0)]),
    ];
    for (const bytes of broken) assert.match(readIn(bytes, 1).said, /broken, $/, bytes.toString('hex'));
  });

  it('never throws and never tells out of turn, whatever comes', () => {
    const random = seeded(20_261_124);
    let broken = 0;
    for (let n = 0; n < 20_000; n += 1) {
      const bytes = mutated(GOOD[n % GOOD.length] as Buffer, random);
      if (/broken/.test(readIn(bytes, 1 + Math.floor(random() * 4)).said)) broken += 1;
    }
    assert.ok(broken > 2000, `${broken} of 20,000 were broken`);
  });
});

describe('a request by AJP', () => {
  it('is refused where it does not fit, however long its texts are', () => {
    const facts = new TestJob('GET', '/').facts();
    for (const length of [65_000, 65_535, 65_536, 70_000, 1_000_000]) {
      const target = `/?${'q'.repeat(length)}`;
      const request = { method: 'GET', target, length: undefined, secret: '' };
      assert.throws(() => forwardRequest(request, facts, SIZE), AjpError, String(length));
      if (length > 65_000)
        assert.throws(() => forwardRequest(request, facts, 65_536), AjpError, String(length));
    }
  });
});

describe('a conversation by AJP', function () {
  this.timeout(60_000);
  let containers: AjpContainer[];
  let room: Room | undefined;

  beforeEach(async () => {
    containers = [await AjpContainer.start(), await AjpContainer.start()];
  });
  afterEach(async () => {
    room?.assertIdle();
    room?.close();
    room = undefined;
    for (const container of containers) await container.stop();
  });

  function roomOf(more: Partial<MemberSettings> = {}): Room {
    const members = containers.map(({ port }, slot) =>
      member(slot, {
        name: `ajp://127.0.0.1:${port}`,
        scheme: 'ajp',
        port,
        timeout: 30_000,
        retry: 0,
        ...more,
      }),
    );
    room = new Room(members);
    return room;
  }
  const seen = (): AjpRequest[] => containers.flatMap((container) => container.drain());

  async function ask(place: Room, job: TestJob, pieces: readonly Buffer[] = []): Promise<TestJob> {
    const delivery = place.deliver(job);
    for (const [n, piece] of pieces.entries()) delivery.pushBody(piece, n === pieces.length - 1);
    await job.done;
    return job;
  }

  it('says what the request is', async () => {
    const job = await ask(roomOf({ secret: 'between us' }), new TestJob('MKCALENDAR', '/a/b?c=d'));
    assert.deepEqual([job.status, job.body], [200, 'MKCALENDAR /a/b\n']);
    const [request] = seen();
    assert.deepEqual(request?.fields, [
      ['host', 'a.test'],
      ['x-a', '1'],
    ]);
    assert.deepEqual(request.attributes, [
      ['secret', 'between us'],
      ['query_string', 'c=d'],
      ['stored_method', 'MKCALENDAR'],
      ['AJP_REMOTE_PORT', '1234'],
      ['AJP_LOCAL_ADDR', '192.0.2.2'],
    ]);
    assert.deepEqual(
      [request.remoteAddress, request.serverName, request.serverPort],
      ['192.0.2.1', 'a.test', 80],
    );
  });

  it('sends bodies of known and of unknown length, on a connection that is kept', async () => {
    const place = roomOf({ status: 1 });
    for (const length of [5, 8186, 8187, 50_000]) {
      for (const announced of [length, -1]) {
        const body = Buffer.alloc(length, 'abc');
        const half = Math.floor(length / 2);
        const job = new TestJob('POST', '/x', announced);
        await ask(place, job, [body.subarray(0, half), body.subarray(half)]);
        assert.equal(job.status, 200);
        assert.equal(seen()[0]?.body.equals(body), true, `${length} bytes announced as ${announced}`);
      }
    }
    assert.deepEqual(
      containers.map(({ connections }) => connections),
      [1, 1],
    );
  });

  it('asks by CPING first, and asks another member when there is no answer', async () => {
    const [deaf] = containers as [AjpContainer];
    deaf.isAlive = false;
    const place = roomOf({ ping: 1000, retry: 60_000 });
    for (let n = 0; n < 3; n += 1) {
      const job = await ask(place, new TestJob('POST', '/x', 3), [Buffer.from('abc')]);
      assert.equal(job.status, 200);
    }
    assert.equal(deaf.drain().length, 0);
    assert.equal(place.board.errorReasonOf(0), 'ping timeout');
  });

  it('lets another member answer where the request may be repeated, and else none', async () => {
    const [first] = containers as [AjpContainer];
    first.script = () => packet(7);
    const place = roomOf({ retry: 60_000 });
    assert.equal((await ask(place, new TestJob('GET', '/x'))).status, 200);
    place.board.clearError(0);
    const job = await ask(place, new TestJob('POST', '/x', 3), [Buffer.from('abc')]);
    const other = await ask(place, new TestJob('POST', '/x', 3), [Buffer.from('abc')]);
    const statuses = [job, other].map(({ status, failure }) => failure?.status ?? status);
    assert.deepEqual(statuses.sort(), [200, 500]);
  });

  it('ends alone when its answer is broken, and leaks into no other', async () => {
    const random = seeded(7);
    for (const container of containers) {
      container.script = ({ uri, connection, index }) => {
        const whole = answer(200, `${uri} of ${connection}.${index}`, [['X-Uri', uri]]);
        return random() < 0.5 ? mutated(whole, random) : whole;
      };
    }
    const place = roomOf({ timeout: 200 });
    let answered = 0;
    for (let n = 0; n < 60; n += 1) {
      const jobs = [1, 2, 3].map((k) => new TestJob(n % 3 === 0 ? 'HEAD' : 'GET', `/${n}-${k}`));
      await Promise.all(jobs.map((job) => ask(place, job)));
      for (const job of jobs) {
        // A mutation may have changed any byte, but what is of another request is longer than a byte.
        const others = jobs.filter((other) => other !== job).map(({ path }) => path);
        assert.equal(
          others.some((path) => job.body.includes(`${path} of`)),
          false,
        );
        assert.equal(job.body.length < 100, true);
        if (job.end === 'answered') answered += 1;
      }
    }
    assert.ok(answered > 60, `${answered} of 180 were answered`);
  });
});
