/**
 * edge-metrics, server-status and server-info: text that Prometheus can read, and numbers that agree with what a counting
 * client has sent, exactly, over two threads.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Appliance } from './appliance.js';
import { openRaw } from './raw-client.js';
import { plainReply, RawOrigin } from './raw-origin.js';

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno';

/** A line of the text format: name, labels, value. Throws on what is not one. */
function parse(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const typed = new Set<string>();
  for (const line of text.trimEnd().split('\n')) {
    if (line === '') continue;
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) typed.add(type[1] ?? '');
    if (line.startsWith('#')) {
      assert.match(line, /^# (?:TYPE|HELP) [a-z_]+ /);
      continue;
    }
    const [, name = '', labels = '', value = ''] =
      /^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$/.exec(line) ?? assert.fail(line);
    assert.ok(typed.has(name.replace(/_(?:bucket|sum|count)$/, '')) || typed.has(name), line);
    const key = `${name}{${labels}}`;
    assert.ok(!values.has(key), `twice: ${key}`);
    values.set(key, Number(value));
    assert.ok(!Number.isNaN(values.get(key)), line);
  }
  return values;
}

/** As the parser of Prometheus' own Python client reads it: name, labels by name, value. */
const READER = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([[s.name, s.labels, s.value] for f in families for s in f.samples]))
`;

function readByPrometheus(text: string): [name: string, labels: Record<string, string>, value: number][] {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', READER], { input: text });
  assert.equal(status, 0, String(stderr));
  return JSON.parse(String(stdout)) as ReturnType<typeof readByPrometheus>;
}

describe('edge-metrics', function () {
  this.timeout(120_000);
  let origins: RawOrigin[];
  let edge: Appliance;

  before(async () => {
    origins = await Promise.all(
      ['a', 'b'].map((name) =>
        RawOrigin.start((socket, { head }) =>
          socket.write(head.line.includes('/missing') ? NOT_FOUND : plainReply(name)),
        ),
      ),
    );
    const page = (path: string, name: string) => `<Location ${path}>\nSetHandler ${name}\n</Location>`;
    edge = await Appliance.start(
      `ProxyStatus On\n${page('/metrics', 'edge-metrics')}\n${page('/status', 'server-status')}\n${page('/info', 'server-info')}
<Proxy balancer://shop>\n${origins.map(({ port }) => `BalancerMember http://127.0.0.1:${port}`).join('\n')}\n</Proxy>
<Proxy balancer://shadow>\nBalancerMember http://127.0.0.1:9\n</Proxy>
CacheEnable memory /cached
<Location /mirrored>\nEdgeMirror balancer://shadow\n</Location>
ProxyPass /app balancer://shop/`,
      { threads: 2 },
    );
  });
  after(async () => {
    await edge.stop();
    await Promise.all(origins.map((origin) => origin.stop()));
  });

  it('is text that Prometheus reads, with the numbers of a client that counts', async () => {
    const asked = { ok: 0, missing: 0 };
    await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        for (let i = 0; i < 10; i += 1) {
          const isMissing = (n + i) % 4 === 0;
          asked[isMissing ? 'missing' : 'ok'] += 1;
          await edge.ask(isMissing ? '/app/missing' : '/app/x');
        }
      }),
    );
    const { status, headers, body } = await edge.ask('/metrics');
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
    let values = parse(body);
    const of = (name: string): number => values.get(name) ?? assert.fail(`${name} is missing`);
    // Another thread may count a request after its answer has come.
    const isCounted = (): boolean =>
      of('drover_request_duration_seconds_count{vhost="_main_"}') >= 80 &&
      origins.every(
        ({ port }) =>
          of(`drover_member_busy{balancer="balancer://shop",member="http://127.0.0.1:${port}"}`) === 0,
      );
    while (!isCounted()) values = parse((await edge.ask('/metrics')).body);
    assert.equal(of('drover_requests_total{vhost="_main_",class="2xx"}'), asked.ok);
    assert.equal(of('drover_requests_total{vhost="_main_",class="4xx"}'), asked.missing);
    assert.ok(of('drover_connections{}') >= 1);
    assert.ok(of('drover_connections_accepted_total{}') >= of('drover_connections{}'));
    assert.equal(of('drover_tls_handshakes_total{}'), 0);
    assert.equal(of('drover_request_duration_seconds_count{vhost="_main_"}'), 80);
    assert.equal(of('drover_request_duration_seconds_bucket{le="+Inf",vhost="_main_"}'), 80);
    let given = 0;
    for (const { port, requests } of origins) {
      const labels = `balancer="balancer://shop",member="http://127.0.0.1:${port}"`;
      assert.equal(of(`drover_member_requests_total{${labels}}`), requests.length);
      assert.equal(of(`drover_member_response_seconds_count{${labels}}`), requests.length);
      assert.equal(of(`drover_member_busy{${labels}}`), 0);
      assert.equal(of(`drover_member_usable{${labels}}`), 1);
      given += requests.length;
    }
    assert.equal(given, 80);
    assert.equal(of('drover_threads{}'), 2);
    assert.ok(of('drover_process_open_descriptors{}') > 10);
    assert.ok(of('drover_process_max_descriptors{}') > of('drover_process_open_descriptors{}'));
  });

  it('has the processes of the tree: memory, descriptors, and how late each thread is', async () => {
    const asking = async (): Promise<Map<string, number>> => parse((await edge.ask('/metrics')).body);
    let values = await asking();
    const delay = (thread: number, statistic: string): number =>
      values.get(`drover_thread_loop_delay_seconds{thread="${thread}",statistic="${statistic}"}`) ??
      assert.fail(`no ${statistic} of thread ${thread}`);
    // Written every two seconds: a loop is always some microseconds late.
    while (delay(0, 'max') === 0 || delay(1, 'max') === 0) values = await asking();
    for (const thread of [0, 1]) {
      assert.ok(delay(thread, 'mean') <= delay(thread, 'max'));
      assert.ok(delay(thread, 'p99') <= delay(thread, 'max'));
    }
    for (const role of ['supervisor', 'serving']) {
      assert.equal(values.get(`drover_tree_processes{role="${role}"}`), 1, role);
      assert.ok((values.get(`drover_tree_resident_bytes{role="${role}"}`) ?? 0) > 1e7, role);
      assert.ok((values.get(`drover_tree_open_descriptors{role="${role}"}`) ?? 0) > 5, role);
    }
    assert.equal(values.get('drover_tree_processes{role="draining"}'), undefined);
  });

  it('has memory and descriptors that move with what is open', async () => {
    const open = async (): Promise<number> =>
      parse((await edge.ask('/metrics')).body).get('drover_tree_open_descriptors{role="serving"}') ?? 0;
    const before = await open();
    const sockets = await Promise.all(Array.from({ length: 40 }, () => openRaw(edge.port)));
    while ((await open()) < before + 40);
    for (const socket of sockets) socket.destroy();
    while ((await open()) > before + 5);
  });

  it('is read by the parser of Prometheus’ Python client, to the same numbers', async function () {
    const hasParser = spawnSync('/usr/bin/python3', ['-c', 'import prometheus_client.parser']).status === 0;
    if (!hasParser) {
      if (process.env['CI'] === 'true') throw new Error('python3-prometheus-client is not installed');
      console.log('      skipped: python3-prometheus-client is not installed');
      this.skip();
    }
    const { body } = await edge.ask('/metrics');
    const read = readByPrometheus(body);
    const own = parse(body);
    assert.equal(read.length, own.size);
    for (const [name, labels, value] of read) {
      const text = Object.entries(labels).map(([label, of]) => `${label}="${of}"`);
      assert.equal(own.get(`${name}{${text.join(',')}}`), value, name);
    }
  });

  it('has buckets that only grow', async () => {
    const { body } = await edge.ask('/metrics');
    const counts = [...body.matchAll(/^drover_request_duration_seconds_bucket\{[^}]*\} (\d+)$/gm)].map((m) =>
      Number(m[1]),
    );
    assert.ok(counts.length > 20);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
  });

  it('has every name that the dashboard asks for', async () => {
    const { body } = await edge.ask('/metrics');
    const file = join(import.meta.dirname, '../../../edge/admin/grafana.json');
    const asked = new Set(readFileSync(file, 'utf8').match(/drover_[a-z_]+/g));
    assert.ok(asked.size > 8);
    assert.deepEqual(
      [...asked].filter((name) => !body.includes(`${name}{`) && !body.includes(`${name} `)),
      [],
    );
  });

  it('has server-status beside it: page, table and balancers', async () => {
    const { headers, body } = await edge.ask('/status?refresh=5');
    assert.equal(headers['refresh'], '5');
    assert.match(body, /<title>Apache Status<\/title>/);
    assert.match(body, /Proxy LoadBalancer Status for balancer:\/\/shop/);
    assert.match(body, /<th>Thread<\/th>/);
    assert.doesNotMatch((await edge.ask('/status?notable')).body, /<th>Thread<\/th>/);
    const auto = (await edge.ask('/status?auto')).body;
    assert.match(auto, /^ProxyBalancer\[0\]Name: balancer:\/\/shop$/m);
    assert.match(auto, /^ProxyBalancer\[0\]Worker\[1\]Status: Init Ok $/m);
    assert.ok(Number(/^Total Duration: (\d+)$/m.exec(auto)?.[1]) > 0);
  });

  it('has server-info beside it: modules, settings, virtual hosts', async () => {
    const { body } = await edge.ask('/info');
    for (const text of ['Loaded Modules', 'Server Settings', 'VirtualHost configuration'])
      assert.ok(body.includes(text), text);
    assert.doesNotMatch((await edge.ask('/info?list')).body, /Server Settings/);
  });
});
