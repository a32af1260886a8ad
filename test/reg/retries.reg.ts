/**
 * What drover does beyond httpd for requests whose member fails: EdgeRetry asks another one, EdgeOutlier leaves the member
 * alone, `queue=` keeps the line for a member short. Several balancers in one process.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const FAULTY = 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy';

describe('a request whose member fails', function () {
  this.timeout(120_000);
  let good: RawOrigin;
  let goodPort: number;
  let bad: RawOrigin;
  let edge: Appliance;
  /** Whose answer the test gives when it wants. */
  const late: Socket[] = [];

  before(async () => {
    goodPort = await freePort();
    good = await RawOrigin.start((socket) => socket.write(plainReply('good')), goodPort);
    bad = await RawOrigin.start((socket, { head }) => {
      if (head.line.includes('/closes')) socket.destroy();
      else if (head.line.includes('/errs')) socket.write(FAULTY);
      else if (head.line.includes('/late')) late.push(socket);
      else if (!head.line.includes('/silent')) socket.write(plainReply('bad'));
    });
    const [a, b] = [bad, good].map((origin) => `http://127.0.0.1:${origin.port}`);
    const pool = (name: string, lines: string[]): string =>
      [`<Proxy balancer://${name}>`, ...lines, '</Proxy>', `ProxyPass /${name}/ balancer://${name}/`].join(
        '\n',
      );
    const text = [
      pool('plain', [`BalancerMember ${a} timeout=1`, `BalancerMember ${b}`]),
      pool('retry', [`BalancerMember ${a} timeout=1`, `BalancerMember ${b}`, 'EdgeRetry closed timeout 503']),
      pool('outlier', [
        `BalancerMember ${a}`,
        `BalancerMember ${b}`,
        'EdgeOutlier consecutive=2 time=60',
        'EdgeRetry closed',
      ]),
      pool('queue', [`BalancerMember ${a} max=1 queue=1`, `BalancerMember ${b} status=+H`]),
    ];
    edge = await Appliance.start(text.join('\n'));
  });
  after(async () => {
    await edge.stop();
    await Promise.all([good.stop(), bad.stop()]);
  });

  /** What two requests in a row get: one of them came to the bad member. */
  async function both(path: string, method = 'GET', body?: string): Promise<string[]> {
    const answers: string[] = [];
    for (let n = 0; n < 2; n += 1) {
      const question = body === undefined ? { method } : { method, body };
      const { status, body: text } = await edge.ask(path, question);
      answers.push(status === 200 ? text : String(status));
    }
    return answers.sort();
  }

  it('gets 502 or the member’s own answer without EdgeRetry', async () => {
    assert.deepEqual(await both('/plain/closes'), ['502', 'good']);
    assert.deepEqual(await both('/plain/errs'), ['503', 'good']);
  });

  for (const what of ['closes', 'silent', 'errs'])
    it(`is answered by another member with EdgeRetry: ${what}`, async () => {
      assert.deepEqual(await both(`/retry/${what}`), ['good', 'good']);
    });

  it('is not repeated when it may have had an effect', async () => {
    assert.deepEqual(await both('/retry/closes', 'POST', 'x=1'), ['502', 'good']);
    assert.deepEqual(await both('/retry/errs', 'POST', 'x=1'), ['503', 'good']);
  });

  it('takes its body along when it may be repeated', async () => {
    good.reset();
    assert.deepEqual(await both('/retry/errs', 'PUT', 'all of it'), ['good', 'good']);
    assert.deepEqual(
      good.requests.map(({ body }) => body.toString()),
      ['all of it', 'all of it'],
    );
  });

  it('gets the answer there is when there is no other member', async () => {
    await good.stop();
    const answers = await both('/retry/errs');
    good = await RawOrigin.start((socket) => socket.write(plainReply('good')), goodPort);
    assert.deepEqual(answers, ['503', '503']);
  });

  it('is one of the few that a member fails before it is left alone', async () => {
    const seen = [...(await both('/outlier/closes')), ...(await both('/outlier/closes'))];
    assert.deepEqual(seen, ['good', 'good', 'good', 'good']);
    bad.reset();
    assert.deepEqual(await both('/outlier/x'), ['good', 'good']);
    assert.equal(bad.requests.length, 0);
    assert.match(
      edge.log(),
      /balancer:\/\/outlier: leaving worker \(http:\/\/127\.0\.0\.1:\d+\) alone for 60s: 2 errors in a row/,
    );
  });

  it('waits in a line of bounded length, and who finds it full is refused at once', async () => {
    bad.reset();
    const first = edge.ask('/queue/late');
    while (late.length === 0) await sleep(5);
    const asked = Array.from({ length: 3 }, () => edge.ask('/queue/late'));
    // The standby has answered two when the third is the one that waits.
    let answered = 0;
    for (const one of asked) void one.then(() => (answered += 1));
    while (answered < 2) await sleep(5);
    while (answered < asked.length) {
      for (const socket of late.splice(0)) socket.write(plainReply('late'));
      await sleep(5);
    }
    const others = await Promise.all(asked);
    assert.equal((await first).body, 'late');
    const answers = others.map(({ status, body }) => (status === 200 ? body : String(status))).sort();
    // The standby is another member, and it is not out: those who find the line full may go there.
    assert.deepEqual(answers, ['good', 'good', 'late']);
    assert.match(edge.log(), /1 requests wait for a connection already/);
  });
});
