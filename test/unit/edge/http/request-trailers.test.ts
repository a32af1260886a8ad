/** Which fields behind a request's body a member may have. */
import assert from 'node:assert/strict';
import { requestTrailers } from '../../../../edge/http/request-trailers.js';

describe('trailers of a request', () => {
  it('go on in their order, repeated ones too', () => {
    const sent = ['x-sum', 'abc', 'grpc-status', '0', 'x-sum', 'def'];
    assert.deepEqual(requestTrailers(sent, ['host', 'a.test']), sent);
  });

  it('are left out where they frame, route or identify', () => {
    for (const name of [
      ...['transfer-encoding', 'content-length', 'host', 'connection', 'te', 'trailer', 'cookie'],
      ...['authorization', 'x-forwarded-for', 'forwarded', 'if-match', 'sec-websocket-key', ':path'],
    ])
      assert.deepEqual(requestTrailers([name, '1', 'x-kept', '2'], []), ['x-kept', '2'], name);
  });

  it('are left out where the request has such a field, as its rules have left it', () => {
    assert.deepEqual(requestTrailers(['x-user', 'root'], ['X-User', 'guest']), []);
  });
});
