/**
 * byrequests over several threads: whatever thread takes a request, the debts lie on one scoreboard, so that the counts
 * are those of one counter. The model below is the algorithm of the manual in six lines.
 */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { Origin } from '../diff/harness/origins.js';
import { Appliance } from './appliance.js';

const REQUESTS = 10_000;
const CONNECTIONS = 40;
const FACTORS = [5, 1, 1];

describe('byrequests on four threads', function () {
  this.timeout(120_000);
  let origins: Origin[];
  let drover: Appliance;

  beforeEach(async () => {
    origins = await Promise.all(FACTORS.map((_, i) => Origin.start(`web${i + 1}`)));
    const members = origins.map(
      (origin, i) => `BalancerMember http://127.0.0.1:${origin.port} loadfactor=${FACTORS[i]}`,
    );
    drover = await Appliance.start(
      `<Proxy balancer://b>\n${members.join('\n')}\n</Proxy>\nProxyPass / balancer://b/`,
      { threads: 4 },
    );
  });
  afterEach(async () => {
    await drover.stop();
    await Promise.all(origins.map((origin) => origin.stop()));
  });

  it('gives ten thousand requests to weights 5:1:1 exactly as one counter would', async () => {
    const counts = new Map<string, number>();
    let left = REQUESTS;
    const askOn = async (agent: Agent): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const member = await ask(drover.port, agent);
        counts.set(member, (counts.get(member) ?? 0) + 1);
      }
    };
    const agents = Array.from({ length: CONNECTIONS }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    await Promise.all(agents.map(askOn));
    for (const agent of agents) agent.destroy();
    assert.deepEqual(
      origins.map((origin) => counts.get(origin.member)),
      model(REQUESTS),
    );
    assert.deepEqual(
      origins.map((origin) => origin.drain().length),
      model(REQUESTS),
    );
  });
});

/** How often each member is picked in so many requests. */
function model(requests: number): number[] {
  const total = FACTORS.reduce((sum, factor) => sum + factor, 0);
  const debts = FACTORS.map(() => 0);
  const counts = FACTORS.map(() => 0);
  for (let n = 0; n < requests; n += 1) {
    debts.forEach((debt, i) => {
      debts[i] = debt + (FACTORS[i] as number);
    });
    const best = debts.indexOf(Math.max(...debts));
    debts[best] = (debts[best] as number) - total;
    counts[best] = (counts[best] as number) + 1;
  }
  return counts;
}

/** The name of the member that answered. */
function ask(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text.split(' ')[0] ?? ''));
    });
    sent.on('error', reject);
    sent.end();
  });
}
