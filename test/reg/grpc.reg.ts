/**
 * gRPC from end to end: @grpc/grpc-js on both sides, clients over TLS (h2) and in clear text (h2c), members by h2c:// and
 * h2://, alone and in a balancer. Every kind of call, statuses in trailers, cancelling from either side, and that nothing
 * is counted as busy when all is over.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { Appliance } from './appliance.js';
import { GrpcCaller, GrpcMember } from './grpc-echo.js';

const MODULES = 'http2 proxy proxy_http proxy_http2 proxy_balancer lbmethod_byrequests ssl status'
  .split(' ')
  .map((name) => `LoadModule ${name}_module modules/mod_${name}.so`)
  .join('\n');

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (await isTrue()) return;
    await sleep(50);
  }
  assert.fail(`never: ${what}`);
}

describe('gRPC', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'drover-reg-grpc-'));
  let clear: GrpcMember;
  let secure: GrpcMember;
  let drover: Appliance;
  const callers: Record<string, GrpcCaller> = {};

  before(async () => {
    const pair = await selfSigned({ names: ['a.test', '127.0.0.1'], days: 2, now: Date.now() });
    writeFileSync(join(folder, 'a.crt'), pair.certificate);
    writeFileSync(join(folder, 'a.key'), pair.key);
    const own = [{ cert_chain: Buffer.from(pair.certificate), private_key: Buffer.from(pair.key) }];
    clear = await GrpcMember.start();
    secure = await GrpcMember.start(grpc.ServerCredentials.createSsl(null, own));
    const [tls, h2c, toTls] = [await freePort(), await freePort(), await freePort()];
    drover = await Appliance.start(
      `${MODULES}
       Listen 127.0.0.1:${tls} https
       Listen 127.0.0.1:${h2c}
       Listen 127.0.0.1:${toTls}
       SSLProxyEngine on
       SSLProxyVerify require
       SSLProxyCACertificateFile ${folder}/a.crt
       <Proxy balancer://calls>
         BalancerMember h2c://127.0.0.1:${clear.port}
       </Proxy>
       <Location /server-status>
         SetHandler server-status
       </Location>
       <VirtualHost *:${tls}>
         ServerName a.test
         Protocols h2 http/1.1
         SSLEngine on
         SSLCertificateFile ${folder}/a.crt
         SSLCertificateKeyFile ${folder}/a.key
         ProxyPass / balancer://calls/
       </VirtualHost>
       <VirtualHost *:${h2c}>
         Protocols h2c http/1.1
         ProxyPass / h2c://127.0.0.1:${clear.port}/
       </VirtualHost>
       <VirtualHost *:${toTls}>
         Protocols h2c http/1.1
         ProxyPass / h2://127.0.0.1:${secure.port}/
       </VirtualHost>`,
    );
    const trusted = grpc.credentials.createSsl(Buffer.from(pair.certificate));
    callers['TLS to a balancer of h2c'] = new GrpcCaller(`127.0.0.1:${tls}`, trusted, 'a.test');
    callers['h2c to h2c'] = new GrpcCaller(`127.0.0.1:${h2c}`, grpc.credentials.createInsecure());
    callers['h2c to h2'] = new GrpcCaller(`127.0.0.1:${toTls}`, grpc.credentials.createInsecure());
  });
  after(async () => {
    for (const caller of Object.values(callers)) caller.close();
    try {
      await drover.stop();
    } finally {
      clear.stop();
      secure.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  for (const way of ['TLS to a balancer of h2c', 'h2c to h2c', 'h2c to h2']) {
    describe(way, () => {
      const caller = (): GrpcCaller => callers[way] as GrpcCaller;

      it('answers a call with its trailers', async () => {
        const { code, messages, trailers } = await caller().unary('word').outcome;
        assert.deepEqual([code, messages], [grpc.status.OK, ['WORD']]);
        assert.deepEqual([trailers['x-behind'], trailers['x-seen']], ['trailer', 'yes']);
      });

      it('passes an error on as the member said it', async () => {
        const { code, details, messages, trailers } = await caller().unary('fail').outcome;
        assert.deepEqual([code, details, messages], [grpc.status.NOT_FOUND, 'no such thing', []]);
        assert.equal(trailers['x-behind'], 'trailer');
      });

      it('takes a stream of messages', async () => {
        const large = 'y'.repeat(300_000);
        const { code, messages } = await caller().up(['a', large, 'b', large]);
        assert.deepEqual([code, messages], [grpc.status.OK, ['a,300000,b,300000,']]);
      });

      it('passes an answer on that comes before the messages have ended', async () => {
        const { code, details, messages } = await caller().up(['a', 'enough']);
        assert.deepEqual([code, details, messages], [grpc.status.OK, 'OK', ['a,|early']]);
      });

      it('sends a stream of messages, larger than all windows', async () => {
        const { code, messages } = await caller().down('60 50000').outcome;
        assert.equal(code, grpc.status.OK);
        assert.equal(messages.length, 60);
        assert.ok(messages.every((message, i) => message.startsWith(`${i}:`) && message.length === 50_000));
      });

      it('passes on what came before an error', async () => {
        const { code, details, messages } = await caller().down('3 10 fail').outcome;
        assert.deepEqual([code, details, messages.length], [grpc.status.DATA_LOSS, 'half way', 3]);
      });

      it('converses: the member speaks first, and each message waits for the one before', async () => {
        const { code, messages } = await caller().both(['one', 'two', 'three']);
        assert.deepEqual(messages, ['hello', 're: one', 're: two', 're: three']);
        assert.equal(code, grpc.status.OK);
      });

      it('tells the member when a client gives up', async () => {
        const member = way.endsWith('h2') ? secure : clear;
        const before = member.cancelled;
        const waiting = caller().unary('never');
        const stream = caller().down('1 10 stay');
        await once(stream.call, 'data');
        waiting.call.cancel();
        stream.call.cancel();
        assert.equal((await waiting.outcome).code, grpc.status.CANCELLED);
        assert.equal((await stream.outcome).code, grpc.status.CANCELLED);
        await until('both calls end', () => member.cancelled === before + 2);
      });
    });
  }

  it('shares connections: a hundred calls at a time', async () => {
    const caller = callers['h2c to h2c'] as GrpcCaller;
    const calls = Array.from({ length: 100 }, (_, i) => caller.unary(`n${i}`).outcome);
    const outcomes = await Promise.all(calls);
    assert.ok(outcomes.every((outcome, i) => outcome.messages[0] === `N${i}`));
  });

  it('leaves nobody busy', async () => {
    await until('no request under way but this one', async () => {
      const { body } = await drover.ask('/server-status?auto');
      return /BusyWorkers: 1\b/.test(body);
    });
  });
});

function once(emitter: NodeJS.EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.once(event, () => resolve()));
}
