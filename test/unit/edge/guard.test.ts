import assert from 'node:assert/strict';
import type { Exchange } from '../../../edge/exchange.js';
import { FACTS, inspect } from '../../../edge/guard.js';
import type { ServerSettings } from '../../../edge/settings.js';
import { makeRequest, type RequestPlan } from './expr/request-fixture.js';

const LIMITS = {
  limitRequestLine: 100,
  limitRequestFieldSize: 60,
  limitRequestFields: 5,
  httpProtocolOptions: { registeredMethods: false },
} as ServerSettings;

/** Status of the refusal, 0 when the request may go on. */
function statusOf(plan: RequestPlan, more: Partial<Exchange> = {}): number {
  const { exchange } = makeRequest({ fields: ['host', 'a.test'], ...plan });
  return inspect(Object.assign(exchange, more), LIMITS)?.status ?? 0;
}
const withField = (...fields: string[]): number => statusOf({ fields: ['host', 'a.test', ...fields] });

describe('the guard', () => {
  it('lets a plain request pass', () => {
    assert.equal(statusOf({}), 0);
  });

  it('refuses methods that are no tokens, and takes all others', () => {
    for (const method of ['G@T', 'G T', '', 'GET\0']) assert.equal(statusOf({ method }), 400, method);
    for (const method of ['PROPFIND', 'get', "M-X_1!#$%&'*+.^`|~"])
      assert.equal(statusOf({ method }), 0, method);
  });

  it('wants one Host of HTTP/1.1, and none of HTTP/1.0', () => {
    assert.equal(statusOf({ fields: [] }), 400);
    assert.equal(statusOf({ fields: [], protocol: 'HTTP/1.0' }), 0);
    assert.equal(withField('host', 'a.test'), 400);
  });

  it('takes a length of digits once', () => {
    for (const length of ['0', '3', '0003', '999999999999999'])
      assert.equal(withField('content-length', length), 0, length);
    for (const length of ['', '+3', '-3', '3,3', '3 ', '0x3', '1e1', '3.0', '9999999999999999'])
      assert.equal(withField('content-length', length), 400, length);
    assert.equal(withField('content-length', '3', 'content-length', '3'), 400);
  });

  it('takes the coding chunked alone, and not beside a length', () => {
    assert.equal(withField('transfer-encoding', 'chunked'), 0);
    assert.equal(withField('transfer-encoding', 'Chunked'), 0);
    for (const coding of ['', 'gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'chunked ', 'xchunked'])
      assert.equal(withField('transfer-encoding', coding), 400, coding);
    assert.equal(withField('transfer-encoding', 'chunked', 'transfer-encoding', 'chunked'), 400);
    assert.equal(withField('transfer-encoding', 'chunked', 'content-length', '3'), 400);
  });

  it('refuses controls in values, but for the tab', () => {
    for (const value of ['a\0', 'a\r', 'a\n', 'a\x1f', 'a\x7f', '\x01'])
      assert.equal(withField('x-a', value), 400);
    assert.equal(withField('x-a', 'a\tb'), 0);
  });

  it('refuses names that are no tokens', () => {
    for (const name of ['', 'x a', 'x:a', 'x\xe9', 'x(a)']) assert.equal(withField(name, '1'), 400, name);
    assert.equal(withField('x_a', '1'), 0);
  });

  it('makes bytes of values that the engine has read as UTF-8', () => {
    const { exchange } = makeRequest({ fields: ['host', 'a.test', 'x-a', 'č\u010aé', 'cookie', 'a=\u010a'] });
    assert.equal(inspect(Object.assign(exchange, { hasUtf8Fields: true }), LIMITS), undefined);
    assert.equal(exchange.fields[3], '\xc4\x8d\xc4\x8a\xc3\xa9');
    assert.equal(FACTS.cookies, 'a=\xc4\x8a');
  });

  it('leaves bytes of other engines as they are', () => {
    const { exchange } = makeRequest({ fields: ['host', 'a.test', 'x-a', '\xe9'] });
    assert.equal(inspect(exchange, LIMITS), undefined);
    assert.equal(exchange.fields[3], '\xe9');
  });

  it('keeps to the limits', () => {
    assert.equal(statusOf({ target: `/${'a'.repeat(86)}` }), 0);
    assert.equal(statusOf({ target: `/${'a'.repeat(87)}` }), 414);
    assert.equal(withField('x-a', 'b'.repeat(55)), 0);
    assert.equal(withField('x-a', 'b'.repeat(56)), 400);
    assert.equal(withField('a', '1', 'b', '1', 'c', '1', 'd', '1'), 0);
    assert.equal(withField('a', '1', 'b', '1', 'c', '1', 'd', '1', 'e', '1'), 400);
  });

  it('refuses what the engine’s parser has refused', () => {
    assert.equal(statusOf({}, { refusedStatus: 408 }), 408);
  });

  it('tells what it found on the way, and nothing of the request before', () => {
    withField('connection', 'close', 'cookie', 'a=b', 'cookie', 'c=d', 'content-length', '0');
    assert.deepEqual(
      { ...FACTS },
      { host: 'a.test', connection: 'close', cookies: 'a=b, c=d', saysEmptyBody: true, upgrade: '' },
    );
    statusOf({ fields: ['host', 'b.test', 'upgrade', 'h2c'] });
    assert.deepEqual(
      { ...FACTS },
      { host: 'b.test', connection: '', cookies: undefined, saysEmptyBody: false, upgrade: 'h2c' },
    );
  });
});
