/** Which member gets which request: weights, sets, standby, spare, drained and disabled members (httpd-semantics 3.3-3.5). */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, times } from '../harness/case.js';
import { DEAD, DEAD2, LISTEN, WEB1, WEB2, WEB3, WEB4 } from '../harness/places.js';

/** A sequence of members for plain requests, from a fresh start: `121` is web1, web2, web1. */
function sequence(name: string, members: string): DiffCase {
  return {
    name,
    steps: times(members.length, get('/x')),
    expect: [...members].map((digit) => `200 web${digit}`),
  };
}

interface Pool {
  name: string;
  members: string[];
  settings?: string;
  cases: DiffCase[];
}

function describePool({ name, members, settings = '', cases }: Pool): void {
  const lines = members.map((member) => `  BalancerMember ${member}`);
  const config = [
    `Listen ${LISTEN}`,
    '<Proxy balancer://c>',
    ...lines,
    settings,
    '</Proxy>',
    'ProxyPass / balancer://c/',
  ];
  describeAlike({ name, fresh: true, config: config.join('\n'), cases });
}

describePool({
  name: 'byrequests with equal members',
  members: [`http://${WEB1}`, `http://${WEB2}`, `http://${WEB3}`],
  cases: [sequence('takes turns in order of definition', '123123123')],
});
describePool({
  name: 'byrequests with loadfactor 3, 1, 1',
  members: [`http://${WEB1} loadfactor=3`, `http://${WEB2} loadfactor=1`, `http://${WEB3}`],
  cases: [sequence('spreads the weights smoothly', '1213112131')],
});
describePool({
  name: 'byrequests with loadfactor 2.5 and 1',
  members: [`http://${WEB1} loadfactor=2.5`, `http://${WEB2}`],
  cases: [sequence('takes decimals', '12111211211121')],
});
describePool({
  name: 'byrequests with loadfactor 5, 1, 1',
  members: [`http://${WEB1} loadfactor=5`, `http://${WEB2}`, `http://${WEB3}`],
  cases: [sequence('repeats after seven requests', '11213111121311')],
});
describePool({
  name: 'bytraffic',
  members: [`http://${WEB1}`, `http://${WEB2}`],
  settings: 'ProxySet lbmethod=bytraffic',
  cases: [
    sequence('takes turns when the traffic is equal', '1212'),
    {
      name: 'sends less to the member that carries more bytes',
      script:
        () =>
        ({ member }) =>
          member === 'web1' ? { body: 'x'.repeat(5000) } : { body: 'y' },
      steps: times(6, get('/x')),
      expect: ['200 web1', '200 web2', '200 web2', '200 web2', '200 web2', '200 web2'],
    },
  ],
});
describePool({
  name: 'lbset',
  members: [`http://${WEB1} lbset=1`, `http://${WEB2}`, `http://${WEB3}`],
  cases: [sequence('keeps to the lower set while it has a usable member', '2323')],
});
describePool({
  name: 'lbset with a dead lower set',
  members: [`http://${DEAD} lbset=0`, `http://${WEB2} lbset=1`, `http://${WEB3} lbset=2`],
  cases: [sequence('goes to the next set only', '2222')],
});
describePool({
  name: 'a hot standby',
  members: [`http://${WEB1}`, `http://${WEB2} status=+H`],
  cases: [sequence('stays idle while a member is usable', '111')],
});
describePool({
  name: 'a hot standby beside dead members',
  members: [`http://${DEAD}`, `http://${DEAD2}`, `http://${WEB3} status=+H`],
  cases: [sequence('takes over', '333')],
});
describePool({
  name: 'a hot standby in set 0 and a member in set 1',
  members: [`http://${DEAD}`, `http://${WEB2} status=+H`, `http://${WEB3} lbset=1`],
  cases: [sequence('prefers the standby of the lower set', '222')],
});
describePool({
  name: 'a hot spare',
  members: [`http://${WEB1}`, `http://${DEAD}`, `http://${WEB3} status=+R`, `http://${WEB4} status=+H`],
  cases: [sequence('replaces the dead member, and the standby rests', '11313')],
});
describePool({
  name: 'a hot spare without need',
  members: [`http://${WEB1}`, `http://${WEB2}`, `http://${WEB3} status=+R`],
  cases: [sequence('stays idle', '1212')],
});
describePool({
  name: 'a drained member',
  members: [`http://${WEB1} route=r1`, `http://${WEB2} route=r2 status=+N`, `http://${WEB3} route=r3`],
  settings: 'ProxySet stickysession=SID',
  cases: [
    sequence('gets no new clients', '1313'),
    {
      name: 'keeps its sessions',
      steps: [get('/x', ['Cookie: SID=a.r2']), get('/x'), get('/x', ['Cookie: SID=b.r2'])],
      expect: ['200 web2', '200 web1', '200 web2'],
    },
  ],
});
describePool({
  name: 'a disabled member',
  members: [`http://${WEB1} route=r1`, `http://${WEB2} route=r2 status=+D`, `http://${WEB3} route=r3`],
  settings: 'ProxySet stickysession=SID',
  cases: [
    sequence('gets nothing', '1313'),
    {
      name: 'loses its sessions',
      steps: times(2, get('/x', ['Cookie: SID=a.r2'])),
      expect: ['200 web1', '200 web3'],
    },
  ],
});
describePool({
  name: 'a stopped member',
  members: [`http://${WEB1}`, `http://${WEB2} status=S`],
  cases: [sequence('gets nothing', '111')],
});
describePool({
  name: 'a member that starts in error',
  members: [`http://${WEB1}`, `http://${WEB2} status=+E`],
  cases: [sequence('is tried again, as its error lies far back', '1212')],
});
describePool({
  name: 'sticky requests among others',
  members: [`http://${WEB1} route=r1`, `http://${WEB2} route=r2`],
  settings: 'ProxySet stickysession=SID',
  cases: [
    {
      name: 'count for the balance',
      steps: [...times(3, get('/x', ['Cookie: SID=a.r1'])), ...times(5, get('/x'))],
      expect: [
        '200 web1',
        '200 web1',
        '200 web1',
        '200 web2',
        '200 web2',
        '200 web2',
        '200 web1',
        '200 web2',
      ],
    },
  ],
});
