/**
 * Two hundred requests in a row from a fresh start: after so many, a method that is only nearly httpd's has drifted. The
 * sequence that is expected of httpd itself is counted out by the rules of its manual, in a few lines.
 * (httpd-semantics 3.3 to 3.7)
 */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, type Step, times } from '../harness/case.js';
import type { Script } from '../harness/origins.js';
import { DEAD, DEAD2, LISTEN, WEB1, WEB2, WEB3, WEB4 } from '../harness/places.js';

const COUNT = 200;

/** Request counting: who is served when each of these members has this factor. */
function counted(factors: Record<string, number>, count = COUNT): string[] {
  const members = Object.entries(factors).map(([name, factor]) => ({ name, factor, debt: 0 }));
  const total = members.reduce((sum, { factor }) => sum + factor, 0);
  return Array.from({ length: count }, () => {
    for (const member of members) member.debt += member.factor;
    const best = members.reduce((most, member) => (member.debt > most.debt ? member : most));
    best.debt -= total;
    return best.name;
  });
}

interface Pool {
  name: string;
  members: string[];
  settings?: string;
  /** Who serves, request by request. */
  serves: string[];
  script?: () => Script;
  steps?: Step[];
  /** Of steps that go on beside each other the harness tells the members together. */
  isTogether?: boolean;
}

function describePool({ name, members, settings = '', serves, script, steps, isTogether }: Pool): void {
  const lines = members.map((member) => `  BalancerMember ${member}`);
  const config = [
    `Listen ${LISTEN}`,
    'MaxKeepAliveRequests 0',
    '<Proxy balancer://c>',
    ...lines,
    settings,
    '</Proxy>',
    'ProxyPass / balancer://c/',
  ];
  const one: DiffCase = {
    name: `are spread as httpd spreads them: ${name}`,
    steps: steps ?? times(serves.length, get('/x', [], { on: 'kept' })),
    expect:
      isTogether === true
        ? serves.map((_, n) => `200 ${n === 0 ? serves.toSorted().join('+') : '-'}`)
        : serves.map((member) => `200 ${member}`),
    ...(script === undefined ? {} : { script }),
  };
  describeAlike({ name: `${serves.length} requests`, fresh: true, config: config.join('\n'), cases: [one] });
}

const [A, B, C, D] = [WEB1, WEB2, WEB3, WEB4].map((place) => `http://${place}`) as [
  string,
  string,
  string,
  string,
];
const BYREQUESTS = '';
const BYBUSYNESS = 'ProxySet lbmethod=bybusyness';
const BYTRAFFIC = 'ProxySet lbmethod=bytraffic';

// --- byrequests, and bybusyness while nobody is busy, which counts alike
for (const [method, settings] of [
  ['byrequests', BYREQUESTS],
  ['bybusyness', BYBUSYNESS],
] as const) {
  describePool({
    name: `${method}, equal members`,
    members: [A, B, C, D],
    settings,
    serves: counted({ web1: 1, web2: 1, web3: 1, web4: 1 }),
  });
  describePool({
    name: `${method}, factors 7, 3, 2, 1`,
    members: [`${A} loadfactor=7`, `${B} loadfactor=3`, `${C} loadfactor=2`, D],
    settings,
    serves: counted({ web1: 7, web2: 3, web3: 2, web4: 1 }),
  });
  describePool({
    name: `${method}, factors 1.7, 2.35, 100`,
    members: [`${A} loadfactor=1.7`, `${B} loadfactor=2.35`, `${C} loadfactor=100`],
    settings,
    serves: counted({ web1: 170, web2: 235, web3: 10_000 }),
  });
  describePool({
    name: `${method}, a standby and a drained member rest`,
    members: [`${A} loadfactor=2`, `${B} status=+N`, `${C} loadfactor=3`, `${D} status=+H`],
    settings,
    serves: counted({ web1: 2, web3: 3 }),
  });
  describePool({
    name: `${method}, a spare takes a stopped member's place`,
    members: [`${A} loadfactor=2`, `${B} status=+S`, `${C} status=+R loadfactor=3`, `${D} status=+R`],
    settings,
    serves: counted({ web1: 2, web3: 3 }),
  });
  describePool({
    name: `${method}, a spare takes a drained member's place`,
    members: [A, `${B} status=+N`, `${C} status=+R`],
    settings,
    serves: counted({ web1: 1, web3: 1 }),
  });
  describePool({
    name: `${method}, the lower set alone serves`,
    members: [`${A} lbset=2`, `${B} lbset=1 loadfactor=3`, `${C} lbset=1`, `${D} lbset=5`],
    settings,
    serves: counted({ web2: 3, web3: 1 }),
  });
  describePool({
    name: `${method}, the lower set is disabled and stopped`,
    members: [`${A} status=+D`, `${B} status=+S`, `${C} lbset=1 loadfactor=4`, `${D} lbset=1`],
    settings,
    serves: counted({ web3: 4, web4: 1 }),
  });
  describePool({
    name: `${method}, standbys of a set share by their factors`,
    members: [`${A} status=+D`, `${B} status=+H loadfactor=2`, `${C} status=+H`, `${D} lbset=1`],
    settings,
    serves: counted({ web2: 2, web3: 1 }),
  });
}

describePool({
  name: 'byrequests, a dead member of three is passed over',
  members: [`${A} loadfactor=2`, `http://${DEAD}`, C],
  // The dead member is picked once, third in turn; its debt is paid and it is not asked again.
  serves: afterDeath(),
});

/** Factors 2, 1, 1 where the second member fails when it is first picked and is out from then on. */
function afterDeath(): string[] {
  const members = [
    { name: 'web1', factor: 2, debt: 0 },
    { name: 'dead', factor: 1, debt: 0 },
    { name: 'web3', factor: 1, debt: 0 },
  ];
  const serves: string[] = [];
  let isDead = false;
  while (serves.length < COUNT) {
    const usable = members.filter(({ name }) => !isDead || name !== 'dead');
    for (const member of usable) member.debt += member.factor;
    const best = usable.reduce((most, member) => (member.debt > most.debt ? member : most));
    best.debt -= usable.reduce((sum, { factor }) => sum + factor, 0);
    if (best.name === 'dead') isDead = true;
    else serves.push(best.name);
  }
  return serves;
}

describePool({
  name: 'byrequests, two dead members and a standby',
  members: [`http://${DEAD}`, `http://${DEAD2}`, `${C} status=+H`, `${D} lbset=1`],
  serves: times(COUNT, get('/x')).map(() => 'web3'),
});

describePool({
  name: 'byrequests, every third request belongs to a session',
  members: [`${A} route=a`, `${B} route=b loadfactor=2`, `${C} route=c`],
  settings: 'ProxySet stickysession=SID',
  steps: Array.from({ length: COUNT }, (_, n) =>
    get('/x', n % 3 === 0 ? ['Cookie: SID=1.c'] : [], { on: 'kept' }),
  ),
  serves: withSessions(),
});

/** A session's request is charged to its member as if it had been picked. */
function withSessions(): string[] {
  const members = [
    { name: 'web1', factor: 1, debt: 0 },
    { name: 'web2', factor: 2, debt: 0 },
    { name: 'web3', factor: 1, debt: 0 },
  ];
  return Array.from({ length: COUNT }, (_, n) => {
    for (const member of members) member.debt += member.factor;
    const best =
      n % 3 === 0
        ? (members[2] as (typeof members)[number])
        : members.reduce((most, member) => (member.debt > most.debt ? member : most));
    best.debt -= 4;
    return best.name;
  });
}

// --- bytraffic: bodies so large and so unequal that the bytes of heads do not matter
describePool({
  name: 'bytraffic, one member sends ten times as much',
  members: [A, B],
  settings: BYTRAFFIC,
  script:
    () =>
    ({ member }) => ({ body: 'x'.repeat(member === 'web1' ? 200_000 : 20_000) }),
  serves: byTraffic({ web1: [200_000, 1], web2: [20_000, 1] }, 100),
});
describePool({
  name: 'bytraffic, factors 4 and 1',
  members: [`${A} loadfactor=4`, B],
  settings: BYTRAFFIC,
  script:
    () =>
    ({ member }) => ({ body: 'x'.repeat(member === 'web1' ? 340_000 : 700_000) }),
  serves: byTraffic({ web1: [340_000, 4], web2: [700_000, 1] }, 60),
});

// Answers of one size, and factors whose shares meet again and again: ties must go to the same member too.
for (const [name, members, shares] of [
  ['factors 3, 2, 1', [`${A} loadfactor=3`, `${B} loadfactor=2`, C], { web1: 3, web2: 2, web3: 1 }],
  [
    'a standby and a drained member rest',
    [`${A} loadfactor=2`, `${B} status=+N`, `${C} loadfactor=3`, `${D} status=+H`],
    { web1: 2, web3: 3 },
  ],
  [
    "a spare takes a stopped member's place",
    [`${A} loadfactor=2`, `${B} status=+S`, `${C} status=+R loadfactor=3`, `${D} status=+R`],
    { web1: 2, web3: 3 },
  ],
  [
    'the lower set is disabled and stopped',
    [`${A} status=+D`, `${B} status=+S`, `${C} lbset=1 loadfactor=4`, `${D} lbset=1`],
    { web3: 4, web4: 1 },
  ],
] as const)
  describePool({
    name: `bytraffic, ${name}`,
    members: [...members],
    settings: BYTRAFFIC,
    script: () => () => ({ body: 'x'.repeat(6000) }),
    serves: byTraffic(
      Object.fromEntries(Object.entries(shares).map(([member, factor]) => [member, [6000, factor]])),
      COUNT,
    ),
  });

/** Who is served when each answer of a member has so many bytes and the member this factor. */
function byTraffic(members: Record<string, [bytes: number, factor: number]>, count: number): string[] {
  const books = Object.entries(members).map(([name, [bytes, factor]]) => ({
    name,
    cost: bytes / factor,
    sum: 0,
  }));
  return Array.from({ length: count }, () => {
    const best = books.reduce((least, book) => (book.sum < least.sum ? book : least));
    best.sum += best.cost;
    return best.name;
  });
}

// --- bybusyness with members that are busy
const slowly = (): Script => {
  return ({ line }) => (line.includes('/slow') ? { held: true } : {});
};
const meanwhile = (count: number): Step[] => times(count, get('/x'));

describePool({
  name: 'bybusyness, two of three members are busy',
  members: [A, B, C],
  settings: BYBUSYNESS,
  script: slowly,
  steps: [{ ...get('/slow'), beside: [get('/slow'), ...meanwhile(16)] }],
  serves: ['web1', 'web2', ...Array<string>(16).fill('web3')],
  isTogether: true,
});
describePool({
  name: 'bybusyness, a busy member of a lower set does not open the next set',
  members: [A, `${B} lbset=1`],
  settings: BYBUSYNESS,
  script: slowly,
  steps: [{ ...get('/slow'), beside: meanwhile(16) }],
  serves: Array<string>(17).fill('web1'),
  isTogether: true,
});
