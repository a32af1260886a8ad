/**
 * balancer-manager as scripts use it: httpd's parameters with nonce and Referer, what is refused, and the effect of each
 * change on the requests that follow. And the JSON API beside it. Two threads, so that changes must travel.
 * Source: httpd 2.4, mod_proxy_balancer.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { breachesOf } from './api-description.js';
import { type Answer, Appliance, type Question } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const PATH = '/balancer-manager';

describe('balancer-manager', function () {
  this.timeout(120_000);
  let origins: RawOrigin[];
  let edge: Appliance;
  let urls: string[];

  before(async () => {
    origins = await Promise.all(
      ['a', 'b', 'c'].map((name) => RawOrigin.start((socket) => socket.write(plainReply(name)))),
    );
    urls = origins.map(({ port }) => `http://127.0.0.1:${port}`);
    edge = await Appliance.start(
      `<Location ${PATH}>\nSetHandler balancer-manager\n</Location>
<Proxy balancer://shop>\nBalancerMember ${urls[0]} route=ra\nBalancerMember ${urls[1]} route=rb
ProxySet growth=1 stickysession=SID\n</Proxy>
<Proxy balancer://closed>\nBalancerMember ${urls[0]}\nProxySet nonce=None\n</Proxy>
<Proxy balancer://checked>\nBalancerMember ${urls[0]} hcmethod=GET hcuri=/check hcinterval=1\n</Proxy>
ProxyPass /app balancer://shop/\nProxyPass /closed balancer://closed/`,
      { threads: 2 },
    );
  });
  after(async () => {
    await edge.stop();
    await Promise.all(origins.map((origin) => origin.stop()));
  });

  const own = (): Record<string, string> => ({ Referer: `http://127.0.0.1${PATH}` });
  async function nonce(): Promise<string> {
    const { body } = await edge.ask(PATH);
    return /\?b=shop&amp;nonce=([0-9a-f-]{36})"/.exec(body)?.[1] ?? assert.fail(body);
  }
  async function post(fields: Record<string, string>, headers = own()): Promise<Answer> {
    const body = new URLSearchParams({ b: 'shop', nonce: await nonce(), ...fields }).toString();
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return edge.ask(PATH, { method: 'POST', headers: { ...type, ...headers }, body });
  }
  /** Who answers the next requests, sorted. */
  async function served(count: number, headers = {}): Promise<string> {
    const seen: string[] = [];
    for (let n = 0; n < count; n += 1) seen.push((await edge.ask('/app', { headers })).body);
    return seen.sort().join('');
  }
  async function api(path: string, question: Question = {}): Promise<Answer & { json: never }> {
    const headers = question.body === undefined ? {} : { 'Content-Type': 'application/json' };
    const answer = await edge.ask(`${PATH}/api/v1${path}`, { headers, ...question });
    return { ...answer, json: JSON.parse(answer.body) as never };
  }

  it('shows balancers and members in httpd’s tables', async () => {
    const { status, headers, body } = await edge.ask(PATH);
    assert.equal(status, 200);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.match(body, /<h1>Load Balancer Manager for 127\.0\.0\.1<\/h1>/);
    assert.match(body, /<th>Worker URL<\/th><th>Route<\/th><th>RouteRedir<\/th>/);
    assert.match(body, /3 \[2 Used\]/);
    assert.match(body, /Init Ok /);
  });

  it('disables a member with httpd’s parameters, and enables it again', async () => {
    assert.equal(await served(4), 'aabb');
    assert.equal((await post({ w: urls[0] ?? '', w_status_D: '1' })).status, 200);
    assert.equal(await served(4), 'bbbb');
    assert.equal((await post({ w: encodeURIComponent(urls[0] ?? ''), w_status_D: '0' })).status, 200);
    assert.equal(await served(4), 'aabb');
  });

  it('drains: sessions stay, others go elsewhere', async () => {
    await post({ w: urls[1] ?? '', w_status_N: '1' });
    assert.equal(await served(3), 'aaa');
    assert.equal(await served(2, { Cookie: 'SID=1.rb' }), 'bb');
    await post({ w: urls[1] ?? '', w_status_N: '0' });
  });

  it('changes factor, route, method and sticky session', async () => {
    await post({ w: urls[0] ?? '', w_lf: '3', w_wr: 'moved' });
    assert.equal(await served(8), 'aaaaaabb');
    assert.equal(await served(2, { Cookie: 'SID=1.moved' }), 'aa');
    await post({ b_ss: 'OTHER', b_lbm: 'bytraffic' });
    assert.equal(await served(3, { Cookie: 'OTHER=1.rb' }), 'bbb');
    const { body } = await edge.ask(PATH);
    assert.match(body, /<td data-label="StickySession">OTHER<\/td>/);
    assert.match(body, /<td data-label="Method">bytraffic<\/td>/);
    await post({ w: urls[0] ?? '', w_reset: '1' });
    await post({ b_reset: '1' });
    assert.equal(await served(4), 'aabb');
  });

  for (const [name, headers] of [
    ['no Referer', {}],
    ['another site’s Referer', { Referer: 'http://evil.test/' }],
    ['a cross-site request', { Referer: `http://127.0.0.1${PATH}`, 'Sec-Fetch-Site': 'cross-site' }],
    ['another Origin', { Referer: `http://127.0.0.1${PATH}`, Origin: 'http://evil.test' }],
  ] as [string, Record<string, string>][]) {
    it(`ignores parameters with ${name}, and says so in the log`, async () => {
      const before = edge.log().match(/AH10187/g)?.length ?? 0;
      assert.equal((await post({ w: urls[0] ?? '', w_status_D: '1' }, headers)).status, 200);
      assert.equal(await served(2), 'ab');
      assert.equal(edge.log().match(/AH10187/g)?.length, before + 1);
    });
  }

  it('changes nothing with a wrong nonce, by GET, or where the nonce is None', async () => {
    await post({ w: urls[0] ?? '', w_status_D: '1', nonce: 'wrong' });
    const query = `b=shop&w=${urls[0]}&nonce=${await nonce()}&w_status_D=1`;
    assert.equal((await edge.ask(`${PATH}?${query}`, { headers: own() })).status, 200);
    assert.equal(await served(2), 'ab');
    await post({ b: 'closed', nonce: 'None', w: urls[0] ?? '', w_status_D: '1' });
    assert.equal((await edge.ask('/closed')).body, 'a');
    const body = '{"flags":{"D":true}}';
    assert.equal((await api('/balancers/closed/members/2', { method: 'PATCH', body })).status, 403);
  });

  it('shows XML with a Referer, in httpd’s elements', async () => {
    const { headers, body } = await edge.ask(`${PATH}?xml=1`, { headers: own() });
    assert.equal(headers['content-type'], 'text/xml');
    assert.match(body, /<httpd:name>balancer:\/\/shop<\/httpd:name>/);
    assert.equal((await edge.ask(`${PATH}?xml=1`)).headers['content-type'], 'text/html; charset=utf-8');
  });

  it('adds a member, disabled as in httpd, and refuses one that has no place', async () => {
    assert.equal((await post({ b_nwrkr: urls[2] ?? '', b_wyes: '1' })).status, 200);
    assert.match((await edge.ask(PATH)).body, /3 \[3 Used\]/);
    assert.equal(await served(4), 'aabb');
    await post({ w: urls[2] ?? '', w_status_D: '0' });
    assert.equal(await served(6), 'aabbcc');
    assert.equal((await post({ b_nwrkr: 'http://127.0.0.1:9', b_wyes: '1' })).status, 400);
    assert.match(edge.log(), /AH10164/);
    await post({ w: urls[2] ?? '', w_remove: '1' });
    assert.equal(await served(4), 'aabb');
    while ((await edge.ask(PATH)).body.includes('3 [3 Used]'));
  });

  it('takes the same by JSON: read, patch, add, take out', async () => {
    const body = JSON.stringify({ url: urls[2], enabled: true, parameters: { route: 'rc', loadfactor: 2 } });
    const added = await api('/balancers/shop/members', { method: 'POST', body });
    assert.equal(added.status, 201, added.body);
    const { slot, route, loadfactor } = added.json as { slot: number; route: string; loadfactor: number };
    assert.deepEqual({ route, loadfactor }, { route: 'rc', loadfactor: 2 });
    assert.equal(await served(4), 'abcc');
    const patch = { method: 'PATCH', body: '{"flags":{"D":true}}' };
    assert.equal((await api(`/balancers/shop/members/${slot}`, patch)).status, 200);
    assert.equal(await served(4), 'aabb');
    assert.equal((await api(`/balancers/shop/members/${slot}`, { method: 'DELETE' })).status, 202);
    while ((await api(`/balancers/shop/members/${slot}`)).status !== 404);
    assert.equal((await api('/balancers/shop/members/0', { method: 'DELETE' })).status, 409);
  });

  it('refuses JSON that it does not understand, and says which word', async () => {
    const bad: [string, string, number, RegExp][] = [
      ['/balancers/shop/members/0', '{"loadfaktor":2}', 409, /has no loadfaktor/],
      ['/balancers/shop/members/0', '{"loadfactor":200}', 409, /between 1 and 100/],
      ['/balancers/shop/members/0', '{"flags":{"E":true}}', 409, /has no E/],
      ['/balancers/shop/members/0', '{', 400, /not JSON/],
      ['/balancers/shop', '{"lbmethod":"best"}', 409, /no balancing method best/],
      ['/balancers/none', '{}', 404, /no balancer none/],
    ];
    for (const [path, body, status, words] of bad) {
      const answer = await api(path, { method: 'PATCH', body });
      assert.equal(answer.status, status, `${path} ${body}: ${answer.body}`);
      assert.match(answer.body, words);
    }
    const plain = { method: 'PATCH', body: '{}', headers: { 'Content-Type': 'text/plain' } };
    assert.equal((await api('/balancers/shop', plain)).status, 415);
    const foreign = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'cross-site' };
    assert.equal(
      (await api('/balancers/shop', { method: 'PATCH', body: '{}', headers: foreign })).status,
      403,
    );
  });

  it('answers as its description says', async () => {
    for (const [path, name] of [
      ['', 'Summary'],
      ['/balancers/shop', 'Balancer'],
      ['/balancers/shop/members/0', 'Member'],
      ['/balancers/shop/members/0/history', 'History'],
      ['/live', 'Live'],
      ['/balancers/none', 'Fault'],
    ] as const) {
      const { json } = await api(path);
      assert.deepEqual(breachesOf(json, name), [], path);
    }
    assert.deepEqual(breachesOf({ error: 1, more: 2 }, 'Fault').length, 2);
    assert.equal((await api('/openapi.json')).status, 200);
  });

  it('changes a health check while it runs: the member is asked for another path', async () => {
    const { balancers } = (await api('')).json as {
      balancers: { name: string; members: { slot: number }[] }[];
    };
    const slot = balancers.find(({ name }) => name === 'balancer://checked')?.members[0]?.slot;
    const path = `/balancers/checked/members/${slot}`;
    const body = '{"health":{"uri":"/other-check","intervalMs":1000}}';
    assert.equal((await api(path, { method: 'PATCH', body })).status, 200);
    const isAsked = (): boolean =>
      origins[0]?.requests.some(({ head }) => head.line.startsWith('GET /other-check ')) === true;
    for (let n = 0; n < 300 && !isAsked(); n += 1) await sleep(50);
    assert.ok(isAsked());
    assert.deepEqual(breachesOf((await api(path)).json, 'Member'), []);
    const unknown = await api(path, { method: 'PATCH', body: '{"health":{"expression":"nobody"}}' });
    assert.equal(unknown.status, 409);
  });

  it('says why a member is in error, and for how long', async () => {
    const dead = await freePort();
    const body = JSON.stringify({
      url: `http://127.0.0.1:${dead}`,
      enabled: true,
      parameters: { retry: 30 },
    });
    const { slot } = (await api('/balancers/shop/members', { method: 'POST', body })).json as {
      slot: number;
    };
    await served(3);
    const { json } = await api(`/balancers/shop/members/${slot}`);
    const { state, errorReason } = json as { state: string; errorReason: string };
    assert.equal(errorReason, 'connection refused');
    assert.match(state, /^connection refused, \d+ s ago, next try in \d+ s$/);
    await api(`/balancers/shop/members/${slot}`, { method: 'DELETE' });
  });
});
