import assert from 'node:assert/strict';
import { VhostTable } from '../../../../edge/route/vhost.js';
import type { ServerSettings, Settings } from '../../../../edge/settings.js';

interface Plan {
  on: string[];
  name?: string;
  aliases?: string[];
}

/** Settings of a main server and these vhosts, whose addresses are `ip:port`, with 0 for any port. */
function settingsOf(...vhosts: Plan[]): Settings {
  const server = ({ on, name = '', aliases = [] }: Plan, id: number): ServerSettings => {
    const addresses = on.map((text) => {
      const at = text.lastIndexOf(':');
      return { address: text.slice(0, at), port: Number(text.slice(at + 1)) };
    });
    return { id, name, aliases, addresses } as unknown as ServerSettings;
  };
  return { servers: [{ on: [], name: 'main.test' }, ...vhosts].map(server) } as unknown as Settings;
}

describe('the table of vhosts', () => {
  /** Place of the server that answers, 0 for the main one; undefined for a Host that is none. */
  function answering(
    settings: Settings,
    host: string | undefined,
    address = '',
    port = 80,
  ): number | undefined {
    return new VhostTable(settings, address, port).match(host)?.server.id;
  }

  it('finds the main server where there is no vhost for the address', () => {
    const settings = settingsOf({ on: ['*:81'], name: 'a.test' });
    assert.equal(answering(settings, 'a.test'), 0);
    assert.equal(answering(settings, 'a.test', '', 81), 1);
  });

  it('prefers vhosts of the IP to those of all, names or not', () => {
    const settings = settingsOf({ on: ['*:0'], name: 'a.test' }, { on: ['10.0.0.1:0'], name: 'b.test' });
    assert.equal(answering(settings, 'a.test', '10.0.0.1'), 2);
    assert.equal(answering(settings, 'b.test', '10.0.0.2'), 1);
  });

  it('takes the first by name, else the first of the address', () => {
    const settings = settingsOf(
      { on: ['*:80'], name: 'a.test' },
      { on: ['*:80'], name: 'b.test', aliases: ['*.b.test', 'b?'] },
      { on: ['*:80'], name: 'b.test', aliases: ['c.test'] },
    );
    assert.equal(answering(settings, 'b.test'), 2);
    assert.equal(answering(settings, 'X.Y.B.test:8080'), 2);
    assert.equal(answering(settings, 'b1'), 2);
    assert.equal(answering(settings, 'c.test'), 3);
    assert.equal(answering(settings, 'd.test'), 1);
    assert.equal(answering(settings, undefined), 1);
  });

  it('has no answer to a Host that is none', () => {
    for (const host of ['a b', 'a/b', 'u@a', 'a..b', 'a:99999', 'a\xe9'])
      assert.equal(answering(settingsOf(), host), undefined, host);
  });

  it('remembers answers without mixing them, however many Hosts come', () => {
    const table = new VhostTable(
      settingsOf({ on: ['*:80'], name: 'first.test' }, { on: ['*:80'], aliases: ['*.b.test'] }),
      '',
      80,
    );
    for (let n = 0; n < 3000; n += 1) {
      assert.equal(table.match(`h${n}.b.test`)?.server.id, 2);
      assert.equal(table.match(`h${n}.test`)?.server.id, 1);
      assert.equal(table.match(`h${n}.b.test`)?.name, `h${n}.b.test`);
    }
  });
});
