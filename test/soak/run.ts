/**
 * `npm run soak -- MINUTES`, as root: a whole drover at half of what this machine carries, for as long as one wants, plain and TLS,
 * on kept connections and a connection a request, while
 *
 *   every minute          the logs are rotated and the configuration is read again
 *   every two minutes     a member is killed, and comes back some seconds later
 *   every ninety seconds  the certificate is renewed
 *
 * Memory and descriptors are written to native-bench/results/soak.csv and drawn in soak.svg. The exit code is 0 when no
 * request failed and both are flat: the middle of the last quarter is no more than a fifth above that of the second,
 * which is when everything has been done once.
 */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MIGRATE_FILE } from '../../edge/process/migrate.js';
import { freePort } from '../../native-bench/free-port.js';
import { selfSigned } from '../../tls/self-signed.js';
import { MemberProcess } from '../chaos/members.js';
import { Appliance } from '../reg/appliance.js';
import { hasWrk, Wrk, type WrkResult } from '../slow/wrk.js';
import { soakChart } from './chart.js';
import { csvOf, middleOf, type Sample, sampleOf } from './samples.js';

const RESULTS = join(import.meta.dirname, '../../../native-bench/results');
const MEMBERS = 4;
const MINUTE = 60_000;
const SAMPLE_EVERY = 5000;
const CERTIFICATE_EVERY = 90_000;
const MEMBER_AWAY = 3000;
const CALIBRATE_SECONDS = 8;
/** A growth by this share, or by so many units, is none. */
const FLAT_SHARE = 0.2;
const FLAT_MB = 15;
const FLAT_DESCRIPTORS = 40;

/** How the load is shared out. */
const KINDS = [
  { isSecure: false, isKept: true, share: 0.6, connections: 60 },
  { isSecure: false, isKept: false, share: 0.15, connections: 20 },
  { isSecure: true, isKept: true, share: 0.2, connections: 30 },
  { isSecure: true, isKept: false, share: 0.05, connections: 10 },
] as const;

class Soak {
  readonly #folder = mkdtempSync(join(tmpdir(), 'drover-soak-'));
  readonly #members: MemberProcess[] = [];
  readonly #samples: Sample[] = [];
  #events: string[] = [];
  #requests = 0;
  readonly #failures: string[] = [];
  #failed = 0;
  #isOver = false;

  async run(minutes: number): Promise<boolean> {
    for (let n = 1; n <= MEMBERS; n += 1) this.#members.push(new MemberProcess(`web${n}`, await freePort()));
    await Promise.all(this.#members.map((member) => member.start()));
    await this.#renew();
    const tlsPort = await freePort();
    const edge = await Appliance.start(this.#configuration(tlsPort), { threads: 2 });
    try {
      const half = (await this.#capacity(edge)) / 2;
      console.log(`half load is ${Math.round(half)} requests/s; ${minutes} minutes begin`);
      const startedAt = Date.now();
      const until = startedAt + minutes * MINUTE;
      const jobs = [
        this.#every(MINUTE, until, () => this.#reload(edge)),
        this.#every(2 * MINUTE, until, () => this.#killMember(), MINUTE + 30_000),
        this.#every(CERTIFICATE_EVERY, until, () => this.#renew()),
        this.#every(SAMPLE_EVERY, until, () => this.#sample(edge, startedAt), 0),
        ...KINDS.map((kind) => this.#load(edge.port, tlsPort, kind, half, until)),
      ];
      await Promise.all(jobs);
      this.#report(minutes, half);
    } finally {
      this.#isOver = true;
      await edge.stop();
      await Promise.all(this.#members.map((member) => member.end('SIGKILL')));
      rmSync(this.#folder, { recursive: true, force: true });
    }
    return this.#judge();
  }

  #configuration(tlsPort: number): string {
    return `Listen 127.0.0.1:${tlsPort} https
MaxKeepAliveRequests 0
CustomLog "\${FOLDER}/access.log" "%h %t \\"%r\\" %>s %b"
<Proxy balancer://soak>
${this.#members.map(({ url }) => `  BalancerMember ${url} retry=2 connectiontimeout=2 min=2`).join('\n')}
  ProxySet lbmethod=bybusyness
  EdgeRetry closed timeout
</Proxy>
ProxyPass / balancer://soak/
<VirtualHost *:${tlsPort}>
  SSLEngine on
  SSLCertificateFile "${this.#folder}/crt"
  SSLCertificateKeyFile "${this.#folder}/key"
  ProxyPass / balancer://soak/
</VirtualHost>`;
  }

  /** Requests a second that the machine carries with everything on it, on kept connections. */
  async #capacity(edge: Appliance): Promise<number> {
    const url = `http://127.0.0.1:${edge.port}/`;
    const wrk = new Wrk(this.#folder, {
      url,
      connections: 60,
      pause: 0,
      isKept: true,
      seconds: CALIBRATE_SECONDS,
    });
    return (await wrk.result()).perSecond;
  }

  /** Does something again and again, the first time after `first`; ends by itself. */
  async #every(
    period: number,
    until: number,
    act: () => void | Promise<void>,
    first = period,
  ): Promise<void> {
    for (let next = Date.now() + first; next < until && !this.#isOver; next += period) {
      await sleep(Math.max(next - Date.now(), 0));
      await act();
    }
  }

  async #reload(edge: Appliance): Promise<void> {
    this.#events.push('logs rotated', 'reload');
    for (const name of ['access.log']) renameSync(join(edge.folder, name), join(edge.folder, `${name}.1`));
    await edge.reload();
  }

  async #killMember(): Promise<void> {
    const member = this.#members[Math.floor(Math.random() * MEMBERS)] as MemberProcess;
    this.#events.push('member killed');
    await member.end('SIGKILL');
    await sleep(MEMBER_AWAY);
    await member.start();
  }

  async #renew(): Promise<void> {
    const made = await selfSigned({ names: ['drover.test'], days: 40, now: Date.now() });
    // Renamed into place, as a certificate client does it; for a moment the two do not fit.
    for (const [name, text] of [
      ['crt', made.certificate],
      ['key', made.key],
    ] as const) {
      writeFileSync(join(this.#folder, `${name}.new`), text);
      renameSync(join(this.#folder, `${name}.new`), join(this.#folder, name));
    }
    this.#events.push('certificate renewed');
  }

  /** Runs of a minute, one after the other, so that failures are told near the time they happen. */
  async #load(
    port: number,
    tlsPort: number,
    { isSecure, isKept, share, connections }: (typeof KINDS)[number],
    half: number,
    until: number,
  ): Promise<void> {
    const url = isSecure ? `https://127.0.0.1:${tlsPort}/` : `http://127.0.0.1:${port}/`;
    const pause = Math.max(Math.round((connections * 1000) / (half * share)), 1);
    while (Date.now() < until) {
      const seconds = Math.max(Math.min(55, Math.round((until - Date.now()) / 1000)), 1);
      const result = await new Wrk(this.#folder, { url, connections, pause, isKept, seconds }).result();
      this.#requests += result.answered;
      this.#count(result, `${url} ${isKept ? 'kept' : 'one a request'}`);
    }
  }

  #count({ failures }: WrkResult, what: string): void {
    const sum = Object.values(failures).reduce((total, count) => total + count, 0);
    if (sum === 0) return;
    this.#failed += sum;
    this.#failures.push(`${new Date().toISOString()} ${what}: ${JSON.stringify(failures)}`);
    console.log(this.#failures.at(-1));
  }

  #sample(edge: Appliance, startedAt: number): void {
    const events = this.#events;
    this.#events = [];
    this.#samples.push({
      at: (Date.now() - startedAt) / 1000,
      ...sampleOf(edge.pid, edge.edge),
      requests: this.#requests,
      failures: this.#failed,
      events,
    });
  }

  #report(minutes: number, half: number): void {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(join(RESULTS, 'soak.csv'), csvOf(this.#samples));
    const text = `${minutes} minutes at ${Math.round(half)} requests/s: ${this.#requests} requests, ${this.#failed} failed`;
    writeFileSync(join(RESULTS, 'soak.svg'), soakChart(this.#samples, text));
    console.log(text);
  }

  #judge(): boolean {
    const growths = [
      ['memory of the edge process', 'MB', FLAT_MB, (s: Sample) => s.edgeBytes / 1e6],
      ['memory of the supervisor', 'MB', FLAT_MB, (s: Sample) => s.supervisorBytes / 1e6],
      ['descriptors of the edge process', '', FLAT_DESCRIPTORS, (s: Sample) => s.edgeDescriptors],
    ] as const;
    let isFlat = true;
    for (const [name, unit, slack, of] of growths) {
      const before = middleOf(this.#samples, 0.25, 0.5, of);
      const after = middleOf(this.#samples, 0.75, 1, of);
      const isSo = after <= Math.max(before * (1 + FLAT_SHARE), before + slack);
      isFlat &&= isSo;
      console.log(`${name}: ${before.toFixed(0)} → ${after.toFixed(0)} ${unit}${isSo ? '' : '  GROWS'}`);
    }
    if (this.#failed > 0) console.log(`${this.#failed} requests failed`);
    return isFlat && this.#failed === 0;
  }
}

async function main(): Promise<void> {
  const minutes = Number(process.argv[2] ?? 30);
  if (!hasWrk() || !(minutes > 0)) {
    console.log(hasWrk() ? 'usage: npm run soak -- MINUTES' : 'wrk is not installed');
    process.exitCode = 1;
    return;
  }
  // As the package sets it; without it the kernel resets what waits on a listener that a reload closes.
  const usual = readFileSync(MIGRATE_FILE, 'latin1');
  writeFileSync(MIGRATE_FILE, '1\n');
  try {
    process.exitCode = (await new Soak().run(minutes)) ? 0 : 1;
  } finally {
    writeFileSync(MIGRATE_FILE, usual);
  }
}

void main();
