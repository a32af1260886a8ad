import assert from 'node:assert/strict';
import { compileAccessJson } from '../../../../edge/log/access-json.js';
import type { Request } from '../../../../edge/request.js';
import { makeRequest } from '../expr/request-fixture.js';

const AT = Date.UTC(2026, 10, 20, 23, 19, 43, 7);

function entry(r: Request): unknown {
  const text = compileAccessJson()(r);
  assert.match(text, /^[^\n]+\n$/);
  return JSON.parse(text);
}

describe('access line of JSON', () => {
  it('has what is known of a request', () => {
    const fields = ['user-agent', 'curl/8.0', 'referer', 'http://x/'];
    const r = makeRequest({ target: '/a?b', startedAt: AT, bytesSent: 512, fields });
    r.endedAt = AT + 1500.2501;
    r.status = 502;
    r.user = 'me';
    r.logId = 'abc';
    r.reasonCode = 'E_X';
    r.clientAddress = '192.0.2.99';
    r.proxyUrl = 'balancer://pool/a?b';
    r.tries = ['http://a', 'http://b'].map((member) => ({
      member,
      startedAt: AT,
      endedAt: AT,
      failure: 'E_X',
    }));
    assert.deepEqual(entry(r), {
      pid: process.pid,
      time: '2026-11-20T23:19:43.007Z',
      client: '192.0.2.99',
      user: 'me',
      vhost: 'www.example.com',
      method: 'GET',
      target: '/a?b',
      protocol: 'HTTP/1.1',
      status: 502,
      bytes: 512,
      duration: 1500250,
      referer: 'http://x/',
      userAgent: 'curl/8.0',
      id: 'abc',
      balancer: 'balancer://pool',
      member: 'http://b',
      tries: 2,
      reason: 'E_X',
    });
  });

  it('leaves out what a request has not', () => {
    const r = makeRequest({ startedAt: AT });
    r.tries = [];
    r.proxyUrl = 'http://balancer://x/';
    assert.deepEqual(Object.keys(entry(r) as object), [
      'pid',
      'time',
      'client',
      'vhost',
      'method',
      'target',
      'protocol',
      'status',
      'bytes',
      'duration',
    ]);
  });

  // Bytes as they came, and the text a reader gets.
  const VALUES: [string, string][] = [
    ['"\\{}', '"\\{}'],
    ['\0\x01\t\r\n\x1f\x7f', '\0\x01\t\r\n\x1f\x7f'],
    ['\xc3\xa9 \xf0\x9f\x98\x80', 'é 😀'],
    ['\xe9\xff', '\xe9\xff'],
    ['\xed\xa0\x80', '\xed\xa0\x80'],
    [`${'x'.repeat(100)}"\n\xff`, `${'x'.repeat(100)}"\n\xff`],
  ];
  for (const [bytes, text] of VALUES)
    it(`keeps ${JSON.stringify(bytes.slice(-20))} whole`, () => {
      const r = makeRequest({ target: `/${bytes}`, fields: ['user-agent', bytes, 'referer', bytes] });
      r.user = bytes;
      const { target, userAgent, referer, user } = entry(r) as Record<string, string>;
      assert.deepEqual([target, userAgent, referer, user], [`/${text}`, text, text, text]);
    });
});
