import assert from 'node:assert/strict';
import { finish, messageOf, read } from './reading.js';

describe('BalancerMember', () => {
  const inside = (words: string) => `<Proxy balancer://c>\nBalancerMember ${words}\n</Proxy>`;
  const refusals: [string, string][] = [
    ['BalancerMember', 'BalancerMember must define balancer name when outside <Proxy > section'],
    ['BalancerMember balancer://c', 'BalancerMember must define remote proxy server'],
    [
      'BalancerMember balancer://c http://a x',
      "Invalid BalancerMember parameter. Parameter must be in the form 'key=value'",
    ],
    ['BalancerMember foo http://b', 'BalancerMember Bad syntax for a balancer name (foo)'],
    ['BalancerMember balancer: http://b', 'BalancerMember Bad syntax for a balancer name (balancer:)'],
    [inside(''), 'BalancerMember must define remote proxy server'],
    [inside('http://a retry'), 'BalancerMember can not have a balancer name when defined in a location'],
    [
      inside('balancer://y http://a'),
      'BalancerMember can not have a balancer name when defined in a location',
    ],
    [inside('127.0.0.1:1'), 'BalancerMember Unable to parse URL: 127.0.0.1:1'],
    [inside('foo/'), 'BalancerMember URL must be absolute!: foo/'],
    [inside('unix:/x|http'), 'BalancerMember uses an invalid "unix:" URL'],
    [
      '<Location />\nBalancerMember http://a\n</Location>',
      'BalancerMember Bad syntax for a balancer name (/)',
    ],
  ];
  for (const [text, message] of refusals) {
    it(`refuses "${text.replaceAll('\n', ' ')}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('adds to the balancer of its section or of its first word, over repeated sections', () => {
    const text = [
      '<Proxy balancer://C>',
      'BalancerMember http://a',
      '</Proxy>',
      'BalancerMember balancer://c http://b',
      '<Proxy proxy:balancer://c/x>',
      'BalancerMember http://c',
      '</Proxy>',
    ].join('\n');
    const { balancers, members } = finish(text);
    assert.equal(balancers.length, 1);
    assert.deepEqual(balancers[0]?.members, [0, 1, 2]);
    assert.deepEqual(
      members.map((member) => member.name),
      ['http://a', 'http://b', 'http://c'],
    );
  });

  it('does not add a member whose URL begins with that of another, and says so', () => {
    const text = 'BalancerMember balancer://c http://a/x\nBalancerMember balancer://c http://A/xyz retry=1';
    assert.deepEqual(read(text).warnings, [
      "AH01149: Sharing worker 'http://a/x' instead of creating new worker 'http://A/xyz'",
      "AH01150: Ignoring parameter 'retry=1' for worker 'http://a/x' because of worker sharing",
    ]);
    assert.equal(finish(text).members.length, 1);
  });

  it('gives the same URL in two balancers two slots', () => {
    const text = 'BalancerMember balancer://c http://a\nBalancerMember balancer://d http://a';
    assert.deepEqual(
      finish(text).balancers.map((balancer) => balancer.members),
      [[0], [1]],
    );
  });

  it('names members as httpd shows them', () => {
    const urls = ['HTTP://Host:80/Path', 'https://h:443', 'http://h:443/', 'http://[::1]:8080/x'];
    const text = urls.map((url) => `BalancerMember balancer://c ${url}`).join('\n');
    assert.deepEqual(
      finish(text).members.map(({ name, host, port, path }) => [name, host, port, path]),
      [
        ['http://host/Path', 'host', 80, '/Path'],
        ['https://h', 'h', 443, ''],
        ['http://h:443/', 'h', 443, '/'],
        ['http://[::1]:8080/x', '::1', 8080, '/x'],
      ],
    );
  });

  it('takes every protocol that members speak without a note', () => {
    const urls = ['http', 'https', 'ws', 'wss', 'ajp', 'h2', 'h2c'].map((scheme) => `${scheme}://a`);
    const text = urls.map((url) => `BalancerMember balancer://c ${url}`).join('\n');
    const { notes, members } = finish(`${text}\nProxyPass / balancer://c/`);
    assert.equal(members.length, urls.length);
    assert.deepEqual(notes, []);
  });
});

describe('ProxySet', () => {
  const refusals: [string, string][] = [
    ['ProxySet', "ProxySet can not find '' Worker."],
    ['ProxySet balancer://nope a=b', "ProxySet can not find 'balancer://nope' Balancer."],
    ['ProxySet http://nope a=b', "ProxySet can not find 'http://nope' Worker."],
    ['<Location />\nProxySet retry=1\n</Location>', "ProxySet can not find 'retry=1' Worker."],
    [
      '<Proxy balancer://c>\nProxySet foo=1\n</Proxy>',
      'ProxySet: unknown Balancer parameter foo=1; balancer://c',
    ],
    [
      '<Proxy balancer://c>\nProxySet lbmethod=nope\n</Proxy>',
      'ProxySet: unknown lbmethod lbmethod=nope; balancer://c',
    ],
    [
      '<Proxy balancer://c>\nProxySet lbmethod\n</Proxy>',
      "Invalid ProxySet parameter. Parameter must be in the form 'key=value'",
    ],
    [
      '<Proxy http://x/>\nProxySet retry=-1\n</Proxy>',
      'ProxySet: Retry must be a positive value retry=-1; http://x/',
    ],
    ['<Proxy foo>\nProxySet retry=1\n</Proxy>', 'ProxySet URL must be absolute!: foo'],
    ['<Proxy *>\nProxySet retry=1\n</Proxy>', 'ProxySet URL must be absolute!: *'],
    [
      '<Proxy balancer://C>\nBalancerMember http://a\n</Proxy>\nProxySet balancer://c retry=1',
      'ProxySet: unknown Balancer parameter retry=1; balancer://c',
    ],
  ];
  for (const [text, message] of refusals) {
    it(`refuses "${text.replaceAll('\n', ' ')}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('sets parameters of a balancer before or after its members', () => {
    const text = [
      '<Proxy balancer://c>',
      'ProxySet lbmethod=bytraffic stickysession=sid',
      'BalancerMember http://a',
      '</Proxy>',
      'ProxySet balancer://c timeout=1',
    ].join('\n');
    const [balancer] = finish(text).balancers;
    assert.equal(balancer?.lbmethod, 'bytraffic');
    assert.equal(balancer.sticky?.cookie, 'sid');
    assert.equal(balancer.timeout, 1000);
  });

  it('sets parameters of a member outside balancers, by a URL that it serves', () => {
    const text = 'ProxyPass / http://x/\nProxySet http://x/y retry=1';
    assert.equal(finish(text).members[0]?.retry, 1000);
  });

  it('makes a member in a section of its URL', () => {
    const text = '<Proxy http://x/>\nProxySet retry=2\n</Proxy>\nProxyPass / http://x/';
    const { members } = finish(text);
    assert.equal(members.length, 1);
    assert.equal(members[0]?.retry, 2000);
  });
});

describe('a Proxy line with parameters', () => {
  const refusals: [string, string][] = [
    ['<Proxy balancer://c foo=1>\n</Proxy>', '<Proxy unknown Balancer parameter foo=1; balancer://c'],
    [
      '<Proxy balancer://c foo>\n</Proxy>',
      "Invalid Proxy parameter. Parameter must be in the form 'key=value'",
    ],
    ['<Proxy http://c foo=1>\n</Proxy>', '<Proxy unknown Worker hcheck parameter foo=1; http://c'],
    ['<Proxy http://c/* a=1>\n</Proxy>', '<Proxy> arguments are not supported for wildchar url.'],
    ['<Proxy foo a=1>\n</Proxy>', '<Proxy> arguments are not supported for non url.'],
    ['<ProxyMatch foo a=1>\n</ProxyMatch>', 'Multiple <ProxyMatch> arguments not (yet) supported.'],
  ];
  for (const [text, message] of refusals) {
    it(`refuses "${text.replaceAll('\n', ' ')}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('wins over a ProxySet inside', () => {
    const text = '<Proxy balancer://c timeout=2>\nProxySet timeout=1 maxattempts=3\n</Proxy>';
    const [balancer] = finish(text).balancers;
    assert.equal(balancer?.timeout, 2000);
    assert.equal(balancer.maxattempts, 3);
  });
});

describe('pools of several servers', () => {
  const MAIN = [
    '<Proxy balancer://c>',
    'BalancerMember http://a route=1',
    'BalancerMember http://b route=2',
    'ProxySet stickysession=sid timeout=5 failonstatus=500',
    '</Proxy>',
    'BalancerMember balancer://other http://o',
  ].join('\n');

  it('share the members of a balancer that a vhost mentions, which has settings of its own', () => {
    const { balancers, members, servers } = finish(
      `${MAIN}\n<VirtualHost *>\nProxyPass / balancer://c/ nofailover=on failonstatus=503\n</VirtualHost>`,
    );
    assert.equal(members.length, 3);
    assert.deepEqual(
      balancers.map(({ name, members: slots, lock }) => [name, slots, lock]),
      [
        ['balancer://c', [0, 1], 0],
        ['balancer://other', [2], 1],
        ['balancer://c', [0, 1], 0],
      ],
    );
    assert.equal(balancers[0]?.nofailover, false);
    assert.equal(balancers[2]?.nofailover, true);
    assert.equal(balancers[2].timeout, 5000);
    assert.deepEqual(balancers[2].sticky, balancers[0].sticky);
    assert.deepEqual(balancers[2].failonstatus, [503, 500]);
    assert.deepEqual(servers[1]?.proxyPass[0]?.target, {
      kind: 'balancer',
      row: 2,
      name: 'balancer://c',
      path: '/',
    });
  });

  it('show a vhost the balancers of the main server first, then those that it mentions', () => {
    const { servers } = finish(
      `${MAIN}\n<VirtualHost *>\nProxyPass / balancer://c/\nProxyPass /x balancer://own/\n</VirtualHost>`,
    );
    assert.deepEqual(Object.entries(servers[1]?.proxy.balancers ?? {}), [
      ['balancer://other', 1],
      ['balancer://c', 2],
      ['balancer://own', 3],
    ]);
    assert.deepEqual(servers[0]?.proxy.balancers, { 'balancer://c': 0, 'balancer://other': 1 });
  });

  it('point an inherited ProxyPass at the balancer of the vhost', () => {
    const { servers } = finish(
      `${MAIN}\nProxyPass / balancer://c/\n<VirtualHost *>\nProxyPass /x balancer://c/ timeout=1\n</VirtualHost>`,
    );
    const rows = servers.map((server) =>
      server.proxyPass.map((pass) => (pass.target?.kind === 'balancer' ? pass.target.row : -1)),
    );
    assert.deepEqual(rows, [[0], [2, 2]]);
  });

  it('drop members that a vhost adds to a balancer of the main server, and say so', () => {
    const { balancers, members, notes } = finish(
      `${MAIN}\n<VirtualHost *>\nBalancerMember balancer://c http://lost\n</VirtualHost>`,
    );
    assert.equal(members.length, 3);
    assert.deepEqual(balancers[2]?.members, [0, 1]);
    assert.deepEqual(notes, [
      {
        kind: 'warning',
        at: 't.conf:8',
        word: 'BalancerMember',
        text: 'http://lost is never used: balancer://c has the members that the main server gives it',
      },
    ]);
  });

  it('keep balancers of one name in two vhosts apart', () => {
    const vhost = (url: string) =>
      `<VirtualHost *>\nBalancerMember balancer://v ${url}\nProxyPass / balancer://v/\n</VirtualHost>`;
    const { balancers } = finish(`${vhost('http://a')}\n${vhost('http://b')}`);
    assert.deepEqual(
      balancers.map(({ members, lock }) => [members, lock]),
      [
        [[0], 0],
        [[1], 1],
      ],
    );
  });

  it('hide the main server from a vhost that inherits nothing', () => {
    const { servers, balancers } = finish(
      `${MAIN}\n<VirtualHost *>\nBalancerInherit Off\nProxyPassInherit Off\nProxyPass / balancer://c/\n</VirtualHost>`,
    );
    assert.deepEqual(servers[1]?.proxy.balancers, { 'balancer://c': 2 });
    assert.deepEqual(balancers[2]?.members, []);
  });

  it('reserve growth after all members', () => {
    const { slots, members, balancers } = finish(
      `${MAIN}\nProxySet balancer://c growth=3\nProxySet balancer://other growth=2\nProxyPass / http://alone/`,
    );
    assert.equal(members.length, 4);
    assert.equal(slots, 9);
    assert.deepEqual(
      members.map((member) => member.slot),
      [0, 1, 2, 3],
    );
    assert.deepEqual(
      balancers.map((balancer) => balancer.growth),
      [3, 2],
    );
  });
});
