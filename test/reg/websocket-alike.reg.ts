/**
 * What a client in frames hears through drover, beside what it hears from the member itself; and what the member hears of
 * it. On the node engine there is no difference; on uws those that the rows name, which are the library's.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { type Said, talk } from './websocket-frames.js';
import { EchoMember } from './websocket-peers.js';
import { FRAME_ROWS, type FrameRow } from './websocket-rows.js';

interface Heard extends Said {
  /** What the member heard at the end. */
  member: string;
}

/** What comes back of `a` and `b`, sent in two binary frames of which the second has no right to be one. */
const JOINED: Heard = {
  messages: ['binary 2 da23614e'],
  pongs: [],
  end: 'close 1000 bye',
  member: '1000 bye',
};

describe('WebSocket frames through drover and without', function () {
  this.timeout(120_000);
  let member: EchoMember;
  const drovers = new Map<string, Appliance>();

  before(async () => {
    member = await EchoMember.start();
    for (const engine of ['uws', 'node'] as const) {
      const text = `ProxyPass /ws/ ws://127.0.0.1:${member.port}/ws/`;
      drovers.set(engine, await Appliance.start(text, { engine }));
    }
  });
  after(async () => {
    try {
      for (const drover of drovers.values()) await drover.stop();
    } finally {
      await member.stop();
    }
  });

  async function hear(port: number, row: FrameRow): Promise<Heard> {
    member.endings.length = 0;
    const said = await talk(port, '/ws/x', row);
    for (let wait = 0; wait < 1000 && member.endings.length === 0; wait += 1) await sleep(5);
    const [ending] = member.endings;
    return { ...said, member: ending === undefined ? 'nothing' : `${ending.code} ${ending.reason}` };
  }

  /** What is heard through uWebSockets.js, from what is heard without. */
  function throughLibrary(heard: Heard, { uws }: FrameRow): Heard {
    if (uws === 'dropped') return { ...heard, end: 'gone', member: '1006 ' };
    if (uws === 'hasty') return { ...heard, messages: [] };
    if (uws === 'bare') return { ...heard, end: 'close', member: '1005 ' };
    return uws === 'uncoded' ? { ...heard, end: 'close', member: '1006 ' } : heard;
  }

  for (const row of FRAME_ROWS) {
    it(row.name, async () => {
      const expected = await hear(member.port, row);
      assert.notEqual(expected.end, 'silent', 'the member itself');
      assert.deepEqual(await hear(drovers.get('node')?.port ?? 0, row), expected, 'node');
      // Nothing ends a conversation that goes on but the client.
      const talk = row.uws === 'joined' ? { ...row, replies: 1 } : row;
      const heard = await hear(drovers.get('uws')?.port ?? 0, talk);
      if (row.uws === 'joined') assert.deepEqual(heard, JOINED, 'uws');
      else if (row.uws === 'other') assert.deepEqual([heard.end, heard.member], ['gone', '1006 '], 'uws');
      else assert.deepEqual(heard, throughLibrary(expected, row), 'uws');
    });
  }

  it('leaves nobody in a conversation', () => {
    assert.equal(member.open, 0);
  });
});
