/** What `drover top` draws of two readings. */
import assert from 'node:assert/strict';
import type { BalancerState } from '../../../../edge/admin/state.js';
import { type Reading, topFrame } from '../../../../edge/ctl/top-frame.js';

function reading(at: number, requests: number, pid = 7): Reading {
  const member = {
    url: 'http://10.0.0.5',
    status: 'Init Ok',
    busy: 3,
    elected: requests,
    errors: requests / 10,
    responseTimes: { count: 1, meanMs: 2, p50Ms: 1.25, p90Ms: 3, p99Ms: 9.5 },
    state: 'serves',
  };
  const balancer = { name: 'balancer://b', lbmethod: 'byrequests', usableMembers: 1, members: [member] };
  return {
    at,
    process: {
      pid,
      uptimeSeconds: 3720,
      threads: [{ thread: 0, live: 4, requests, bytesSent: requests * 1024 }],
      cpuSeconds: requests / 1000,
      residentBytes: 100 * 1024 * 1024,
      descriptors: { open: 50, limit: 1024 },
    },
    balancers: [balancer as unknown as BalancerState],
  };
}

describe('a picture of drover top', () => {
  it('has rates of what changed between two readings', () => {
    const frame = topFrame(reading(3000, 1500), reading(1000, 500));
    const [head = ''] = frame.split('\n');
    assert.match(head, /^edge process 7, up 1:02 h, 500 requests\/s, 4 under way, cpu 50 %, memory 100/);
    assert.match(head, /descriptors 50 of 1024$/);
    assert.match(frame, /^ +0 +4 +500 +500K +1500$/m);
    assert.match(frame, /^balancer:\/\/b {2}byrequests, 1 of 1 usable$/m);
    assert.match(frame, /^ {2}http:\/\/10\.0\.0\.5 +Init Ok +3 +500 +50\.0 +1\.3 +9\.5 +serves$/m);
  });

  it('says how late each thread is, where that is known', () => {
    const now = reading(3000, 1500);
    assert.doesNotMatch(topFrame(now, undefined), /LATE/);
    for (const thread of now.process.threads) thread.lateMs = { p99: 1.25, max: 20 };
    assert.match(topFrame(now, undefined), /REQUESTS +LATE P99 +LATE MAX\n.* 1500 +1\.3 +20\.0$/m);
  });

  it('has none at first, nor across a reload', () => {
    for (const before of [undefined, reading(1000, 500, 6)]) {
      const frame = topFrame(reading(3000, 1500), before);
      assert.match(frame, /- requests\/s, 4 under way, cpu -, /);
      assert.match(frame, /^ {2}http:\/\/10\.0\.0\.5 +Init Ok +3 +- +- /m);
    }
  });
});
