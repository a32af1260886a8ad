/** Which members are asked for which protocol. */
import assert from 'node:assert/strict';
import { upgradeFor } from '../../../../workers/upstream/tunnel.js';
import { member } from '../fixture.js';

describe('upgradeFor', () => {
  const ask = (scheme: string, upgrade: string, asked: string): string =>
    upgradeFor(member(0, { scheme, upgrade }), asked);

  it('asks ws and wss members for WebSocket alone', () => {
    assert.equal(ask('ws', '', 'WebSocket'), 'WebSocket');
    assert.equal(ask('wss', '', 'websocket'), 'websocket');
    assert.equal(ask('ws', '', 'chat'), '');
    assert.equal(ask('ws', '', ''), '');
  });

  it('asks others for what upgrade= lists', () => {
    assert.equal(ask('http', '', 'websocket'), '');
    assert.equal(ask('http', 'WebSocket', 'websocket'), 'websocket');
    assert.equal(ask('http', 'chat, websocket', 'websocket'), 'websocket');
    assert.equal(ask('http', 'chat', 'websocket'), '');
    assert.equal(ask('http', '*', 'anything'), 'anything');
  });
});
