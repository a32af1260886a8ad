/**
 * A member's response that ends at any byte, or comes in two parts that were split at any byte: the client gets all of it,
 * or 502, or what had begun is cut, and never a byte of another response. What is broken is not used again.
 * Source: RFC 9112 8; httpd 2.4, mod_proxy_http.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { openRaw, type Reply, sendRaw } from './raw-client.js';
import { plainReply, RawOrigin } from './raw-origin.js';

/** How a response comes; `mark` is its own, and stands in its head and its body. */
const FORMS: Record<string, (mark: string) => string> = {
  length: (mark) => `HTTP/1.1 200 OK\r\nX-Mark: ${mark}\r\nContent-Length: 6\r\n\r\n${mark}`,
  chunks: (mark) =>
    `HTTP/1.1 200 OK\r\nX-Mark: ${mark}\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n${mark.slice(0, 2)}\r\n4\r\n${mark.slice(2)}\r\n0\r\nX-T: ${mark}\r\n\r\n`,
  interim: (mark) =>
    `HTTP/1.1 103 Hints\r\nLink: <${mark}>\r\n\r\nHTTP/1.1 200 OK\r\nX-Mark: ${mark}\r\nContent-Length: 6\r\n\r\n${mark}`,
};
const ENDS = ['close', 'reset', 'split'] as const;
type End = (typeof ENDS)[number];

/** Marks are six characters, told apart by number. */
function markOf(number: number): string {
  return `m${String(number).padStart(5, '0')}`;
}

function answer(socket: Socket, line: string): void {
  const [, form = '', end = '', at = '', mark = ''] = /^GET \/(\w+)\/(\w+)\/(\d+)\/(\w+) /.exec(line) ?? [];
  const text = FORMS[form]?.(mark);
  if (text === undefined) {
    socket.write(plainReply('good'));
    return;
  }
  const first = text.slice(0, Number(at));
  if (end === 'close') socket.end(first);
  else if (end === 'reset') socket.write(first, () => socket.resetAndDestroy());
  else {
    socket.write(first);
    if (end === 'split') setTimeout(() => socket.write(text.slice(first.length)), 2);
  }
}

function assertReply(reply: Reply, text: string, mark: string, end: End, at: number): void {
  const said = reply.text;
  const marks = said.match(/m\d{5}/g) ?? [];
  assert.deepEqual(
    marks.filter((each) => each !== mark),
    [],
    said,
  );
  assert.ok(mark.startsWith(reply.body) || reply.status === 502, said);
  const headEnd = text.indexOf('\r\n\r\n', text.indexOf('200 OK')) + 4;
  const isWhole = reply.status === 200 && reply.isComplete && reply.body === mark;
  const isRefused = reply.status === 502 && reply.isComplete;
  const isCut = !reply.isComplete && reply.isClosed && /^HTTP\/1\.1 (?:103|200) /.test(said);
  if (end === 'split' || (end === 'close' && at === text.length)) assert.ok(isWhole, said);
  else if (at < headEnd) assert.ok(isRefused, said);
  else if (end === 'close') assert.ok(isCut, said);
  // A reset may overtake what was sent before it.
  else assert.ok(isRefused || isCut || (at === text.length && isWhole), said);
}

for (const engine of ['uws', 'node'] as const) {
  describe(`a response that ends anywhere, on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    before(async () => {
      origin = await RawOrigin.start((socket, { head }) => answer(socket, head.line));
      drover = await Appliance.start(
        `Timeout 60\n<Location /metrics>\nSetHandler edge-metrics\n</Location>\nProxyPass /metrics !
<Proxy balancer://b>\nBalancerMember http://127.0.0.1:${origin.port}\n</Proxy>\nProxyPass / balancer://b/`,
        { engine },
      );
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    async function ask(form: string, end: End, at: number, number: number): Promise<void> {
      const mark = markOf(number);
      const text = FORMS[form]?.(mark) ?? '';
      const reply = await sendRaw(
        drover.port,
        `GET /${form}/${end}/${at}/${mark} HTTP/1.1\r\nHost: a.test\r\n\r\n`,
      );
      assertReply(reply, text, mark, end, at);
    }

    // uWebSockets.js ends a head together with the first piece of a body.
    if (engine === 'node')
      it('has begun for the client when its head has come', async () => {
        for (const form of ['length', 'chunks']) {
          const at = (FORMS[form]?.('m00001') ?? '').indexOf('\r\n\r\n') + 4;
          const path = `/${form}/never/${at}/m00001`;
          const socket = await openRaw(drover.port);
          socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
          let text = '';
          for await (const chunk of socket) {
            text += (chunk as Buffer).toString('latin1');
            if (/X-Mark: m00001\r\n[\s\S]*\r\n\r\n$/.test(text)) break;
          }
          assert.match(text, /X-Mark: m00001\r\n[\s\S]*\r\n\r\n$/);
        }
      });

    for (const form of Object.keys(FORMS)) {
      for (const end of ENDS) {
        it(`is whole, cut or 502: ${form}, ${end} at each byte`, async () => {
          const { length } = FORMS[form]?.(markOf(0)) ?? '';
          // As many at a time as share connections with good answers in between.
          let at = 0;
          const runner = async (): Promise<void> => {
            while (at <= length) {
              const mine = at;
              at += 1;
              await ask(form, end, mine, mine);
              const good = await sendRaw(drover.port, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
              assert.deepEqual([good.status, good.body], [200, 'good']);
            }
          };
          await Promise.all(Array.from({ length: 12 }, runner));
          // The count of a request comes down when all of it has ended, which may be after its answer.
          while (!/^drover_member_busy\{.*\} 0$/m.test((await drover.ask('/metrics')).body)) await sleep(5);
        });
      }
    }
  });
}
