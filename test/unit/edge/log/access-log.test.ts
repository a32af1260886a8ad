import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBool } from '../../../../edge/expr/parse.js';
import { AccessLogs } from '../../../../edge/log/access-log.js';
import { parseLogFormat } from '../../../../edge/log/format-parse.js';
import type { Request } from '../../../../edge/request.js';
import type { AccessLogSettings } from '../../../../edge/settings.js';
import { makeRequest } from '../expr/request-fixture.js';

describe('access logs', () => {
  let folder: string;
  let logs: AccessLogs;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'access-log-'));
    logs = new AccessLogs();
  });

  afterEach(async () => {
    await logs.close();
    rmSync(folder, { recursive: true });
  });

  function log(name: string, more: Partial<AccessLogSettings> = {}): AccessLogSettings {
    const target = { kind: 'file', path: join(folder, name) } as const;
    return { target, format: parseLogFormat('%U'), at: 'test:1', ...more };
  }

  function content(name: string): string {
    return readFileSync(join(folder, name), 'utf8');
  }

  function requestFor(path: string, status = 200): Request {
    const r = makeRequest({ target: path });
    r.status = status;
    return r;
  }

  it('append lines to what a file holds already', async () => {
    writeFileSync(join(folder, 'a'), 'old\n');
    logs.compile([log('a')])?.(requestFor('/new'));
    await logs.close();
    assert.equal(content('a'), 'old\n/new\n');
  });

  it('write to every log of a server, each under its own condition', async () => {
    const write = logs.compile([
      log('all'),
      log('errors', { expr: parseBool("%{REQUEST_STATUS} -ge '400'") }),
      log('marked', { env: { name: 'MARK', negate: false } }),
      log('unmarked', { env: { name: 'MARK', negate: true } }),
    ]);
    const marked = requestFor('/marked');
    marked.setEnv('MARK', '1');
    for (const r of [requestFor('/ok'), requestFor('/lost', 404), marked]) write?.(r);
    await logs.close();
    assert.equal(content('all'), '/ok\n/lost\n/marked\n');
    assert.equal(content('errors'), '/lost\n');
    assert.equal(content('marked'), '/marked\n');
    assert.equal(content('unmarked'), '/ok\n/lost\n');
  });

  it('are JSON where that is asked for, under the same conditions', async () => {
    const errors = log('errors', { expr: parseBool("%{REQUEST_STATUS} -ge '400'") });
    const write = logs.compile([log('all'), errors], 'json');
    for (const r of [requestFor('/ok'), requestFor('/lost', 404)]) write?.(r);
    await logs.close();
    const lines = content('all').split('\n');
    const entries = lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      entries.map(({ target, status }) => [target, status]),
      [
        ['/ok', 200],
        ['/lost', 404],
      ],
    );
    assert.equal(content('errors'), `${lines[1]}\n`);
  });

  it('keep the order of servers that share a file', async () => {
    const one = logs.compile([log('a')]);
    const two = logs.compile([log('a')]);
    for (let i = 0; i < 3; i++) {
      one?.(requestFor(`/one/${i}`));
      two?.(requestFor(`/two/${i}`));
    }
    await logs.close();
    assert.equal(content('a'), '/one/0\n/two/0\n/one/1\n/two/1\n/one/2\n/two/2\n');
  });

  it('lose no line of many, and keep them whole and in order', async () => {
    const write = logs.compile([log('a')]);
    const path = `/${'x'.repeat(90)}`;
    for (let i = 0; i < 5000; i++) write?.(requestFor(`${path}${i}`));
    await logs.close();
    const lines = content('a').split('\n');
    assert.equal(lines.length, 5001);
    assert.ok(lines.every((line, i) => line === (i === 5000 ? '' : `${path}${i}`)));
  });

  it('have written everything when flushSync returns', () => {
    logs.compile([log('a')])?.(requestFor('/x'));
    assert.equal(content('a'), '');
    logs.flushSync();
    assert.equal(content('a'), '/x\n');
  });

  it('go on in a new file after reopening, the rest of the old one in the old one', async () => {
    const write = logs.compile([log('a')]);
    write?.(requestFor('/before'));
    renameSync(join(folder, 'a'), join(folder, 'a.1'));
    logs.reopen();
    write?.(requestFor('/after'));
    await logs.close();
    while (content('a.1') === '') await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(content('a.1'), '/before\n');
    assert.equal(content('a'), '/after\n');
  });

  it('stay with the old file, and say so once, when the new one cannot be opened', async () => {
    const heard: string[] = [];
    const stubborn = new AccessLogs((message) => heard.push(message));
    const write = stubborn.compile([log('a')]);
    const moved = `${folder}.moved`;
    renameSync(folder, moved);
    stubborn.reopen();
    stubborn.reopen();
    write?.(requestFor('/x'));
    await stubborn.close();
    renameSync(moved, folder);
    assert.equal(content('a'), '/x\n');
    assert.equal(heard.length, 1);
    assert.match(heard[0] ?? '', /^could not write access log file .*ENOENT/);
  });

  it('refuse a file that cannot be opened at the start', () => {
    assert.throws(() => logs.compile([log('no/such/folder')]), /ENOENT/);
  });

  it('make files that others may read', () => {
    logs.compile([log('a')]);
    assert.equal(statSync(join(folder, 'a')).mode & 0o777, 0o644 & ~process.umask());
  });

  it('are no step for a server without any', () => {
    assert.equal(logs.compile([]), undefined);
  });
});
