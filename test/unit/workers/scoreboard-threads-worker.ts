/** One thread of scoreboard-threads.test.ts. What it finds wrong it says at its end, in words. */
import { parentPort, workerData } from 'node:worker_threads';
import { Balancer } from '../../../workers/balancer.js';
import type { MemberSettings } from '../../../workers/member.js';
import { Scoreboard } from '../../../workers/scoreboard.js';
import { ClientCounts } from '../../../workers/scoreboard-clients.js';
import { balancerSettings } from './fixture.js';

const task = workerData as {
  buffer: SharedArrayBuffer;
  clients: SharedArrayBuffer;
  /** Of what each limit lets in, how many are in now. */
  witness: SharedArrayBuffer;
  members: MemberSettings[];
  threads: number;
  thread: number;
  rounds: number;
};
const MOST = 2;
const { members, rounds } = task;
const board = new Scoreboard(task.buffer, members.length, 1, task.threads);
const counts = new ClientCounts(task.clients);
const balancer = new Balancer(balancerSettings(members), members, board);
const inside = new Int32Array(task.witness);
const faults: string[] = [];

/** Goes in where a limit allows it, and says if more are in than may be. */
function within(gate: number, hasPlace: boolean, leave: () => void): void {
  if (!hasPlace) return;
  if (Atomics.add(inside, gate, 1) >= MOST) faults.push(`more than ${MOST} at gate ${gate}`);
  Atomics.sub(inside, gate, 1);
  leave();
}

for (let round = 0; round < rounds; round += 1) {
  const picked = balancer.pick({ path: '/', cookies: undefined, hashKey: '' }, 1e6);
  if (typeof picked === 'string') {
    faults.push(picked);
    break;
  }
  const { slot } = picked;
  board.addTraffic(slot, 7, 1);
  within(slot, board.takePlace(slot, MOST), () => board.givePlace(slot));
  within(4 + slot, board.life.joinLine(slot, MOST, 4), () => board.life.leaveLine(slot));
  within(8, board.life.takeRetry(0, MOST), () => board.life.giveRetries(0, 1));
  const entry = counts.find(`client ${(round * 7919) % 80_000}`, round);
  if (entry >= 0) {
    counts.enter(entry);
    counts.leave(entry);
  }
  board.leave(slot);
}
parentPort?.postMessage(faults);
