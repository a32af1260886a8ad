/**
 * The scoreboard under threads that pick, wait, retry and count at random: no count is lost, no limit is passed, not even for
 * a moment, and byrequests gives each member its share to the request, whoever picks.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { boardBytes, Scoreboard } from '../../../workers/scoreboard.js';
import { ClientCounts, clientsBytes } from '../../../workers/scoreboard-clients.js';
import { member } from './fixture.js';

const THREADS = 3;
const ROUNDS = 24_000;

describe('the scoreboard under threads', function () {
  this.timeout(60_000);

  it('counts every request once, and lets nobody past a limit', async () => {
    const members = [member(0, { lbfactor: 300 }), member(1), member(2)];
    const buffer = new SharedArrayBuffer(boardBytes(3, 1, THREADS));
    const clients = new SharedArrayBuffer(clientsBytes(true));
    const witness = new SharedArrayBuffer(64);
    const board = new Scoreboard(buffer, 3, 1, THREADS);
    for (const one of members) board.seed(one);
    const workers = Array.from({ length: THREADS }, (_, thread) => {
      const task = { buffer, clients, witness, members, threads: THREADS, thread, rounds: ROUNDS };
      return new Worker(join(import.meta.dirname, 'scoreboard-threads-worker.js'), { workerData: task });
    });
    const said = await Promise.all(workers.map((worker) => once(worker, 'message')));
    assert.deepEqual(
      said.flatMap(([faults]) => faults as string[]),
      [],
    );
    const all = THREADS * ROUNDS;
    assert.deepEqual(
      members.map(({ slot }) => board.electedOf(slot)),
      [(all * 3) / 5, all / 5, all / 5],
    );
    for (const { slot } of members) {
      assert.equal(board.lbstatusOf(slot), 0);
      assert.equal(board.busyOf(slot), 0);
      assert.equal(board.inUseOf(slot), 0);
      assert.equal(board.life.waitingOf(slot), 0);
    }
    assert.equal(
      members.reduce((sum, { slot }) => sum + board.sentOf(slot), 0),
      all * 7,
    );
    assert.equal(board.life.retryingOf(0), 0);
    const counts = new ClientCounts(clients);
    for (let n = 0; n < 40_000; n += 1) {
      const entry = counts.find(`client ${n}`, 1e9);
      if (entry < 0) continue;
      assert.equal(counts.enter(entry), 1);
      counts.leave(entry);
    }
  });
});
