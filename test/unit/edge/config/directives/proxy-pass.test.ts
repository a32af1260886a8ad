import assert from 'node:assert/strict';
import type { ProxyPassSettings } from '../../../../../edge/settings.js';
import { errorOf, finish, messageOf, read } from './reading.js';

function passes(text: string): ProxyPassSettings[] {
  return finish(text).servers[0]?.proxyPass ?? [];
}

const NEEDS_PATH = 'ProxyPass|ProxyPassMatch needs a path when not defined in a location';
const BAD_FORM = "Invalid ProxyPass|ProxyPassMatch parameter. Parameter must be in the form 'key=value'.";
const ABSOLUTE = 'ProxyPass URL must be absolute!:';
const UNPARSED = 'ProxyPass Unable to parse URL:';

describe('ProxyPass', () => {
  const refusals: [string, string][] = [
    ['ProxyPass', NEEDS_PATH],
    ['ProxyPass /', NEEDS_PATH],
    ['ProxyPass / http://h/ foo', BAD_FORM],
    ['ProxyPass / ! foo', BAD_FORM],
    ['ProxyPass / balancer://c/ x', BAD_FORM],
    ['ProxyPass / http://h/ foo=1', 'ProxyPass unknown Worker hcheck parameter'],
    ['ProxyPass / http://h ping=5x', 'ProxyPass Ping/Pong timeout has wrong format'],
    ['ProxyPass / http://h/ mapping=x', 'unknown mapping'],
    ['ProxyPass ~ ( http://h/', 'Regular expression could not be compiled.'],
    ['ProxyPassMatch ( http://h/', 'Regular expression could not be compiled.'],
    ['ProxyPassMatch ~ /x http://h/', "ProxyPassMatch invalid syntax ('~' usage)."],
    ['<Location /x>\nProxyPass\n</Location>', NEEDS_PATH],
    ['<Location /x>\nProxyPass http://h/ foo\n</Location>', BAD_FORM],
    [
      '<Location /x>\nProxyPass /a http://h/\n</Location>',
      'ProxyPass|ProxyPassMatch can not have a path when defined in a location.',
    ],
    ['ProxyPass / balancer:', 'ProxyPass Bad syntax for a balancer name (balancer:)'],
    ['ProxyPass / balancer://', 'ProxyPass Bad syntax for a balancer name (balancer://)'],
    ['ProxyPass / foo', `${ABSOLUTE} foo`],
    ['ProxyPass / foo:', `${ABSOLUTE} foo:`],
    ['ProxyPass / a:1', `${ABSOLUTE} a:1`],
    ['ProxyPass / 127.0.0.1', `${ABSOLUTE} 127.0.0.1`],
    ['ProxyPass / http:/x', `${ABSOLUTE} http:/x`],
    ['ProxyPass / http://', `${ABSOLUTE} http://`],
    ['ProxyPass / http:///x', `${ABSOLUTE} http:///x`],
    ['ProxyPass / unix:/x', `${ABSOLUTE} unix:/x`],
    ['ProxyPass / 127.0.0.1:1', `${UNPARSED} 127.0.0.1:1`],
    ['ProxyPass / 1foo://x', `${UNPARSED} 1foo://x`],
    ['ProxyPass / a_b://c', `${UNPARSED} a_b://c`],
    ['ProxyPass / ::1', `${UNPARSED} ::1`],
    ['ProxyPass / http://h:x/', `${UNPARSED} http://h:x/`],
    ['ProxyPass / http://h:80x/', `${UNPARSED} http://h:80x/`],
    ['ProxyPass / http://h:8$1/', `${UNPARSED} http://h:8$1/`],
    ['ProxyPass / http://::1/', `${UNPARSED} http://::1/`],
    ['ProxyPass / http://[::1/', `${UNPARSED} http://[::1/`],
    ['ProxyPass / unix:/x|http', 'ProxyPass|ProxyPassMatch uses an invalid "unix:" URL'],
    [`ProxyPass / http://${'a'.repeat(300)}/`, `ProxyPass worker hostname (${'a'.repeat(300)}) too long`],
  ];
  for (const [text, message] of refusals) {
    it(`refuses "${text.replaceAll('\n', ' ').slice(0, 60)}" as httpd does`, () => {
      assert.equal(messageOf(text), message);
    });
  }

  it('refuses what httpd takes and drover cannot do, with the reason', () => {
    assert.match(messageOf('ProxyPass / fcgi://h/'), /'fcgi' is known to httpd but not to drover/);
    assert.match(messageOf('ProxyPass / zzz://h/'), /no protocol handler .* \(scheme 'zzz'\)/);
    assert.match(messageOf('ProxyPass / constructor://h/'), /no protocol handler/);
    assert.match(messageOf('ProxyPass / http://h:65536/'), /Unable to parse URL/);
  });

  it('points at the URL or the parameter that is wrong', () => {
    assert.equal(errorOf('ProxyPass  /  foo').at.column, 15);
    assert.equal(errorOf('ProxyPass / http://h/ retry=1 ttl=0').at.column, 31);
  });

  it('leads to a balancer, with what follows its name', () => {
    const [pass] = passes('ProxyPass /app balancer://Cluster/x');
    assert.deepEqual(pass, {
      kind: 'prefix',
      path: '/app',
      target: { kind: 'balancer', row: 0, name: 'balancer://cluster', path: '/x' },
      nocanon: false,
      interpolate: false,
      mapping: 'none',
      at: 't.conf:1',
    });
  });

  it('makes a balancer that no section defines, without members', () => {
    const { balancers, members } = finish('ProxyPass / balancer://c/');
    assert.deepEqual(balancers[0]?.members, []);
    assert.deepEqual(members, []);
  });

  it('leads to a member, with the path of the URL', () => {
    const { servers, members } = finish('ProxyPass /a HTTP://Host:80/Base timeout=3');
    assert.deepEqual(servers[0]?.proxyPass[0]?.target, { kind: 'member', slot: 0, path: '/Base' });
    assert.equal(members[0]?.name, 'http://host/Base');
    assert.equal(members[0].timeout, 3000);
  });

  it('has no target for !', () => {
    const [pass] = passes('ProxyPass /static !\nProxyPass / http://h/');
    assert.equal(pass?.path, '/static');
    assert.equal(pass.target, undefined);
  });

  it('takes options in any order and case', () => {
    const [pass] = passes('ProxyPass / http://h/ NoCanon retry=1 mapping=Servlet interpolate noquery');
    assert.deepEqual([pass?.nocanon, pass?.interpolate, pass?.mapping], [true, true, 'servlet']);
  });

  it('keeps the order of lines', () => {
    const text = 'ProxyPass /a http://h/a\nProxyPassMatch ^/b http://h/b\nProxyPass /c !';
    assert.deepEqual(
      passes(text).map((pass) => [pass.kind, pass.path]),
      [
        ['prefix', '/a'],
        ['regex', '^\\/b'],
        ['prefix', '/c'],
      ],
    );
  });

  it('is a regular expression with ~', () => {
    const [pass] = passes('ProxyPass ~ "^/x(.*)$" http://h/y$1');
    assert.equal(pass?.kind, 'regex');
    assert.equal(new RegExp(pass.path).exec('/xy')?.[1], 'y');
    assert.deepEqual(pass.target, { kind: 'member', slot: 0, path: '/y$1' });
  });

  it('does not reuse connections of a member whose path has a group in it', () => {
    assert.equal(finish('ProxyPassMatch ^/x(.*)$ http://h/y$1').members[0]?.reuse, false);
    assert.equal(finish('ProxyPassMatch ^/x(.*)$ http://h/y$1 enablereuse=on').members[0]?.reuse, true);
    assert.equal(finish('ProxyPassMatch ^/x http://h/y').members[0]?.reuse, true);
  });

  it('takes a group after the host for the path', () => {
    const { servers, members } = finish(
      'ProxyPassMatch ^/x(a)?(/.*)$ http://H$2\nProxyPassMatch ^(/.*)$ http://h:81$1/x',
    );
    assert.deepEqual(
      members.map(({ name, host, port, path }) => [name, host, port, path]),
      [
        ['http://h$2', 'h', 80, '$2'],
        ['http://h:81$1/x', 'h', 81, '$1/x'],
      ],
    );
    assert.deepEqual(servers[0]?.proxyPass[1]?.target, { kind: 'member', slot: 1, path: '$1/x' });
  });

  it('spells options of a pattern out', () => {
    const [pass] = passes('ProxyPassMatch "(?i)^/(ab)c" http://h/$1');
    const match = new RegExp(pass?.path ?? '').exec('/ABc');
    assert.equal(match?.[1], 'AB');
  });

  it('is settled per request when a group is in the host', () => {
    for (const url of [
      'http://$1/',
      'http://$1.example/',
      'http://$1:80/x',
      'http://web$1/',
      'http://web$1',
    ]) {
      assert.deepEqual(passes(`ProxyPassMatch ^/(.*)$ ${url}`)[0]?.target, { kind: 'url', url });
    }
  });

  it('belongs to the place in a Location, the last line counting', () => {
    const { servers } = read('<Location /app>\nProxyPass http://a/\nProxyPass http://b/\n</Location>');
    const [location] = servers[0]?.places ?? [];
    assert.equal(location?.place.proxyPass?.path, '/app');
    assert.deepEqual(location.place.proxyPass.target, { kind: 'url', url: 'http://b/' });
    assert.equal(servers[0]?.draft.own.proxyPass, undefined);
  });

  it("takes a Location's path with wildcards for a regular expression", () => {
    const { servers } = read('<LocationMatch ^/a(.*)$>\nProxyPass http://a$1\n</LocationMatch>');
    assert.equal(servers[0]?.places[0]?.place.proxyPass?.kind, 'regex');
  });

  it('warns when parameters are lost because a member is shared', () => {
    const { warnings } = read('ProxyPass /a http://h/x\nProxyPass /b http://h/xy retry=3');
    assert.deepEqual(warnings, [
      "AH01146: Ignoring parameter 'retry=3' for worker 'http://h/x' because of worker sharing",
    ]);
  });

  it('shares the member with the longest URL', () => {
    const text = 'ProxyPass /a http://h/a/b\nProxyPass /b http://h/a\nProxyPass /c http://h/a/b/c';
    const { servers, members } = finish(text);
    assert.deepEqual(
      members.map((member) => member.name),
      ['http://h/a/b', 'http://h/a'],
    );
    assert.deepEqual(
      servers[0]?.proxyPass.map((pass) => pass.target),
      [
        { kind: 'member', slot: 0, path: '/a/b' },
        { kind: 'member', slot: 1, path: '/a' },
        { kind: 'member', slot: 0, path: '/a/b/c' },
      ],
    );
  });

  it('does not share between hosts that begin alike', () => {
    assert.equal(finish('ProxyPass /a http://h\nProxyPass /b http://host/').members.length, 2);
    assert.equal(finish('ProxyPass /a http://h:80\nProxyPass /b http://h:8080/').members.length, 2);
  });

  it('shares patterns among patterns only', () => {
    const shared = 'ProxyPassMatch ^/a(.*) http://h/x$1\nProxyPassMatch ^/b(.*) http://h/x$1/';
    assert.equal(finish(shared).members.length, 1);
    const apart = 'ProxyPassMatch ^/a(.*) http://h/x$1\nProxyPass / http://h/xq';
    assert.equal(finish(apart).members.length, 2);
  });
});
