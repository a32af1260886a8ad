/** An answer to HEAD leaves the connection as any other does: the next request on it is answered. */
import assert from 'node:assert/strict';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

function ask(
  agent: Agent,
  port: number,
  method: string,
  path: string,
): Promise<[number | undefined, IncomingHttpHeaders]> {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', method, path }, (answer) => {
      const { localPort } = answer.socket;
      answer.resume();
      answer.on('end', () => resolve([localPort, answer.headers]));
    });
    sent.on('error', reject);
    sent.end();
  });
}

for (const engine of ['uws', 'node'] as const) {
  it(`HEAD keeps its connection on the ${engine} engine, proxied, cached, redirected and refused`, async () => {
    const origin = await RawOrigin.start((member, { head }) => {
      const body = head.line.startsWith('HEAD') ? '' : 'abc';
      const fields = 'Content-Length: 3\r\nCache-Control: max-age=100\r\n\r\n';
      member.write(`HTTP/1.1 200 OK\r\n${fields}${body}`);
    });
    const drover = await Appliance.start(
      [
        'CacheEnable memory /cached',
        'Redirect /gone-to http://other.test/',
        'ProxyPass /nothing !',
        `ProxyPass / http://127.0.0.1:${origin.port}/`,
      ].join('\n'),
      { engine },
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    try {
      for (const path of ['/plain', '/cached', '/gone-to', '/nothing']) {
        for (const method of ['GET', 'HEAD', 'HEAD', 'GET']) {
          const [localPort, { 'content-length': length }] = await ask(agent, drover.port, method, path);
          ports.add(localPort);
          assert.match(length ?? '', /plain|cached/.test(path) ? /^3$/ : /^\d+$/, `${method} ${path}`);
        }
      }
      assert.equal(ports.size, 1, 'connections');
    } finally {
      agent.destroy();
      await drover.stop();
      await origin.stop();
    }
  });
}
