/**
 * Which vhost answers: by the address that the client connected to, then by Host. Addresses that vhosts name are told
 * apart on one wildcard Listen too. Source: httpd 2.4 manual, "An In-Depth Discussion of Virtual Host Matching".
 */
import assert from 'node:assert/strict';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';

/** A vhost that answers every request with a redirect to its own name. */
function vhost(address: string, name: string, more = ''): string {
  return `<VirtualHost ${address}>\n  ${more}\n  Redirect 302 / http://${name}/\n</VirtualHost>`;
}

for (const engine of ['uws', 'node'] as const) {
  describe(`vhosts on the ${engine} engine`, function () {
    this.timeout(120_000);
    let drover: Appliance | undefined;
    afterEach(async () => {
      await drover?.stop();
      drover = undefined;
    });

    async function start(text: string): Promise<Appliance> {
      drover = await Appliance.start(text, { engine });
      return drover;
    }
    /** Name of the vhost that answers. */
    async function answering(port: number, host: string, address = '127.0.0.1'): Promise<string> {
      const { headers } = await (drover as Appliance).ask('/', {
        port,
        host: address,
        headers: { Host: host },
      });
      return /^http:\/\/([^/]*)\/$/.exec(String(headers['location']))?.[1] ?? 'main';
    }

    it('are found by ServerName and ServerAlias, whatever the case and the port in Host', async () => {
      const { port } = await start(
        [
          vhost('*:*', 'first', 'ServerName first.test'),
          vhost('*:*', 'second', 'ServerName second.test\n  ServerAlias two.test *.two.test t?.test'),
          vhost('*:*', 'third', 'ServerName second.test\n  ServerAlias third.test'),
        ].join('\n'),
      );
      assert.equal(await answering(port, 'first.test'), 'first');
      assert.equal(await answering(port, 'SECOND.test:81'), 'second');
      assert.equal(await answering(port, 'two.test'), 'second');
      assert.equal(await answering(port, 'a.b.two.test'), 'second');
      assert.equal(await answering(port, 'tx.test'), 'second');
      assert.equal(await answering(port, 'third.test'), 'third');
      assert.equal(await answering(port, 'txx.test'), 'first');
      assert.equal(await answering(port, 'nobody.test'), 'first');
    });

    it('write their errors by an ErrorLogFormat of their own, or by the main server’s', async () => {
      const closed = (name: string, more = '') =>
        `<VirtualHost *:*>\nServerName ${name}\n${more}\n<Location />\nRequire all denied\n</Location>\n</VirtualHost>`;
      const { port } = await start(
        [
          'ErrorLogFormat "main %M"',
          closed('first.test', 'ErrorLogFormat "first %M"'),
          closed('second.test'),
        ].join('\n'),
      );
      for (const host of ['first.test', 'second.test'])
        await drover?.ask('/closed', { port, headers: { Host: host } });
      await drover?.logSays(/^first AH01630: client denied by server configuration/m);
      await drover?.logSays(/^main AH01630: client denied by server configuration/m);
    });

    it('of an address are preferred to those of all, whatever their names', async () => {
      const { port } = await start(
        [
          vhost('*:*', 'all', 'ServerName a.test'),
          vhost('127.0.0.1', 'one', 'ServerName b.test'),
          vhost('127.0.0.1', 'other', 'ServerName c.test'),
        ].join('\n'),
      );
      assert.equal(await answering(port, 'a.test'), 'one');
      assert.equal(await answering(port, 'c.test'), 'other');
    });

    // The node engine cannot listen on an address beside a wildcard yet.
    if (engine === 'uws') {
      it('of single addresses are told apart on one wildcard Listen', async () => {
        const port = await freePort();
        await start(
          [
            `Listen ${port}`,
            vhost(`127.0.0.1:${port}`, 'one', 'ServerName same.test'),
            vhost(`127.0.0.2:${port}`, 'two', 'ServerName same.test'),
            vhost(`_default_:${port}`, 'default', 'ServerName same.test'),
          ].join('\n'),
        );
        assert.equal(await answering(port, 'same.test', '127.0.0.1'), 'one');
        assert.equal(await answering(port, 'same.test', '127.0.0.2'), 'two');
        assert.equal(await answering(port, 'same.test', '127.0.0.3'), 'default');
      });
    }

    it('of other ports do not answer', async () => {
      const port = await freePort();
      const appliance = await start(
        `Listen 127.0.0.1:${port}\nRedirect 302 / http://base/\n${vhost(`*:${port}`, 'ported', 'ServerName a.test')}`,
      );
      assert.equal(await answering(port, 'a.test'), 'ported');
      assert.equal(await answering(appliance.port, 'a.test'), 'base');
    });

    it('by _default_ answer where no other one does', async () => {
      const { port } = await start(
        `Redirect 302 / http://base/\n${vhost('127.0.0.9:*', 'nine')}\n${vhost('_default_:*', 'default')}`,
      );
      assert.equal(await answering(port, 'a.test'), 'default');
    });
  });
}
