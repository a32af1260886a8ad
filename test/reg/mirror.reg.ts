/**
 * EdgeMirror: copies of live requests go to a shadow pool, the differences are counted, and no client waits for a shadow or
 * sees anything of it, whatever becomes of it. On both engines.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const GONE = 'HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone';

for (const engine of ['uws', 'node'] as const)
  describe(`a mirrored request (${engine})`, function () {
    this.timeout(120_000);
    let live: RawOrigin;
    let shadow: RawOrigin;
    let edge: Appliance;

    before(async () => {
      live = await RawOrigin.start((socket) => socket.write(plainReply('live')));
      shadow = await RawOrigin.start((socket, { head }) => {
        if (head.line.includes('/other')) socket.write(GONE);
        else if (!head.line.includes('/hangs')) socket.write(plainReply('shadow'));
      });
      const member = (port: number): string => `BalancerMember http://127.0.0.1:${port} retry=0`;
      const pool = (name: string, port: number): string =>
        `<Proxy balancer://${name}>\n${member(port)}\n</Proxy>`;
      edge = await Appliance.start(
        [
          pool('live', live.port),
          pool('shadow', shadow.port),
          pool('dead', await freePort()),
          'ProxyPass /metrics !',
          'ProxyPass / balancer://live/',
          'EdgeMirror balancer://shadow body=1000 outstanding=2 timeout=3600',
          '<Location /quiet>\nEdgeMirror Off\n</Location>',
          '<Location /rare>\nEdgeMirror balancer://shadow share=0.0001%\n</Location>',
          '<Location /dead>\nEdgeMirror balancer://dead\n</Location>',
          '<Location /metrics>\nSetHandler edge-metrics\n</Location>',
        ].join('\n'),
        { engine },
      );
    });
    after(async () => {
      await edge.stop();
      await Promise.all([live.stop(), shadow.stop()]);
    });

    async function figure(name: string): Promise<number> {
      const { body } = await edge.ask('/metrics');
      const line = body.split('\n').find((one) => one.startsWith(`drover_mirror_${name} `));
      return Number(line?.split(' ').at(-1) ?? assert.fail(`${name} is missing`));
    }
    async function until(name: string, value: number): Promise<void> {
      while ((await figure(name)) !== value) await sleep(5);
    }
    const sum = async (): Promise<number> =>
      (await figure(of('requests_total'))) + (await figure(of('skipped_total', ',reason="busy"')));
    const of = (name: string, more = ''): string => `${name}{mirror="balancer://shadow"${more}}`;

    it('reaches the shadow as it reached the member, body and all, and is answered by the member alone', async () => {
      const answer = await edge.ask('/shop/a?b=c', {
        method: 'POST',
        body: 'all of it',
        headers: { cookie: 'x=1', 'x-mine': 'yes' },
      });
      assert.equal(answer.body, 'live');
      await until(of('compared_total', ',status="same"'), 1);
      const [one] = live.requests;
      const [copy] = shadow.requests;
      assert.ok(one !== undefined && copy !== undefined);
      assert.equal(copy.head.line, one.head.line);
      assert.equal(copy.body.toString(), 'all of it');
      const but = (fields: readonly (readonly [string, string])[]): string[] =>
        fields.filter(([name]) => name.toLowerCase() !== 'host').map(([name, value]) => `${name}: ${value}`);
      assert.deepEqual(but(copy.head.fields), but(one.head.fields));
    });

    it('is compared by status and time', async () => {
      await edge.ask('/other');
      await until(of('compared_total', ',status="different"'), 1);
      assert.equal(await figure(of('answers_total', ',class="4xx"')), 1);
      assert.ok((await figure(of('seconds_total', ',side="shadow"'))) > 0);
      assert.ok((await figure(of('seconds_total', ',side="live"'))) > 0);
    });

    it('is not one whose section says Off, or that is not drawn', async () => {
      const before = await figure(of('requests_total'));
      shadow.reset();
      for (let n = 0; n < 5; n += 1) {
        await edge.ask('/quiet');
        await edge.ask('/rare');
      }
      await edge.ask('/last');
      while (!shadow.bytes.includes('GET /last')) await sleep(5);
      await until(of('outstanding'), 0);
      assert.deepEqual(
        shadow.requests.map(({ head }) => head.line),
        ['GET /last HTTP/1.1'],
      );
      assert.equal(await figure(of('requests_total')), before + 1);
    });

    it('is skipped, and counted, when its body is longer than the limit, announced or not', async () => {
      const body = 'b'.repeat(1001);
      assert.equal((await edge.ask('/long', { method: 'POST', body })).body, 'live');
      const chunked = { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } };
      assert.equal((await edge.ask('/long', chunked)).body, 'live');
      await until(of('skipped_total', ',reason="body"'), 2);
      await until(of('outstanding'), 0);
    });

    it('does not wait for a shadow that hangs, and no more than the limit hang at a time', async () => {
      shadow.reset();
      for (let n = 0; n < 6; n += 1) assert.equal((await edge.ask(`/hangs/${n}`)).body, 'live');
      await until(of('skipped_total', ',reason="busy"'), 4);
      assert.equal(await figure(of('outstanding')), 2);
      while (shadow.requests.length < 2) await sleep(5);
      assert.equal(shadow.requests.length, 2);
      // One that goes on a used connection is sent once more before it has failed.
      while ((await figure(of('failed_total'))) < 2) {
        shadow.drop();
        await sleep(5);
      }
      await until(of('outstanding'), 0);
    });

    it('gives every place back when clients leave and answers are late, here or there', async () => {
      const late = (origin: RawOrigin): void => {
        const { onRequest } = origin;
        origin.onRequest = (socket, one) => setTimeout(() => onRequest(socket, one), one.index % 3);
      };
      late(live);
      late(shadow);
      const before = await sum();
      const leaving = async (n: number): Promise<void> => {
        const socket = connect(edge.port, '127.0.0.1');
        const length = n % 2 === 0 ? 4 : 9;
        socket.write(`POST /leaves HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\nbody`);
        await sleep(n % 5);
        socket.destroy();
      };
      await Promise.all(
        Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? leaving(n) : edge.ask(`/stays/${n}`))),
      );
      await until(of('outstanding'), 0);
      assert.ok((await sum()) > before);
      for (;;) {
        const { body } = await edge.ask('/metrics');
        if (!/^drover_member_busy\{.*\} [1-9]/m.test(body)) break;
        await sleep(5);
      }
    });

    it('is answered all the same when the shadow is dead', async () => {
      for (let n = 0; n < 5; n += 1) assert.equal((await edge.ask('/dead')).body, 'live');
      await until('failed_total{mirror="balancer://dead"}', 5);
    });
  });
