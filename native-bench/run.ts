/**
 * `npm run bench`: drover beside nginx, HAProxy and httpd, each with one worker on one core, the load client and the
 * origin on the other. README.md says what is measured and how to read it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chartOf } from './chart.js';
import { type BenchOptions, readOptions, UsageError } from './options.js';
import { startOrigin } from './origin.js';
import type { Peer } from './peers/peer.js';
import { reportScenario, type ScenarioReport, tableOf } from './report.js';
import { type Bench, measureScenario } from './rounds.js';

const RESULTS = join(import.meta.dirname, '../../native-bench/results');
/** Load average of the last minute above which a run cannot be trusted. */
const QUIET = 0.5;
const TOOLS = ['nginx', 'wrk', 'taskset', 'openssl'];

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const missingTools = TOOLS.filter((tool) => !isOnPath(tool));
  if (missingTools.length > 0)
    throw new Error(`not installed: ${missingTools.join(', ')} (run native-bench/setup.sh)`);
  const versions = new Map(options.peers.map((peer) => [peer, peer.version()]));
  const present = options.peers.filter((peer) => versions.get(peer) !== undefined);
  const missing = options.peers.filter((peer) => versions.get(peer) === undefined).map(({ name }) => name);
  const machine = describeMachine();
  console.log(`${machine}\n${present.map((peer) => `${peer.name} ${versions.get(peer)}`).join(', ')}\n`);
  const [busy = 0] = loadavg();
  if (busy > QUIET)
    console.log(`the machine is busy (load average ${busy.toFixed(1)}): expect wide spreads\n`);
  const reports = await measureAll(options, present, missing);
  writeResults(
    options,
    reports,
    machine,
    Object.fromEntries(present.map((peer) => [peer.name, versions.get(peer)])),
  );
  if (missing.length > 0) console.error(`not measured, because not installed: ${missing.join(', ')}`);
  return missing.length > 0 && process.env['CI'] === 'true' ? 1 : 0;
}

async function measureAll(
  options: BenchOptions,
  peers: Peer[],
  missing: string[],
): Promise<ScenarioReport[]> {
  const directory = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  // Servers that leave root for another user must still reach their files.
  chmodSync(directory, 0o755);
  const clientCore = availableParallelism() > 1 ? 1 : 0;
  if (clientCore === 0) console.log('one core only: server and client share it, and rates mean nothing\n');
  const origin = await startOrigin(directory, clientCore);
  const reports: ScenarioReport[] = [];
  try {
    const bench: Bench = {
      directory,
      origin,
      certificate: makeCertificate(directory),
      serverCore: 0,
      clientCore,
      options,
    };
    for (const scenario of options.scenarios) {
      const able = peers.filter(
        (peer) =>
          (scenario.isBusy !== true || peer.readsHttpd === true) && peer.takesPart?.(scenario) !== false,
      );
      const report = reportScenario(scenario, await measureScenario(scenario, able, bench), missing);
      reports.push(report);
      console.log(`${tableOf(report)}\n`);
    }
    return reports;
  } finally {
    await origin.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeResults(
  options: BenchOptions,
  reports: ScenarioReport[],
  machine: string,
  versions: Record<string, string | undefined>,
): void {
  const { rounds, seconds, warmup, droverWarmup, isQuick } = options;
  const name = isQuick ? 'quick' : 'latest';
  mkdirSync(RESULTS, { recursive: true });
  const when = new Date().toISOString();
  const data = { when, machine, versions, rounds, seconds, warmup, droverWarmup, scenarios: reports };
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(data, null, 2)}\n`);
  const caption = `${machine}; medians of ${rounds} rounds of ${seconds} s; ${when.slice(0, 10)}`;
  writeFileSync(join(RESULTS, `${name}.svg`), chartOf(reports, caption));
  console.log(`wrote native-bench/results/${name}.json and ${name}.svg`);
}

/** An ECDSA P-256 certificate, which is what ACME clients ask for by default. */
function makeCertificate(directory: string): Bench['certificate'] {
  const made = { certificate: join(directory, 'site.crt'), key: join(directory, 'site.key') };
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=bench.test', '-keyout', made.key, '-out', made.certificate];
  execFileSync('openssl', ['req', '-x509', ...kind, ...names], { stdio: 'ignore' });
  chmodSync(made.key, 0o644);
  return made;
}

function describeMachine(): string {
  const [first] = cpus();
  return `${first?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Linux ${release()}, Node ${process.version}`;
}

function isOnPath(tool: string): boolean {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin`;
  return path.split(':').some((directory) => existsSync(join(directory, tool)));
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof UsageError ? error.message : error);
  return 1;
});
