/**
 * A drover that runs out of descriptors, on both engines: it neither ends nor spins, says so once, serves the connections it
 * has, blames no member, and takes connections again as soon as some are free.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { openRaw, readReply } from './raw-client.js';
import { RawOrigin } from './raw-origin.js';

/** Descriptors that are left to it after its start. */
const ROOM = 40;
const CLIENTS = 200;
const WATCHED_MS = 1000;

for (const engine of ['uws', 'node'] as const) {
  describe(`out of descriptors, the ${engine} engine`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    let kept: Socket;
    const crowd: Socket[] = [];

    before(async () => {
      origin = await RawOrigin.start();
      drover = await Appliance.start(
        `MaxKeepAliveRequests 0
KeepAliveTimeout 120
<Proxy balancer://b>
  BalancerMember http://127.0.0.1:${origin.port} disablereuse=On
</Proxy>
ProxyPass / balancer://b/`,
        { engine, threads: 2 },
      );
      kept = await openRaw(drover.port);
      assert.equal(await askOn(kept), 200);
    });
    after(async () => {
      for (const socket of crowd) socket.destroy();
      kept.destroy();
      await drover.stop();
      await origin.stop();
    });

    it('serves whom it has, closes whom it cannot take, and does not spin', async () => {
      limitTo(drover.edge, openDescriptors(drover.edge) + ROOM);
      for (let n = 0; n < CLIENTS; n += 1) crowd.push(openSilently(drover.port));
      await drover.logSays('out of descriptors');
      // The queue of connections is emptied: all but those that fit are closed.
      while (crowd.filter((socket) => !socket.destroyed).length > CLIENTS / 2) await keepAlive(kept, 20);
      const before = cpuMs(drover.edge);
      const startedAt = Date.now();
      while (Date.now() - startedAt < WATCHED_MS) await keepAlive(kept, 50);
      const share = (cpuMs(drover.edge) - before) / (Date.now() - startedAt);
      assert.ok(share < 0.6, `it used ${Math.round(share * 100)} % of a core for next to nothing`);
    });

    it('answers 503 when there is none for a member, and blames no member', async () => {
      limitTo(drover.edge, 20);
      assert.equal(await askOn(kept), 503);
      await drover.logSays('Too many open files: AH00957');
    });

    it('takes connections again when there is room, and has said each thing once', async () => {
      for (const socket of crowd.splice(0)) socket.destroy();
      limitTo(drover.edge, 4096);
      await drover.logSays('descriptors are free again');
      assert.equal((await drover.ask('/')).status, 200);
      assert.equal(drover.log().split('out of descriptors').length, 2);
      assert.equal(drover.log().split('AH00957').length, 2);
      assert.doesNotMatch(drover.log(), /AH00959|AH01170/);
    });
  });
}

function limitTo(pid: number, descriptors: number): void {
  execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${descriptors}:`]);
}

function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** CPU time of a process in ms; the kernel counts in hundredths of a second. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function openSilently(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  return socket;
}

async function keepAlive(socket: Socket, wait: number): Promise<void> {
  const status = await askOn(socket);
  assert.ok(status === 200 || status === 503, `answered ${status}`);
  await sleep(wait);
}

function askOn(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const { isComplete, status } = readReply(text, 'GET', false);
      if (!isComplete) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(status);
    };
    const onClose = (): void => reject(new Error('closed'));
    socket.on('data', onData);
    socket.once('close', onClose);
    socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  });
}
