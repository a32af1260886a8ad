/** `drover ctl purge`: by URL, prefix and tag, hard and soft, by way of the JSON API on the control socket. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runCtl } from '../../edge/ctl/ctl.js';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

describe('drover ctl purge', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;

  before(async () => {
    origin = await RawOrigin.start((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nCache-Tag: word\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    drover = await Appliance.start(
      `CacheEnable memory /\nCacheStatus On\nProxyPass / http://127.0.0.1:${origin.port}/`,
      { threads: 2 },
    );
  });
  after(async () => {
    await drover.stop();
    await origin.stop();
  });

  async function ctl(...words: string[]): Promise<{ code: number; said: string }> {
    let said = '';
    const say = (text: string): void => {
      said += text;
    };
    const socketOf = (): string => join(drover.folder, 'drover.ctl');
    return { code: await runCtl(words, { say, complain: say, socketOf }), said };
  }

  async function status(): Promise<string> {
    return String((await drover.ask('/a/b?c')).headers['cache-status']);
  }

  it('takes out what is meant, and says how much that was', async () => {
    const base = `http://127.0.0.1:${drover.port}`;
    for (const words of [[`${base}/a/b?c`], ['--prefix', `${base}/a`], ['--tag', 'word']]) {
      await status();
      assert.match(await status(), /hit/);
      assert.deepEqual(await ctl('purge', ...words), { code: 0, said: '1 purged\n' });
      assert.match(await status(), /fwd=uri-miss/);
    }
    assert.equal((await ctl('purge', `${base}/a/b?c`, '--soft')).code, 0);
    assert.match(await status(), /fwd=stale/);
    assert.deepEqual((await ctl('purge', `${base}/other`)).said, '0 purged\n');
    assert.equal((await ctl('purge')).code, 2);
    assert.equal((await ctl('purge', 'nonsense')).code, 1);
  });
});
