import assert from 'node:assert/strict';
import type { AuthzNode } from '../../../../../edge/http/access.js';
import { errorOf, messageOf, read } from './reading.js';

function authz(text: string): AuthzNode | undefined {
  return read(`<Location /l>\n${text}\n</Location>`).servers[0]?.places[0]?.place.authz;
}

function refused(text: string): string {
  return messageOf(`<Location /l>\n${text}\n</Location>`);
}

describe('Require', () => {
  const badIp = (text: string) => `ip address '${text}' appears to be invalid`;
  const badAddress = (text: string) => `${badIp(text)}: The specified IP address is invalid.`;
  const badMask = (text: string) => `${badIp(text)}: The specified network mask is invalid.`;
  const noEffect = 'negative Require directive has no effect in';
  const cannot = 'Cannot parse expression in require line:';
  const refusals: [string, string][] = [
    ['Require', 'Unknown Authz provider: '],
    ['Require not', 'Unknown Authz provider: '],
    ['Require foo bar', 'Unknown Authz provider: foo'],
    ['Require ALL granted', 'Unknown Authz provider: ALL'],
    ['Require all', "Argument for 'Require all' must be 'granted' or 'denied'"],
    ['Require all foo', "Argument for 'Require all' must be 'granted' or 'denied'"],
    ['Require all granted x', "Argument for 'Require all' must be 'granted' or 'denied'"],
    ['Require ip', "'require ip' requires an argument"],
    ['Require ip your_remote_ip', badIp('your_remote_ip')],
    ['Require ip /8', badIp('/8')],
    ['Require ip "11 12"', badIp('11 12')],
    ['Require ip 10.1.2.3.4', badAddress('10.1.2.3.4')],
    ['Require ip 10.1/16', badAddress('10.1/16')],
    ['Require ip 256', badAddress('256')],
    ['Require ip 300.1', badAddress('300.1')],
    ['Require ip 1..2', badAddress('1..2')],
    ['Require ip .1', badAddress('.1')],
    ['Require ip 2001:db8', badAddress('2001:db8')],
    ['Require ip ::ffff:1.2.3.4', badAddress('::ffff:1.2.3.4')],
    ['Require ip [::1]', badAddress('[::1]')],
    ['Require ip fe80::1%lo', badAddress('fe80::1%lo')],
    ['Require ip 1.2.3/255.255.255.0', badAddress('1.2.3/255.255.255.0')],
    ['Require ip 10.0.0.0/33', badMask('10.0.0.0/33')],
    ['Require ip 0.0.0.0/0', badMask('0.0.0.0/0')],
    ['Require ip ::/0', badMask('::/0')],
    ['Require ip 1.2.3.4/x', badMask('1.2.3.4/x')],
    ['Require ip 1.2.3.4/', badMask('1.2.3.4/')],
    ['Require ip fe80::/129', badMask('fe80::/129')],
    ['Require method GET x', "Invalid Method 'x'"],
    ['Require method get', "Invalid Method 'get'"],
    ['Require expr', `${cannot} syntax error, unexpected $end`],
    ['Require expr x', `${cannot} syntax error, unexpected $end, expecting '('`],
    ['Require ssl x', "'Require ssl' does not take arguments"],
    ['Require not ip 1.2.3.4', `${noEffect} <RequireAny> directive`],
    ['Require not all granted', `${noEffect} <RequireAny> directive`],
    ['<RequireAny>\nRequire not ip 10\n</RequireAny>', `${noEffect} <RequireAny> directive`],
    ['<RequireNone>\nRequire not ip 10\n</RequireNone>', `${noEffect} <RequireNone> directive`],
    ['<RequireAll>\n</RequireAll>', '<RequireAll> directive contains no authorization directives'],
    [
      '<RequireAny>\n<RequireAll>\n</RequireAll>\n</RequireAny>',
      '<RequireAll> directive contains no authorization directives',
    ],
    [
      '<RequireAll foo>\nRequire all granted\n</RequireAll>',
      "<RequireAll> directive doesn't take additional arguments",
    ],
    [
      '<RequireNone>\nRequire ip 10\n</RequireNone>',
      '<RequireNone> directive has no effect in <RequireAny> directive',
    ],
    [
      '<RequireNone>\nRequire all denied\n<RequireNone>\nRequire all denied\n</RequireNone>\n</RequireNone>',
      '<RequireNone> directive has no effect in <RequireNone> directive',
    ],
    [
      '<RequireAll>\nRequire not ip 10\n</RequireAll>',
      'AH01624: <RequireAll> directive contains only negative authorization directives',
    ],
    [
      '<RequireAll>\n<RequireNone>\nRequire ip 10\n</RequireNone>\n</RequireAll>',
      'AH01624: <RequireAll> directive contains only negative authorization directives',
    ],
    ['AuthMerging x', 'AuthMerging must be one of: Off | And | Or'],
  ];
  for (const [text, message] of refusals) {
    it(`refuses "${text.replaceAll('\n', ' ')}" as httpd does`, () => {
      assert.equal(refused(text), message);
    });
  }

  it('refuses by name what needs users of other sources than text files', () => {
    for (const provider of ['dbm-group', 'file-owner', 'ldap-user', 'dbd-group']) {
      const message = refused(`Require ${provider} x`);
      assert.match(message, new RegExp(`^Require ${provider} is known to httpd but not implemented`));
    }
  });

  it('points at the address that is wrong', () => {
    assert.equal(errorOf('<Location />\nRequire ip 10 x\n</Location>').at.column, 15);
  });

  const networks: [string, string][] = [
    ['10', '10.0.0.0/8'],
    ['010', '10.0.0.0/8'],
    ['10.', '10.0.0.0/8'],
    ['10.1', '10.1.0.0/16'],
    ['10.1.', '10.1.0.0/16'],
    ['1.2.3', '1.2.3.0/24'],
    ['1.2.3.4', '1.2.3.4/32'],
    ['1.2.3.4.', '1.2.3.4/32'],
    ['10.0.0.1/8', '10.0.0.0/8'],
    ['10.0.0.0/08', '10.0.0.0/8'],
    ['10.0.0.0/255.0.0.0', '10.0.0.0/8'],
    ['::1', '::1/128'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
  ];
  for (const [text, network] of networks) {
    it(`reads ip ${text} as ${network}`, () => {
      assert.deepEqual(authz(`Require ip ${text}`), {
        kind: 'any',
        children: [{ kind: 'ip', networks: [network] }],
      });
    });
  }

  it('is any of several lines', () => {
    assert.deepEqual(authz('Require ip 10 192.168\nRequire all Denied\nRequire local\nRequire env A B'), {
      kind: 'any',
      children: [
        { kind: 'ip', networks: ['10.0.0.0/8', '192.168.0.0/16'] },
        { kind: 'denied' },
        { kind: 'local' },
        { kind: 'env', names: ['A', 'B'] },
      ],
    });
  });

  it('nests', () => {
    const text = [
      '<RequireAll>',
      'Require all granted',
      'Require NOT ip 10',
      '<RequireAny>',
      'Require method GET HEAD',
      'Require expr "true"',
      '</RequireAny>',
      '<RequireNone>',
      'Require local',
      '</RequireNone>',
      '</RequireAll>',
    ].join('\n');
    assert.deepEqual(authz(text), {
      kind: 'any',
      children: [
        {
          kind: 'all',
          children: [
            { kind: 'granted' },
            { kind: 'not', child: { kind: 'ip', networks: ['10.0.0.0/8'] } },
            {
              kind: 'any',
              children: [
                { kind: 'method', methods: ['GET', 'HEAD'] },
                { kind: 'expr', expr: { op: 'const', value: true } },
              ],
            },
            { kind: 'none', children: [{ kind: 'local' }] },
          ],
        },
      ],
    });
  });

  it('takes an expression with quotes inside', () => {
    const node = authz(`Require expr "%{QUERY_STRING} == 'letmein'"`);
    assert.ok(node?.kind === 'any' && node.children[0]?.kind === 'expr');
    assert.deepEqual(authz(`Require expr %{QUERY_STRING} == 'letmein'`), node);
  });

  it('is not said where nothing is said', () => {
    assert.equal(authz('AuthMerging Off'), undefined);
  });
});
