/**
 * Heartbeats: what mod_heartmonitor's handler answers, whom lbmethod=heartbeat chooses among members that were heard, and
 * both sides of the UDP packets beside a real httpd: its mod_heartbeat is heard by drover, and its mod_heartmonitor hears
 * drover. Whom the method draws is chance; the sequences are such that one member alone may be drawn.
 * (httpd-semantics 2.16, 3.6)
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { get as ask } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request, type Step, times } from '../harness/case.js';
import { droverOrTwin } from '../harness/drover.js';
import { httpd, isHttpdInstalled } from '../harness/httpd.js';
import {
  certificate,
  DEAD,
  LISTEN,
  leavePlaces,
  makePlaces,
  type Places,
  PORT2,
  PORT3,
  WEB1,
  WEB2,
  WEB3,
  WEB4,
} from '../harness/places.js';
import { type Launch, type ServerUnderTest, startServer } from '../harness/server.js';

const MODULES = '/usr/lib/apache2/modules';
const MONITOR = `LoadModule heartmonitor_module ${MODULES}/mod_heartmonitor.so`;
const BEAT = `LoadModule heartbeat_module ${MODULES}/mod_heartbeat.so`;
const COUNT = 200;
const [A, B, C, D] = [WEB1, WEB2, WEB3, WEB4].map((place) => `http://${place}`);

const posted = (body: string): Step =>
  request('POST', '/hb', ['Content-Type: application/x-www-form-urlencoded'], { body });

interface Pool {
  name: string;
  members: string[];
  cases: DiffCase[];
  listens?: boolean;
}

function describePool({ name, members, cases, listens = true }: Pool): void {
  const config = [
    MONITOR,
    `Listen ${LISTEN}`,
    'MaxKeepAliveRequests 0',
    ...(listens ? [`HeartbeatListen 127.0.0.1:${PORT3}`] : []),
    '<Location /hb>\nSetHandler heartbeat\n</Location>',
    '<Proxy balancer://c>',
    ...members.map((member) => `  BalancerMember ${member}`),
    '  ProxySet lbmethod=heartbeat stickysession=SID',
    '</Proxy>',
    'ProxyPass /hb !',
    'ProxyPass / balancer://c/',
  ];
  describeAlike({ name: `heartbeats: ${name}`, fresh: true, config: config.join('\n'), cases });
}

describePool({
  name: 'the handler',
  members: [`${A}`],
  cases: [
    {
      name: 'takes POST alone',
      steps: [get('/hb'), request('HEAD', '/hb'), request('PUT', '/hb')],
      expect: ['405 -', '405 -', '405 -'],
    },
    {
      name: 'takes ready and busy with or without a version, and wants both',
      steps: [
        posted('v=1&ready=75&busy=0'),
        posted('busy=1&ready=75'),
        posted('v=1&ready=75'),
        posted('v=1&busy=1'),
        posted('nonsense'),
        posted('v=1&ready=75&busy=0&port=8080&x=y'),
      ],
      expect: ['200 -', '200 -', '400 -', '400 -', '400 -', '200 -'],
    },
    {
      name: 'is what members are chosen by: nobody before, the sender after',
      steps: [get('/x'), posted('ready=75&busy=0'), get('/x'), posted('ready=0&busy=75'), get('/x')],
      expect: ['503 -', '200 -', '200 web1', '200 -', '503 -'],
    },
    {
      name: 'counts a quarter of what is ready where nothing is under way',
      steps: [
        posted('ready=3&busy=0'),
        get('/x'),
        posted('ready=4&busy=0'),
        get('/x'),
        posted('ready=1&busy=1'),
        get('/x'),
      ],
      expect: ['200 -', '503 -', '200 -', '200 web1', '200 -', '200 web1'],
    },
  ],
});

describePool({
  name: 'the handler without HeartbeatListen',
  members: [`${A}`],
  listens: false,
  cases: [
    {
      name: 'is not active',
      steps: [posted('v=1&ready=75&busy=0'), get('/hb')],
      expect: ['503 -', '405 -'],
      errors: ['AH10561'],
    },
  ],
});

/** So many requests between two heartbeats of all members' address: httpd believes one for ten seconds. */
const BETWEEN = 20;
const heard = (step: Step): Step[] =>
  Array.from({ length: COUNT / BETWEEN }, () => [
    posted('v=1&ready=75&busy=3'),
    ...times(BETWEEN, step),
  ]).flat();
const servedBy = (member: string): string[] =>
  Array.from({ length: COUNT / BETWEEN }, () => [
    '200 -',
    ...Array<string>(BETWEEN).fill(`200 ${member}`),
  ]).flat();

/** Two hundred requests. */
const sequence = (member: string): DiffCase[] => [
  {
    name: `${COUNT} requests go where httpd sends them`,
    steps: heard(get('/x', [], { on: 'kept' })),
    expect: servedBy(member),
  },
];

describePool({
  name: 'stopped, disabled and dead members, a standby of a higher set',
  members: [`${A} status=+S`, `${B} status=+D`, `http://${DEAD}`, `${D} status=+H lbset=3 loadfactor=50`],
  cases: sequence('web4'),
});
describePool({
  name: 'a drained member is drawn all the same',
  members: [`${A} status=+D`, `${B} status=+N`, `${C} status=+S`],
  cases: sequence('web2'),
});
describePool({
  name: 'a spare is drawn as any other',
  members: [`${A} status=+D`, `${B} status=+S`, `${C} status=+R loadfactor=7`],
  cases: sequence('web3'),
});
describePool({
  name: 'sessions stay with their member',
  members: [`${A} route=a status=+D`, `${B} route=b`, `${C} route=c status=+N`],
  cases: [
    {
      name: `${COUNT} requests of a session are its member's, drained or not`,
      steps: heard(get('/x;SID=1.c', [], { on: 'kept' })),
      expect: servedBy('web3'),
    },
  ],
});

describe('heartbeats between drover and httpd', function () {
  this.timeout(120_000);
  const running: { server: ServerUnderTest; places: Places }[] = [];

  before(function () {
    if (isHttpdInstalled()) return;
    if (process.env['CI'] === 'true')
      throw new Error('apache2 is not installed, and CI must not pass without it');
    console.log('    skipped: apache2 is not installed');
    this.skip();
  });
  afterEach(async () => {
    for (const { server, places } of running.splice(0)) {
      await server.stop();
      await leavePlaces(places);
    }
  });

  async function start(launch: Launch, lines: string[]): Promise<number> {
    const places = await makePlaces(await certificate());
    const server = await startServer(launch, lines.join('\n'), places);
    running.push({ server, places });
    return places.ports.get('LISTEN') ?? 0;
  }

  function statusOf(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      ask({ port, host: '127.0.0.1', path: '/x', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      }).once('error', reject);
    });
  }

  const pool = (member: string): string[] => [
    `<Proxy balancer://c>\nBalancerMember http://${member}\nProxySet lbmethod=heartbeat\n</Proxy>`,
    'ProxyPass / balancer://c/',
  ];

  it('are sent by mod_heartbeat and heard by drover', async () => {
    const listening = [MONITOR, `Listen ${LISTEN}`, `HeartbeatListen 127.0.0.1:${PORT3}`];
    const hears = await start(droverOrTwin('uws'), [...listening, ...pool(WEB1)]);
    assert.equal(await statusOf(hears), 503);
    const port = running[0]?.places.ports.get('LISTEN3');
    await start(httpd, [BEAT, `Listen ${LISTEN}`, `HeartbeatAddress 127.0.0.1:${port}`]);
    for (let n = 0; n < 1000 && (await statusOf(hears)) !== 200; n += 1) await sleep(50);
    assert.equal(await statusOf(hears), 200);
  });

  it('are sent by drover and heard by mod_heartmonitor', async function () {
    const group = '239.255.84.19';
    const source = await sourceTowards(group);
    if (source === undefined) {
      console.log('      skipped: this machine has no way to a multicast address');
      this.skip();
    }
    // Members are known by the address that their packets come from.
    const listening = [MONITOR, `Listen ${LISTEN}`, `HeartbeatListen ${group}:${PORT3}`];
    const sends = [`Listen ${LISTEN}`, `Listen ${source}:${PORT2}`, `ProxyPass / http://${WEB1}/`];
    await start(droverOrTwin('uws'), [BEAT, ...sends, `HeartbeatAddress ${group}:${PORT3}`]);
    const { ports } = (running[0] as (typeof running)[number]).places;
    const text = [...listening, ...pool(`${source}:${ports.get('LISTEN2')}`)].map((line) =>
      line.replace(PORT3, String(ports.get('LISTEN3'))),
    );
    const hears = await start(httpd, text);
    for (let n = 0; n < 1000 && (await statusOf(hears)) !== 200; n += 1) await sleep(50);
    assert.equal(await statusOf(hears), 200);
  });
});

/** The address that packets to a multicast address leave from; undefined where there is no way to it. */
function sourceTowards(group: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => socket.close(() => resolve(undefined)));
    // A callback of its own would be told of errors in place of the event.
    socket.once('connect', () => {
      const { address } = socket.address();
      socket.close(() => resolve(address));
    });
    socket.connect(9, group);
  });
}
