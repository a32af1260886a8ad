import assert from 'node:assert/strict';
import {
  canonicalName,
  canonicalPort,
  findVariable,
  isVariable,
  serverName,
  serverPort,
} from '../../../../edge/http/variables.js';
import type { Request } from '../../../../edge/request.js';
import { makeRequest } from '../expr/request-fixture.js';

function read(name: string, r: Request = makeRequest()): string | undefined {
  return findVariable(name)?.(r);
}

describe('request variables', () => {
  it('exist under the names of httpd, in any case, and no others', () => {
    assert.equal(isVariable('REQUEST_URI'), true);
    assert.equal(isVariable('SSL_ANYTHING'), true);
    assert.equal(isVariable('HTTP_CONTENT_TYPE'), false);
    assert.equal(isVariable('constructor'), false);
    assert.equal(read('request_method'), 'GET');
    assert.equal(findVariable('NOPE'), undefined);
  });

  it('describe the request', () => {
    const r = makeRequest({
      method: 'POST',
      target: '/a?b=c',
      fields: ['host', 'h', 'accept', 'x', 'accept', 'y'],
    });
    assert.equal(read('THE_REQUEST', r), 'POST /a?b=c HTTP/1.1');
    assert.equal(read('REQUEST_URI', r), '/a');
    assert.equal(read('QUERY_STRING', r), 'b=c');
    assert.equal(read('HTTP_ACCEPT', r), 'x, y');
    assert.equal(read('REMOTE_ADDR', r), '192.0.2.7');
    assert.equal(read('IPV6', r), 'off');
    assert.equal(read('HTTPS', r), 'off');
    assert.equal(read('REQUEST_STATUS', r), '200');
  });

  it('tell the time of arrival', () => {
    const at = new Date(2026, 0, 2, 3, 4, 5);
    const r = makeRequest({ startedAt: at.getTime() + 0.5 });
    assert.equal(read('TIME', r), '20260102030405');
    assert.equal(read('TIME_YEAR', r), '2026');
    assert.equal(read('TIME_MON', r), '01');
    assert.equal(read('TIME_WDAY', r), '5');
  });

  it('are strings for every name, on a bare request', () => {
    for (const name of ['CONTENT_TYPE', 'HANDLER', 'REMOTE_USER', 'SSL_CIPHER', 'API_VERSION'])
      assert.equal(typeof read(name), 'string', name);
  });
});

describe('server name and port', () => {
  it('are what the client asked for without UseCanonicalName', () => {
    const r = makeRequest({ hostname: 'asked', hostPort: 81 });
    assert.deepEqual([serverName(r), serverPort(r)], ['asked', 81]);
  });

  it('are of the configuration with it', () => {
    const server = { useCanonicalName: 'On' as const, namePort: 8443 };
    const r = makeRequest({ hostname: 'asked', hostPort: 81, server });
    assert.deepEqual([serverName(r), serverPort(r)], ['www.example.com', 8443]);
  });

  it('fall back to the port of the scheme, not to that of the connection', () => {
    assert.equal(serverPort(makeRequest()), 80);
    assert.equal(serverPort(makeRequest({ isSecure: true })), 443);
    assert.equal(serverPort(makeRequest({ server: { useCanonicalPhysicalPort: true } })), 8080);
  });

  it('have a canonical form that no client can change', () => {
    const r = makeRequest({ hostname: 'asked', hostPort: 81 });
    assert.deepEqual([canonicalName(r), canonicalPort(r)], ['www.example.com', 80]);
  });
});
