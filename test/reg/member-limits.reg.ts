/**
 * What a member is given: time to answer, connections, their reuse. And what its failures cost it: failonstatus and
 * failontimeout put it in error, plain errors do not.
 * Source: httpd 2.4, mod_proxy; timeout, connectiontimeout, ping, max, acquire, ttl, disablereuse, failonstatus.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldValue } from '../diff/harness/message.js';
import { Appliance } from './appliance.js';
import { DeafListener } from './deaf-listener.js';
import { plainReply, RawOrigin, type RawRequest } from './raw-origin.js';

function targetOf(request: RawRequest): string {
  return request.head.line.split(' ')[1] ?? '';
}

describe('a member', function () {
  this.timeout(120_000);
  let first: RawOrigin;
  let second: RawOrigin;
  let drover: Appliance | undefined;

  before(async () => {
    first = await RawOrigin.start();
    second = await RawOrigin.start();
  });
  beforeEach(() => {
    first.onRequest = (socket) => socket.write(plainReply('first'));
    second.onRequest = (socket) => socket.write(plainReply('second'));
    first.reset();
    second.reset();
    first.connections = 0;
  });
  afterEach(async () => {
    await drover?.stop();
    drover = undefined;
    first.drop();
  });
  after(() => Promise.all([first.stop(), second.stop()]));

  /** A balancer over the first member with these words, then the second, and more lines after it. */
  async function start(words: string, parameters = '', withSecond = true): Promise<Appliance> {
    const lines = [
      '<Proxy balancer://b>',
      `BalancerMember http://127.0.0.1:${first.port} ${words}`,
      ...(withSecond ? [`BalancerMember http://127.0.0.1:${second.port} ${words}`] : []),
      ...(parameters === '' ? [] : [`ProxySet ${parameters}`]),
      '</Proxy>',
      'ProxyPass / balancer://b/',
    ];
    drover = await Appliance.start(lines.join('\n'));
    return drover;
  }
  const statusAndBody = async (path = '/'): Promise<string> => {
    const { status, body } = await (drover as Appliance).ask(path);
    return status === 200 ? body : String(status);
  };

  it('that is silent for its timeout is answered for with 502, and stays in use', async () => {
    first.onRequest = (socket, request) => {
      if (targetOf(request) !== '/silent') socket.write(plainReply('first'));
    };
    const edge = await start('timeout=1');
    const since = Date.now();
    const { status, body } = await edge.ask('/silent');
    assert.equal(status, 502);
    assert.ok(Date.now() - since >= 950);
    assert.match(body, /Reason: <strong>Error reading from remote server<\/strong>/);
    assert.match(edge.log(), /\(70007\)The timeout specified has expired: .*AH01102/);
    assert.deepEqual([await statusAndBody(), await statusAndBody()], ['second', 'first']);
  });

  it('that sends a byte now and then is not cut by its timeout', async () => {
    first.onRequest = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
      for (const [i, char] of [...'slow!'].entries()) setTimeout(() => socket.write(char), 500 * (i + 1));
    };
    await start('timeout=2', '', false);
    assert.equal(await statusAndBody(), 'slow!');
  });

  it('that falls silent within its answer is cut, and so is the client', async () => {
    first.onRequest = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab');
    const edge = await start('timeout=1', '', false);
    await assert.rejects(edge.ask());
    assert.match(edge.log(), /AH01110: error reading response/);
  });

  it('that is silent goes into error with failontimeout=On', async () => {
    first.onRequest = () => undefined;
    const edge = await start('timeout=1', 'failontimeout=On');
    const seen = [await statusAndBody(), await statusAndBody(), await statusAndBody()];
    assert.deepEqual(seen, ['502', 'second', 'second']);
    assert.match(
      edge.log(),
      /AH02460: balancer:\/\/b: Forcing worker \(http:.*\) into error state due to timeout/,
    );
  });

  it('goes into error by a status of failonstatus, which the client still gets', async () => {
    first.onRequest = (socket) => socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy');
    const edge = await start('', 'failonstatus=500,503');
    const { status, body } = await edge.ask();
    assert.deepEqual({ status, body }, { status: 503, body: 'busy' });
    assert.deepEqual([await statusAndBody(), await statusAndBody()], ['second', 'second']);
    assert.match(edge.log(), /AH01174: .*due to status code 503 matching 'failonstatus' balancer parameter/);
  });

  it('that answers 100 in time gets the body after it, with ping', async () => {
    let atHead = '';
    first.onHead = (socket) => {
      setTimeout(() => {
        atHead = first.bytes;
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }, 50);
    };
    const edge = await start('ping=30', '', false);
    const answer = await edge.ask('/', { method: 'POST', body: 'hello' });
    first.onHead = undefined;
    assert.equal(answer.body, 'first');
    assert.ok(atHead.endsWith('\r\n\r\n') && /Expect: 100-[Cc]ontinue/.test(atHead), 'the head came alone');
    assert.equal(first.requests[0]?.body.toString(), 'hello');
  });

  it('that does not answer 100 in time is left for another one, with ping', async () => {
    const edge = await start('ping=1');
    second.onHead = (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    const answer = await edge.ask('/', { method: 'POST', body: 'hello' });
    second.onHead = undefined;
    assert.equal(answer.body, 'second');
    assert.equal(second.requests[0]?.body.toString(), 'hello');
    assert.equal(first.requests.length, 0);
  });

  it('is asked one thing at a time with max=1, and who waits too long gets 503', async () => {
    let held: Socket | undefined;
    first.onRequest = (socket) => {
      held = socket;
    };
    const edge = await start('max=1 acquire=100', '', false);
    const slow = edge.ask('/slow');
    while (held === undefined) await sleep(5);
    assert.equal(await statusAndBody(), '503');
    held.write(plainReply('first'));
    assert.equal((await slow).body, 'first');
    assert.match(
      edge.log(),
      /\(70007\)The timeout specified has expired: AH00941: http: failed to acquire connection/,
    );
  });

  it('is never asked more at a time than max says, by any number of clients', async () => {
    let now = 0;
    let most = 0;
    first.onRequest = (socket) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        socket.write(plainReply('first'));
      }, 5);
    };
    const edge = await start('max=3', '', false);
    const answers = await Promise.all(Array.from({ length: 60 }, () => edge.ask()));
    assert.deepEqual(new Set(answers.map((answer) => answer.body)), new Set(['first']));
    assert.equal(most, 3);
  });

  it('keeps its connection for the next request', async () => {
    await start('', '', false);
    for (let n = 0; n < 5; n += 1) await statusAndBody();
    assert.equal(first.connections, 1);
  });

  it('gets a new connection each time with disablereuse=On, and is told so', async () => {
    await start('disablereuse=On', '', false);
    for (let n = 0; n < 3; n += 1) await statusAndBody();
    assert.equal(first.connections, 3);
    const [request] = first.requests;
    assert.equal(request && fieldValue(request.head.fields, 'connection'), 'close');
    while (first.open > 0) await sleep(10);
  });

  it('is asked on a new connection after it said close', async () => {
    first.onRequest = (socket: Socket) =>
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nfirst');
    await start('', '', false);
    for (let n = 0; n < 3; n += 1) assert.equal(await statusAndBody(), 'first');
    assert.equal(first.connections, 3);
  });

  it('loses the connections above smax that are idle for ttl', async () => {
    const held: Socket[] = [];
    first.onRequest = (socket) => held.push(socket);
    const edge = await start('smax=1 ttl=1', '', false);
    const asked = Array.from({ length: 5 }, () => edge.ask());
    while (held.length < asked.length) await sleep(5);
    const open = (): number => first.open;
    assert.equal(open(), 5);
    for (const socket of held) socket.write(plainReply('first'));
    await Promise.all(asked);
    while (open() > 1) await sleep(20);
    await sleep(300);
    assert.equal(open(), 1);
  });

  it('that no connect reaches is given up after connectiontimeout, for another one', async () => {
    const deaf = await DeafListener.start();
    drover = await Appliance.start(`<Proxy balancer://b>
  BalancerMember http://127.0.0.1:${deaf.port} connectiontimeout=300ms
  BalancerMember http://127.0.0.1:${first.port}
</Proxy>
ProxyPass / balancer://b/`);
    const since = Date.now();
    const seen = [await statusAndBody(), await statusAndBody()];
    const took = Date.now() - since;
    await deaf.stop();
    assert.deepEqual(seen, ['first', 'first']);
    assert.ok(took >= 290, `answered after ${took} ms`);
    assert.match(
      drover.log(),
      /\(70007\)The timeout specified has expired: AH00957: http: attempt to connect to 127/,
    );
  });
});
