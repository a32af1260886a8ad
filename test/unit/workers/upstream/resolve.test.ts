import assert from 'node:assert/strict';
import { type Lookups, Resolver } from '../../../../workers/upstream/resolve.js';
import { plainReply, RawOrigin } from '../../../reg/raw-origin.js';
import { member } from '../fixture.js';
import { Room, TestJob } from '../job-fixture.js';

/** A name service under test: what it answers now, and how often it was asked. */
class FakeNames implements Lookups {
  now = 1_000_000;
  found: string[] = ['10.0.0.1'];
  seconds = -1;
  isDown = false;
  asked = 0;
  /** Questions that wait for release. */
  held: (() => void)[] | undefined;

  addresses(_name: string, done: Parameters<Lookups['addresses']>[1]): void {
    this.asked += 1;
    const answer = (): void => {
      if (this.isDown) done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), []);
      else done(null, this.found);
    };
    if (this.held === undefined) answer();
    else this.held.push(answer);
  }

  ttl(_name: string, done: (seconds: number) => void): void {
    done(this.seconds);
  }
}

describe('the resolver', () => {
  let names: FakeNames;
  let resolver: Resolver;
  beforeEach(() => {
    names = new FakeNames();
    resolver = new Resolver(names, () => names.now);
  });

  /** Addresses or the error's code. */
  function resolve(name = 'a.test', addressttl = -1): string {
    let seen = 'nothing';
    resolver.resolve(name, addressttl, (error, addresses) => {
      seen = error === undefined ? addresses.join() : String(error.code);
    });
    return seen;
  }

  it('asks nobody about an address', () => {
    assert.equal(resolve('127.0.0.1'), '127.0.0.1');
    assert.equal(resolve('::1'), '::1');
    assert.equal(names.asked, 0);
  });

  it('keeps a name for the TTL of its record, and asks again after it', () => {
    names.seconds = 30;
    assert.equal(resolve(), '10.0.0.1');
    names.found = ['10.0.0.2'];
    names.now += 29_999;
    assert.equal(resolve(), '10.0.0.1');
    assert.equal(names.asked, 1);
    names.now += 1;
    resolve();
    assert.equal(names.asked, 2);
    assert.equal(resolve(), '10.0.0.2');
  });

  it('keeps a name for a minute where no TTL is known', () => {
    resolve();
    names.now += 59_999;
    resolve();
    assert.equal(names.asked, 1);
    names.now += 1;
    resolve();
    assert.equal(names.asked, 2);
  });

  it('keeps a name for addressttl, whatever its record says', () => {
    names.seconds = 3600;
    resolve('a.test', 5);
    names.now += 5000;
    resolve('a.test', 5);
    assert.equal(names.asked, 2);
  });

  it('does not ask for every connection when the TTL is 0', () => {
    names.seconds = 0;
    resolve();
    names.now += 999;
    resolve();
    assert.equal(names.asked, 1);
  });

  it('serves the old addresses while it asks again', () => {
    names.seconds = 1;
    resolve();
    names.now += 1000;
    names.held = [];
    names.found = ['10.0.0.2'];
    assert.equal(resolve(), '10.0.0.1');
    assert.equal(resolve(), '10.0.0.1');
    assert.equal(names.held.length, 1);
    names.held[0]?.();
    assert.equal(resolve(), '10.0.0.2');
  });

  it('asks once for all who wait for a new name', () => {
    names.held = [];
    const seen: string[] = [];
    for (let n = 0; n < 3; n += 1)
      resolver.resolve('a.test', -1, (_error, addresses) => seen.push(addresses.join()));
    assert.equal(names.asked, 1);
    names.held[0]?.();
    assert.deepEqual(seen, ['10.0.0.1', '10.0.0.1', '10.0.0.1']);
  });

  it('keeps the last addresses of a name that is not found any more, and asks now and then', () => {
    names.seconds = 1;
    resolve();
    names.isDown = true;
    names.now += 1000;
    assert.equal(resolve(), '10.0.0.1');
    assert.equal(resolve(), '10.0.0.1');
    assert.equal(names.asked, 2);
    names.now += 5000;
    assert.equal(resolve(), '10.0.0.1');
    assert.equal(names.asked, 3);
  });

  it('tells of a name that was never found, and asks again for the next request', () => {
    names.isDown = true;
    assert.equal(resolve(), 'ENOTFOUND');
    names.isDown = false;
    assert.equal(resolve(), '10.0.0.1');
  });
});

describe('a member by name', () => {
  let origin: RawOrigin;
  let names: FakeNames;
  let room: Room;
  beforeEach(async () => {
    origin = await RawOrigin.start((socket) => socket.write(plainReply('ok')));
    names = new FakeNames();
    const named = member(0, { host: 'a.test', port: origin.port, reuse: false, retry: 0, timeout: 15_000 });
    room = new Room([named], {}, names, () => names.now);
  });
  afterEach(async () => {
    room.close();
    await origin.stop();
  });

  async function status(): Promise<number> {
    const job = new TestJob('GET', '/x');
    room.deliver(job);
    await job.done;
    return job.failure?.status ?? job.status;
  }

  it('is tried at each of its addresses in order, and all is well when one answers', async () => {
    // The origin listens on 127.0.0.1 alone; nobody listens on its neighbours.
    names.found = ['127.0.0.2', '127.0.0.3', '127.0.0.1'];
    assert.equal(await status(), 200);
    assert.deepEqual(room.reports, []);
  });

  it('fails with the last of its addresses when none answers', async () => {
    names.found = ['127.0.0.2', '127.0.0.3'];
    assert.equal(await status(), 503);
    const texts = room.reports.map((line) => line.text);
    assert.match(
      texts[0] ?? '',
      new RegExp(`AH00957: http: attempt to connect to 127\\.0\\.0\\.3:${origin.port} \\(a\\.test:`),
    );
  });

  it('is found at its new address once the TTL is over', async () => {
    names.found = ['127.0.0.2'];
    names.seconds = 10;
    assert.equal(await status(), 503);
    names.found = ['127.0.0.1'];
    names.now += 10_000;
    await status();
    assert.equal(await status(), 200);
  });

  it('that does not exist is answered for with 500 and goes into error', async () => {
    names.isDown = true;
    assert.equal(await status(), 500);
    assert.equal(room.board.errorReasonOf(0), 'name not found');
    room.assertIdle();
  });
});
