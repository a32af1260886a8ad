/** Heartbeats: the text, and the listener, the file and the sender with real packets on loopback. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Heart, type HeartTools } from '../../../../edge/health/heart.js';
import { formatBeat, formatServer, parseBeat, parseServers } from '../../../../edge/health/heartbeat.js';
import { boardFor, member } from '../../workers/fixture.js';

describe('a heartbeat', () => {
  it('is read with its keys in any order, and with keys that are not known', () => {
    assert.deepEqual(parseBeat('v=1&ready=75&busy=3'), { ready: 75, busy: 3 });
    assert.deepEqual(parseBeat('busy=3&x=y&v=0&ready=75\n'), { ready: 75, busy: 3 });
  });

  it('is none without version, ready and busy, or with what is no number', () => {
    for (const text of ['', 'ready=1&busy=1', 'v=1&ready=1', 'v=1&ready=-1&busy=0', 'v=1&ready=x&busy=0'])
      assert.equal(parseBeat(text), undefined, text);
  });

  it('is sent as httpd sends it', () => {
    assert.equal(formatBeat({ ready: 75, busy: 0 }), 'v=1&ready=75&busy=0');
  });

  it('comes back from a file as it was, but for the fraction of a second', () => {
    const now = 1_700_000_000_000;
    const server = { address: '10.0.0.5', ready: 7, busy: 2, seenAt: now - 3000 };
    const line = formatServer(server, now);
    assert.equal(line, '10.0.0.5 &ready=7&busy=2&lastseen=3&port=80\n');
    assert.deepEqual(parseServers(`${line}rubbish\n\n`, now), [server]);
  });
});

describe('heartbeats', function () {
  this.timeout(30_000);
  let folder: string;
  const hearts: Heart[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-heart-'));
  });
  afterEach(() => {
    for (const heart of hearts.splice(0)) heart.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function make(settings: HeartTools['settings'], problems: string[] = []) {
    const members = [member(0, { host: '127.0.0.1' }), member(1, { host: '10.9.9.9' })];
    const board = boardFor(members);
    const own = (): { ready: number; busy: number } => ({ ready: 40, busy: 2 });
    const heart = new Heart({ settings, members, board, own, onProblem: (text) => problems.push(text) });
    hearts.push(heart);
    await heart.start();
    return { heart, board };
  }

  async function freeUdpPort(): Promise<number> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(resolve));
    return port;
  }

  it('are sent every second, heard, and kept for the member of that address alone', async () => {
    const port = await freeUdpPort();
    const { board } = await make({ listen: { address: '127.0.0.1', port }, maxServers: 10 });
    await make({ address: { address: '127.0.0.1', port }, maxServers: 10 });
    while (board.life.hbSeenOf(0) === 0) await sleep(20);
    assert.deepEqual([board.life.hbReadyOf(0), board.life.hbBusyOf(0)], [40, 2]);
    assert.equal(board.life.hbSeenOf(1), 0);
  });

  it('are kept for a member that was added while it listens', async () => {
    const port = await freeUdpPort();
    const { heart, board } = await make({ listen: { address: '127.0.0.1', port }, maxServers: 10 });
    heart.adopt([member(0, { host: '10.9.9.9' }), member(1, { host: '127.0.0.1' })]);
    await make({ address: { address: '127.0.0.1', port }, maxServers: 10 });
    while (board.life.hbSeenOf(1) === 0) await sleep(20);
    assert.equal(board.life.hbReadyOf(1), 40);
    assert.equal(board.life.hbSeenOf(0), 0);
  });

  it('go into a file with HeartbeatMaxServers 0, and are read from it by who does not listen', async () => {
    const port = await freeUdpPort();
    const storage = join(folder, 'hb.dat');
    await make({ listen: { address: '127.0.0.1', port }, storage, maxServers: 0 });
    await make({ address: { address: '127.0.0.1', port }, maxServers: 10 });
    while (!existsSync(storage) || readFileSync(storage, 'utf8') === '') await sleep(50);
    assert.match(readFileSync(storage, 'utf8'), /^127\.0\.0\.1 &ready=40&busy=2&lastseen=\d+&port=80\n$/);
    writeFileSync(storage, '10.9.9.9 &ready=5&busy=1&lastseen=0&port=80\n');
    const { board } = await make({ storage, maxServers: 10 });
    while (board.life.hbSeenOf(1) === 0) await sleep(20);
    assert.equal(board.life.hbReadyOf(1), 5);
  });

  it('tell of an address that is none of ours', async () => {
    await assert.rejects(
      make({ listen: { address: '192.0.2.1', port: 27_999 }, maxServers: 10 }),
      /EADDRNOTAVAIL/,
    );
  });
});
