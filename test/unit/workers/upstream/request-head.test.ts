import { strict as assert } from 'node:assert';
import type { Manner } from '../../../../workers/job.js';
import { RequestHeads } from '../../../../workers/upstream/request-head.js';
import { member } from '../fixture.js';

interface Asked {
  host?: string;
  fields?: string;
  saysEmptyBody?: boolean;
  manner?: Partial<Manner>;
  framing?: string;
  withPing?: boolean;
  upgrade?: string;
}

const USUAL: Manner = { isHttp10: false, closes: false, isFresh: false, isChunked: false };

function textOf(heads: RequestHeads, asked: Asked = {}): string {
  const { host = '', fields = 'X-A: 1\r\n', saysEmptyBody = false, manner, framing } = asked;
  const job = {
    method: 'GET',
    host,
    upstreamFields: fields,
    saysEmptyBody,
    manner: manner === undefined ? undefined : { ...USUAL, ...manner },
  };
  const body = framing === undefined ? undefined : { framing: () => framing };
  return heads.text(job, '/p?q', body, asked.withPing ?? false, asked.upgrade ?? '');
}

describe('request heads', () => {
  it('name the member, or the host that is passed on, whichever was named before', () => {
    const heads = new RequestHeads(member(0));
    const own = 'GET /p?q HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nX-A: 1\r\nConnection: Keep-Alive\r\n\r\n';
    assert.equal(textOf(heads), own);
    assert.equal(textOf(heads), own);
    assert.equal(textOf(heads, { host: 'a.test' }), own.replace('127.0.0.1:9000', 'a.test'));
    assert.equal(textOf(heads, { host: 'b.test:81' }), own.replace('127.0.0.1:9000', 'b.test:81'));
    assert.equal(textOf(heads), own);
  });

  it('frame the body, and ask for 100 Continue', () => {
    const heads = new RequestHeads(member(0));
    assert.match(
      textOf(heads, { saysEmptyBody: true }),
      /\r\nX-A: 1\r\nContent-Length: 0\r\nConnection: Keep-/,
    );
    assert.match(
      textOf(heads, { framing: 'Content-Length: 7\r\n', withPing: true }),
      /\r\nX-A: 1\r\nExpect: 100-continue\r\nContent-Length: 7\r\nConnection: Keep-Alive\r\n\r\n$/,
    );
    assert.match(textOf(heads, { fields: '' }), /:9000\r\nConnection: Keep-Alive\r\n\r\n$/);
  });

  it('say how the connection goes on', () => {
    const kept = new RequestHeads(member(0));
    const single = new RequestHeads(member(0, { reuse: false }));
    assert.match(textOf(single), /\r\nConnection: close\r\n\r\n$/);
    assert.match(textOf(kept, { manner: { closes: true } }), /\r\nConnection: close\r\n\r\n$/);
    assert.match(textOf(kept, { manner: { isChunked: true } }), /\r\nConnection: Keep-Alive\r\n\r\n$/);
    assert.match(
      textOf(kept, { upgrade: 'websocket' }),
      /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/,
    );
    assert.equal(
      textOf(kept, { manner: { isHttp10: true, closes: true } }),
      'GET /p?q HTTP/1.0\r\nHost: 127.0.0.1:9000\r\nX-A: 1\r\n\r\n',
    );
  });
});
