import assert from 'node:assert/strict';
import { OpenPeers } from '../../../../../edge/engine/uws/uws-peers.js';

/** A connection or request of an address, given by its last byte; 0 for a client that is gone. */
function from(last: number): { getRemoteAddress(): ArrayBuffer; asked: number } {
  return {
    asked: 0,
    getRemoteAddress() {
      this.asked += 1;
      return last === 0 ? new ArrayBuffer(0) : Uint8Array.of(127, 0, 0, last).buffer;
    },
  };
}

function peers(): OpenPeers {
  return new OpenPeers((raw) => new Uint8Array(raw).join('.'));
}

describe('open peers', () => {
  it('know the address of a request without asking while all connections are of one client', () => {
    const open = peers();
    open.opened(from(1));
    open.opened(from(1));
    const request = from(1);
    assert.equal(open.addressOf(request), '127.0.0.1');
    assert.equal(request.asked, 0);
  });

  it('ask at each request from the second address on', () => {
    const open = peers();
    open.opened(from(1));
    open.opened(from(2));
    const request = from(2);
    assert.equal(open.addressOf(request), '127.0.0.2');
    assert.equal(request.asked, 1);
  });

  it('go on asking when one of two has closed, since nobody knows which', () => {
    const open = peers();
    open.opened(from(1));
    open.opened(from(2));
    open.closed();
    open.opened(from(1));
    assert.equal(open.addressOf(from(2)), '127.0.0.2');
  });

  it('begin anew when no connection is left', () => {
    const open = peers();
    open.opened(from(1));
    open.opened(from(2));
    open.closed();
    open.closed();
    open.opened(from(3));
    const request = from(3);
    assert.equal(open.addressOf(request), '127.0.0.3');
    assert.equal(request.asked, 0);
  });

  it('take a client that left before it was asked for one that may be anybody', () => {
    const open = peers();
    open.opened(from(0));
    open.opened(from(1));
    assert.equal(open.addressOf(from(1)), '127.0.0.1');
    const request = from(2);
    assert.equal(open.addressOf(request), '127.0.0.2');
    assert.equal(request.asked, 1);
  });
});
