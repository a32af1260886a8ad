import assert from 'node:assert/strict';
import type { MemberSettings } from '../../../../../workers/member.js';
import { STATUS } from '../../../../../workers/member.js';
import { errorOf, finish, messageOf } from './reading.js';

function member(parameters: string): MemberSettings {
  const text = `<Proxy balancer://c>\nBalancerMember http://a ${parameters}\n</Proxy>`;
  const [only] = finish(text).members;
  assert.ok(only);
  return only;
}

function refused(parameters: string): string {
  return messageOf(`<Proxy balancer://c>\nBalancerMember http://a ${parameters}\n</Proxy>`);
}

describe('parameters of a member', () => {
  const long = 'a'.repeat(64);

  const refusals: [string, string][] = [
    ['foo=1', 'unknown Worker hcheck parameter'],
    ['=5', 'unknown Worker hcheck parameter'],
    ['loadfactor=0', 'LoadFactor must be a number between 1..100'],
    ['loadfactor=x', 'LoadFactor must be a number between 1..100'],
    ['loadfactor=101', 'LoadFactor must be a number between 1..100'],
    ['retry=-1', 'Retry must be a positive value'],
    ['ttl=0', 'TTL must be at least one second'],
    ['min=-1', 'Min must be a positive number'],
    ['max=-1', 'Max must be a positive number'],
    ['smax=-1', 'Smax must be a positive number'],
    ['acquire=x', 'Acquire timeout has wrong format'],
    ['acquire=0', 'Acquire must be at least one millisecond'],
    ['acquire=5S', 'Acquire timeout has wrong format'],
    ['timeout=0', 'Timeout must be at least one second'],
    ['iobuffersize=5', 'IOBufferSize must be >= 512 bytes, or 0 for system default.'],
    ['receivebuffersize=5', 'ReceiveBufferSize must be >= 512 bytes, or 0 for system default.'],
    ['keepalive=x', 'KeepAlive must be On|Off'],
    ['disablereuse=x', 'DisableReuse must be On|Off'],
    ['enablereuse=x', 'EnableReuse must be On|Off'],
    ['addressttl=x', 'AddressTTL must be -1 or a number of seconds not exceeding (2147483647)'],
    ['addressttl=-2', 'AddressTTL must be -1 or a number of seconds not exceeding (2147483647)'],
    ['addressttl=1500ms', 'AddressTTL must be -1 or a number of seconds not exceeding (2147483647)'],
    ['addressttl=99999999999', 'AddressTTL must be -1 or a number of seconds not exceeding (2147483647)'],
    ['status=Z', 'Unknown status parameter option'],
    ['status=+', 'Unknown status parameter option'],
    ['status=+D+', 'Unknown status parameter option'],
    ['status=+-D', 'Unknown status parameter option'],
    ['flushpackets=x', 'flushpackets must be on|off|auto'],
    ['flushwait=2000', 'flushwait must be <= 1000, or 0 for system default of 10 millseconds.'],
    ['ping=5mx', 'Ping/Pong timeout has wrong format'],
    ['ping=-5', 'Ping/Pong timeout has wrong format'],
    ['ping=5.5', 'Ping/Pong timeout has wrong format'],
    ['ping=99999999999999999999', 'Ping/Pong timeout has wrong format'],
    ['ping=0', 'Ping/Pong timeout must be at least one millisecond'],
    ['ping=', 'Ping/Pong timeout must be at least one millisecond'],
    ['ping=s', 'Ping/Pong timeout must be at least one millisecond'],
    ['lbset=100', 'lbset must be between 0 and 99'],
    ['connectiontimeout=5x', 'Connectiontimeout has wrong format'],
    ['connectiontimeout=0', 'Connectiontimeout must be at least one millisecond.'],
    ['responsefieldsize=-1', 'ResponseFieldSize must be greater than 0 bytes, or 0 for system default.'],
    [`route=${long}`, 'Route length must be < 64 characters'],
    [`redirect=${long}`, 'Redirect length must be < 64 characters'],
    [`upgrade=${long}`, 'upgrade protocol length must be < 16 characters'],
    [`secret=${long}`, 'Secret length must be < 64 characters'],
    [`flusher=${long}`, 'flusher name length must be < 16 characters'],
    [`hcuri=${long}`, 'Health check uri length must be < 64 characters'],
    ['hcmethod=x', 'Unknown method'],
    ['hcmethod=PROVIDER', 'Health check method PROVIDER not (yet) implemented'],
    ['hcinterval=-1', 'Unparse-able hcinterval setting'],
    ['hcinterval=99ms', 'Interval must be a positive value greater than 100ms'],
    ['hcpasses=-1', 'Passes must be a positive value'],
    ['hcfails=-1', 'Fails must be a positive value'],
    ['hctemplate=x', 'Unknown ProxyHCTemplate name: x'],
    ['hcexpr=x', 'Unknown health check condition expr: x'],
  ];
  for (const [parameter, message] of refusals) {
    it(`refuses ${parameter.slice(0, 30)} as httpd does`, () => {
      assert.equal(refused(parameter), `BalancerMember ${message}`);
    });
  }

  it('points at the parameter that is wrong', () => {
    const error = errorOf('<Proxy balancer://c>\n  BalancerMember http://a retry=1 ttl=0\n</Proxy>');
    assert.deepEqual(error.at, { file: 't.conf', line: 2, column: 35 });
  });

  it('calls unknown keys otherwise when health checks are not loaded', () => {
    const text = 'BalancerMember balancer://c http://a hcmethod=GET';
    const message = messageOf(text, { without: ['mod_proxy_hcheck'] });
    assert.equal(message, 'BalancerMember unknown Worker parameter');
  });

  it('takes times with their units and numbers with text after them', () => {
    const read = member('retry=5x timeout=3 connectiontimeout=250ms ping=2 acquire=100 ttl=7 addressttl=1mi');
    assert.equal(read.retry, 5000);
    assert.equal(read.timeout, 3000);
    assert.equal(read.connectiontimeout, 250);
    assert.equal(read.ping, 2000);
    assert.equal(read.acquire, 100);
    assert.equal(read.ttl, 7000);
    assert.equal(read.addressttl, 60);
  });

  it('compares keys without case', () => {
    assert.equal(member('connectionTimeout=305').connectiontimeout, 305_000);
  });

  it('takes the last value of a key that is said twice', () => {
    assert.equal(member('route=a ROUTE=b').route, 'b');
  });

  it('keeps hundredths of loadfactor', () => {
    assert.equal(member('loadfactor=2.5').lbfactor, 250);
  });

  it('turns reuse off and on', () => {
    assert.equal(member('disablereuse=On').reuse, false);
    assert.equal(member('enablereuse=off').reuse, false);
    assert.equal(member('enablereuse=on').reuse, true);
  });

  it('lets any upgrade pass by a star', () => {
    assert.equal(member('upgrade=ANY').upgrade, '*');
    assert.equal(member('upgrade=websocket').upgrade, 'websocket');
  });

  it('fills in what is not said', () => {
    const { at, ...read } = member('');
    assert.equal(at, 't.conf:2');
    assert.deepEqual(read, {
      slot: 0,
      name: 'http://a',
      scheme: 'http',
      host: 'a',
      port: 80,
      path: '',
      route: '',
      redirect: '',
      lbset: 0,
      lbfactor: 100,
      status: STATUS.O,
      retry: 60_000,
      max: 0,
      smax: 0,
      min: 0,
      ttl: 0,
      keepalive: false,
      reuse: true,
      addressttl: -1,
      responsefieldsize: 8192,
      iobuffersize: 8192,
      flushpackets: 'off',
      flushwait: 10,
      upgrade: '',
      secret: '',
    });
  });

  it('keeps smax and min below max', () => {
    const read = member('max=10 smax=20 min=15');
    assert.deepEqual([read.max, read.smax, read.min], [10, 10, 10]);
    assert.equal(member('max=10').smax, 10);
  });

  const flags: [string, number][] = [
    ['status=H', STATUS.O | STATUS.H],
    ['status=+h', STATUS.O | STATUS.H],
    ['status=DS', STATUS.O | STATUS.D | STATUS.S],
    ['status=+D-S', STATUS.O | STATUS.D],
    ['status=-DS', STATUS.O],
    ['status=+I', STATUS.O | STATUS.I],
    ['status=-O', STATUS.O],
    ['status=', STATUS.O],
  ];
  for (const [parameter, status] of flags) {
    it(`makes ${parameter} the flags 0x${status.toString(16)}`, () => {
      assert.equal(member(parameter).status, status);
    });
  }

  it('adds flags that are said on several lines', () => {
    const text = 'ProxyPass / http://a/ status=D\nProxySet http://a/ status=+S\nProxySet http://a/ status=-D';
    assert.equal(finish(text).members[0]?.status, STATUS.O | STATUS.I | STATUS.S);
  });

  it('ignores errors of a member outside balancers unless told not to', () => {
    assert.equal(finish('ProxyPass / http://a/').members[0]?.status, STATUS.O | STATUS.I);
    assert.equal(finish('ProxyPass / http://a/ status=-I').members[0]?.status, STATUS.O);
  });
});
