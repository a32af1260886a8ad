import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorLog, type ErrorLogOptions, ErrorLogs } from '../../../../edge/log/error-log.js';
import { parseErrorLogFormat } from '../../../../edge/log/format-parse.js';
import { makeRequest } from '../expr/request-fixture.js';

describe('error log', () => {
  const AT = new Date(2026, 10, 20, 23, 15, 46).getTime() + 462.302;
  const HEAD = `[pid ${process.pid}:tid ${process.pid}]`;
  let folder: string;
  let logs: ErrorLogs;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'error-log-'));
    logs = new ErrorLogs(() => AT);
  });

  afterEach(() => {
    logs.close();
    rmSync(folder, { recursive: true });
  });

  function open(options: Partial<ErrorLogOptions> = {}): ErrorLog {
    return logs.open({
      target: { kind: 'file', path: join(folder, 'log') },
      levels: { default: 'warn', modules: {} },
      ...options,
    });
  }

  function content(name = 'log'): string {
    return readFileSync(join(folder, name), 'utf8');
  }

  it('writes lines as httpd does', () => {
    const log = open();
    log.log('proxy', 'error', 'AH00957: http: attempt to connect to 127.0.0.1:1 (a:1) failed', {
      osError: '(111)Connection refused',
    });
    const r = makeRequest({ fields: ['referer', 'http://x/"'] });
    log.log('proxy_http', 'error', 'AH01102: error reading', { request: r, osError: '(70007)The timeout' });
    log.log('core', 'error', 'no client', { client: '[::1]:80', referer: 'r' });
    assert.deepEqual(content().split('\n'), [
      `[Fri Nov 20 23:15:46.462302 2026] [proxy:error] ${HEAD} (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:1 (a:1) failed`,
      `[Fri Nov 20 23:15:46.462302 2026] [proxy_http:error] ${HEAD} (70007)The timeout: [client 192.0.2.7:50000] AH01102: error reading, referer: http://x/"`,
      `[Fri Nov 20 23:15:46.462302 2026] [core:error] ${HEAD} [client [::1]:80] no client, referer: r`,
      '',
    ]);
  });

  it('keeps a message on one line', () => {
    open().log('core', 'error', 'a\nb\\c"d\x01\xe9');
    assert.match(content(), /\] a\\nb\\\\c"d\\x01\\xe9\n$/);
  });

  it('asks the level of the module before that of the server', () => {
    const log = open({ levels: { default: 'error', modules: { proxy: 'debug', ssl: 'crit' } } });
    assert.equal(log.isEnabled('core', 'error'), true);
    assert.equal(log.isEnabled('core', 'warn'), false);
    assert.equal(log.isEnabled('proxy', 'debug'), true);
    assert.equal(log.isEnabled('proxy', 'trace1'), false);
    assert.equal(log.isEnabled('ssl', 'error'), false);
    log.log('core', 'warn', 'unwanted');
    assert.equal(content(), '');
  });

  it('shares a file between servers, and opens it anew', () => {
    const one = open();
    const two = open();
    one.log('core', 'error', 'first');
    renameSync(join(folder, 'log'), join(folder, 'log.1'));
    two.log('core', 'error', 'second');
    logs.reopen();
    one.log('core', 'error', 'third');
    two.log('core', 'error', 'fourth');
    const words = (name: string): string[] => content(name).match(/\w+$/gm) ?? [];
    assert.deepEqual(words('log.1'), ['first', 'second']);
    assert.deepEqual(words('log'), ['third', 'fourth']);
  });

  it('follows an ErrorLogFormat, leaving out fields in which something is empty', () => {
    const format = parseErrorLogFormat(
      '[%{u}t] [%-m:%l] [pid %P] %7F: %E: [client\\ %a] %M% ,\\ referer\\ %{Referer}i x%{NOPE}e %-{NOPE}e %{cu}t',
    );
    const log = open({ format });
    const r = makeRequest({ fields: ['referer', 'http://x/'] });
    log.log('core', 'error', 'bare');
    log.log('core', 'error', 'full', { request: r, osError: '(1)os' });
    const head = `[Fri Nov 20 23:15:46.462302 2026] [core:error] [pid ${process.pid}]`;
    const tail = '- 2026-11-20 23:15:46.462302';
    assert.deepEqual(content().split('\n'), [
      `${head} bare ${tail}`,
      `${head} (1)os: [client 192.0.2.7:50000] full, referer http://x/ ${tail}`,
      '',
    ]);
  });

  it('gives a request one id, that the access log can show too', () => {
    const r = makeRequest();
    const log = open({ format: parseErrorLogFormat('%L %M') });
    log.log('core', 'error', 'x', { request: r });
    log.log('core', 'error', 'y', { request: r });
    assert.equal(content(), `${r.logId} x\n${r.logId} y\n`);
    assert.match(r.logId, /^[\w-]{11}$/);
  });

  it('writes JSON when asked to', () => {
    const r = makeRequest({ target: '/a', fields: ['referer', '\xc3\xa9'] });
    r.reasonCode = 'E_X';
    open({ style: 'json' }).log('proxy', 'error', 'a "b"\n', { request: r, osError: '(1)os' });
    assert.deepEqual(JSON.parse(content()), {
      level: 'error',
      pid: process.pid,
      time: new Date(AT).toISOString(),
      module: 'proxy',
      client: '192.0.2.7',
      osError: '(1)os',
      method: 'GET',
      target: '/a',
      reason: 'E_X',
      id: r.logId,
      referer: 'é',
      msg: 'a "b"\n',
    });
  });

  it('refuses a file that cannot be opened', () => {
    assert.throws(() => open({ target: { kind: 'file', path: join(folder, 'no/such') } }), /ENOENT/);
  });
});
