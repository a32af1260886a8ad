/**
 * Five members under two hundred clients for two minutes, while members are killed, stopped, restarted, made slow, made to
 * answer 500, to cut their answers, and drained and taken back by an operator. All requests are such as may be repeated: none of them sees an error, but for
 * answers that had begun. When it is over every counter is at zero, and within one retry interval all members have their
 * share again.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from '../reg/appliance.js';
import { Clients } from './clients.js';
import { MemberProcess } from './members.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');
const run = promisify(execFile);
const CHAOS_MS = 120_000;
const CLIENTS = 200;
const MEMBERS = 5;
const RETRY_MS = 2000;
/** How long shares are counted for after the last fault. */
const COUNT_MS = 4000;

/** Parameters of a member, in the configuration and through the API. */
const PARAMETERS = [
  ...['hcmethod=GET', 'hcuri=/healthz', 'hcinterval=500ms', 'hcfails=2', 'hcpasses=1'],
  ...[`retry=${RETRY_MS / 1000}`, 'timeout=2', 'connectiontimeout=2', 'max=300'],
];

/** The last member is added by the API, so that it can be taken out again. */
function configurationOf(members: readonly MemberProcess[]): string {
  return [
    'MaxKeepAliveRequests 0',
    '<Proxy balancer://chaos>',
    ...members.slice(0, -1).map(({ url }) => `BalancerMember ${url} ${PARAMETERS.join(' ')}`),
    'ProxySet lbmethod=bybusyness failontimeout=On growth=1',
    'EdgeRetry closed timeout 500',
    `EdgeOutlier consecutive=5 time=${RETRY_MS / 1000} maxtime=${RETRY_MS / 1000} share=40%`,
    'EdgePanicThreshold 20%',
    '</Proxy>',
    'ProxyPass / balancer://chaos/',
  ].join('\n');
}

/** What an operator types; returns what it prints. */
async function control(edge: Appliance, ...words: string[]): Promise<string> {
  const file = join(edge.folder, 'drover.conf');
  const { stdout } = await run(process.execPath, [CLI, 'ctl', '-f', file, ...words]);
  return stdout;
}

function add(edge: Appliance, member: MemberProcess): Promise<string> {
  return control(edge, 'add', 'chaos', member.url, '--enabled', ...PARAMETERS);
}

/** One fault after the other, each on the next member, until the time is over; members are well again after each. */
async function wreak(edge: Appliance, members: readonly MemberProcess[], until: number): Promise<string[]> {
  const done: string[] = [];
  const faults: [string, (member: MemberProcess) => Promise<void>][] = [
    [
      'killed',
      async (member) => {
        await member.end('SIGKILL');
        await sleep(2500);
        await member.start();
      },
    ],
    [
      'stopped',
      async (member) => {
        member.signal('SIGSTOP');
        await sleep(4000);
        member.signal('SIGCONT');
      },
    ],
    [
      'restarted',
      async (member) => {
        await member.end('SIGTERM');
        await member.start();
      },
    ],
    [
      'drained',
      async (member) => {
        await control(edge, 'drain', 'chaos', member.url, '--wait');
        await sleep(1000);
        await control(edge, 'enable', 'chaos', member.url);
      },
    ],
    [
      'taken out',
      async () => {
        const member = members.at(-1) as MemberProcess;
        await control(edge, 'remove', 'chaos', member.url, '--wait');
        await sleep(1000);
        await add(edge, member);
      },
    ],
    ...(['slow', 'errors', 'cuts'] as const).map(
      (mood): [string, (member: MemberProcess) => Promise<void>] => [
        mood,
        async (member) => {
          member.be(mood);
          await sleep(3000);
          member.be('well');
        },
      ],
    ),
  ];
  for (let n = 0; Date.now() < until; n += 1) {
    const [name, fault] = faults[n % faults.length] as (typeof faults)[number];
    const member = members[n % MEMBERS] as MemberProcess;
    done.push(name);
    await fault(member);
    await sleep(500);
  }
  return done;
}

describe('chaos', () => {
  let members: MemberProcess[];
  let edge: Appliance;
  let clients: Clients;

  before(async () => {
    members = [];
    for (let n = 1; n <= MEMBERS; n += 1) members.push(new MemberProcess(`web${n}`, await freePort()));
    await Promise.all(members.map((member) => member.start()));
    edge = await Appliance.start(configurationOf(members), { threads: 2 });
    await add(edge, members.at(-1) as MemberProcess);
    clients = new Clients(edge.port, CLIENTS);
  });
  after(async () => {
    await clients.end();
    for (const member of members) member.signal('SIGCONT');
    await Promise.all(members.map((member) => member.end('SIGKILL')));
  });

  it('shows no client an error, but for answers that had begun', async () => {
    const done = await wreak(edge, members, Date.now() + CHAOS_MS);
    console.log(
      `      ${done.length} faults, ${clients.asked} requests, ${clients.cut} cut after their begin`,
    );
    assert.ok(new Set(done).size === 8, `faults: ${done.join(' ')}`);
    assert.ok(clients.asked > 5000, `${clients.asked} requests`);
    assert.deepEqual(clients.errors, []);
  });

  it('has all members at work again within one retry interval', async () => {
    await sleep(RETRY_MS);
    clients.reset();
    await sleep(COUNT_MS);
    const counts = members.map(({ name }) => clients.answered.get(name) ?? 0);
    const all = counts.reduce((sum, count) => sum + count, 0);
    console.log(`      ${counts.join(' ')}`);
    for (const count of counts) assert.ok(count > (0.5 * all) / MEMBERS, `${counts.join(' ')}`);
    assert.deepEqual(clients.errors, []);
  });

  it('leaves every counter at zero', async () => {
    await clients.end();
    const told = JSON.parse(await control(edge, 'status', 'chaos', '--json')) as {
      members: { busy: number; state: string }[];
    };
    assert.deepEqual(
      told.members.map(({ busy, state }) => [busy, state]),
      members.map(() => [0, 'serves']),
    );
    // stop() asserts that the process ends clean and that no counter fell below zero.
    await edge.stop();
  });
});
