/**
 * Holds HTTP/2 in front to RFC 9113 and RFC 7541, row by row, with frames made by hand, in clear text and over TLS. The rows
 * go through the sections in which a server can be told wrong from right by what it sends.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { Appliance } from '../reg/appliance.js';
import { ACK, type Code, FrameClient, frame, PREFACE, settings } from '../reg/h2-frames.js';
import { openRaw } from '../reg/raw-client.js';
import { RawOrigin } from '../reg/raw-origin.js';
import { HTTP2_MODULES, loadModules, type TlsSite, tlsSite } from '../reg/tls-site.js';
import { CONNECTION } from './h2-connection.js';
import { FRAME_TYPES } from './h2-frame-types.js';
import { MESSAGE_ROWS, UNSEEN } from './h2-messages.js';
import type { H2Row, Outcome, Wait } from './h2-row.js';

const ROWS: readonly H2Row[] = [...CONNECTION, ...FRAME_TYPES, ...MESSAGE_ROWS];
const PATIENCE_MS = 40_000;
const LAST_PING = 'the last';

function isAnswered(client: FrameClient, stream: number): boolean {
  return client.heard.some((words) => new RegExp(`^(?:DATA|HEADERS) ${stream} END_STREAM$`).test(words));
}

const WAITS: Record<Wait, (client: FrameClient) => boolean> = {
  answered: (client) => isAnswered(client, 1),
  begun: (client) => client.heard.some((words) => words.startsWith('DATA 1')),
  acknowledged: ({ heard }) => heard.filter((words) => words === 'SETTINGS 0 ACK').length > 1,
};

function hasGone({ heard, isClosed, isReset }: FrameClient, codes: readonly Code[]): boolean {
  return isClosed && !isReset && codes.some((code) => heard.includes(`GOAWAY 0 ${code}`));
}

/** Has the connection come to what a row expects? */
function isReached(client: FrameClient, outcome: Outcome): boolean {
  const { heard } = client;
  if (outcome === 'ends') return client.isClosed && !client.isReset && client.rest.length === 0;
  if (outcome === 'lives') return heard.includes(`PING 0 ACK ${LAST_PING}`);
  if ('connection' in outcome) return hasGone(client, outcome.connection);
  if ('answers' in outcome) return outcome.answers.every((stream) => isAnswered(client, stream));
  if ('hears' in outcome) return heard.includes(outcome.hears);
  if ('sizes' in outcome) return heard.includes(`PING 0 ACK ${LAST_PING}`);
  if ('refused' in outcome)
    return isAnswered(client, 1) || outcome.codes.some((code) => heard.includes(`RST_STREAM 1 ${code}`));
  const { stream, codes } = outcome;
  return codes.some((code) => heard.includes(`RST_STREAM ${stream} ${code}`)) || hasGone(client, codes);
}

const wantsPing = (outcome: Outcome): boolean =>
  outcome === 'lives' || (typeof outcome === 'object' && 'sizes' in outcome);

describe('HTTP/2 in front', function () {
  this.timeout(120_000);
  let site: TlsSite;
  let origin: RawOrigin;
  let drover: Appliance;

  before(async () => {
    origin = await RawOrigin.start((socket, { head }) => {
      const fields = head.line.includes('/at-once') ? 'Cache-Control: max-age=60\r\n' : '';
      const body = head.line.startsWith('HEAD') ? '' : 'fine';
      socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 4\r\n\r\n${body}`);
    });
    site = await tlsSite('h2', ['a.test']);
    drover = await Appliance.start(
      `${HTTP2_MODULES}
       ${loadModules('cache')}
       Protocols h2 h2c http/1.1
       ${site.listen}
       CacheEnable memory /at-once
       ProxyPass / http://127.0.0.1:${origin.port}/
       <VirtualHost *:${site.port}>
         ${site.words}
         CacheEnable memory /at-once
         ProxyPass / http://127.0.0.1:${origin.port}/
       </VirtualHost>`,
      { engine: 'node' },
    );
  });
  after(async () => {
    try {
      await drover.stop();
    } finally {
      await origin.stop();
      site.remove();
    }
  });

  function openSecure(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: site.port,
        ALPNProtocols: ['h2'],
        rejectUnauthorized: false,
      };
      const socket = tls.connect(options, () => resolve(socket));
      socket.once('error', reject);
    });
  }

  async function play(socket: Socket, row: H2Row): Promise<void> {
    const client = new FrameClient(socket);
    try {
      socket.write(row.opening ?? Buffer.concat([PREFACE, settings()]));
      if (row.opening === undefined) {
        await client.until(({ heard }) => heard.includes('SETTINGS 0 ACK'), PATIENCE_MS);
        if (row.acknowledges !== false) socket.write(frame('SETTINGS', ACK, 0));
      }
      let bytes: Buffer[] = [];
      for (const one of [
        ...row.send,
        ...(wantsPing(row.outcome) ? [frame('PING', 0, 0, Buffer.from(LAST_PING))] : []),
      ]) {
        if (typeof one !== 'string') bytes.push(one);
        else {
          socket.write(Buffer.concat(bytes));
          bytes = [];
          await client.until(WAITS[one], PATIENCE_MS);
        }
      }
      socket.write(Buffer.concat(bytes));
      await client.until((heard) => isReached(heard, row.outcome), PATIENCE_MS);
      if (typeof row.outcome === 'object' && 'sizes' in row.outcome)
        assert.deepEqual(
          client.data.map(({ length }) => length),
          row.outcome.sizes,
        );
    } finally {
      socket.destroy();
    }
  }

  for (const row of ROWS) {
    it(`${row.section} ${row.name}`, async () => {
      await play(await openRaw(drover.port), row);
      await play(await openSecure(), row);
    });
  }

  it('serves on after all of this', async () => {
    assert.equal((await drover.ask('/')).status, 200);
    assert.equal(origin.bytes.includes(UNSEEN), false, 'a member has seen a field that is none');
  });
});
