/**
 * Paired rounds: all peers of a scenario stand ready at once, on the same core, and are loaded one after the other,
 * beginning with another one each round. What disturbs the machine for longer than a round disturbs all peers of it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drive } from './client.js';
import { cpuMicros, memoryBytes } from './cpu.js';
import { type Echo, startEcho } from './echo.js';
import { freePort } from './free-port.js';
import type { BenchOptions } from './options.js';
import type { Origin } from './origin.js';
import type { Peer, Site } from './peers/peer.js';
import { probe } from './probe.js';
import { type Running, start } from './process.js';
import type { Scenario } from './scenarios/scenario.js';
import { openStray } from './stray.js';

/** How often a peer that has just started may refuse, and what is waited after each time. */
const MOST_REFUSALS = 100;
const REFUSED_MS = 50;

/** What one peer did in one round. */
export interface Measure {
  /** Processor time of the server per completed request, in microseconds. */
  cpu: number;
  /** Requests (or handshakes) per second. */
  rate: number;
  /** Milliseconds; undefined where the client does not tell. */
  p99?: number;
  /** Share of the requests that came from the cache, where the scenario counts them. */
  hits?: number;
}

export interface PeerResult {
  peer: string;
  rounds: Measure[];
  /** Memory after the last round, in bytes. */
  memory: number;
}

export interface Bench {
  directory: string;
  origin: Origin;
  certificate: { certificate: string; key: string };
  serverCore: number;
  clientCore: number;
  options: BenchOptions;
}

interface Ready {
  peer: Peer;
  server: Running;
  target: URL;
  directory: string;
  measures: Measure[];
}

/** Measures one scenario. errors: rejects when a peer cannot be started or answers wrongly. */
export async function measureScenario(
  scenario: Scenario,
  peers: Peer[],
  bench: Bench,
): Promise<PeerResult[]> {
  const ready: Ready[] = [];
  const fetched = bench.origin.cachedFetches();
  const echo: Echo | undefined =
    scenario.load.kind === 'websocket' ? await startEcho(bench.directory, bench.clientCore) : undefined;
  try {
    const members = echo?.ports ?? bench.origin.ports;
    for (const peer of peers) ready.push(await makeReady(peer, scenario, bench, members));
    for (const one of ready) {
      const usual = one.peer.name === 'drover' ? bench.options.droverWarmup : bench.options.warmup;
      const warmup = usual > 0 ? Math.max(usual, scenario.fill ?? 0) : 0;
      if (warmup > 0) await load(one, scenario, bench, warmup);
    }
    for (let round = 0; round < bench.options.rounds; round++) {
      for (let turn = 0; turn < ready.length; turn++) {
        const one = ready[(round + turn) % ready.length] as Ready;
        one.measures.push(await load(one, scenario, bench, bench.options.seconds));
      }
    }
    // One each, by the probe: a peer that asked its member again would be measured at something else.
    const fetches = bench.origin.cachedFetches() - fetched;
    if (scenario.isCached === true && scenario.cacheBytes === undefined && fetches !== ready.length)
      throw new Error(`${scenario.name}: ${fetches} requests of ${ready.length} peers came to the origin`);
    return ready.map(({ peer, server, measures }) => ({
      peer: peer.name,
      rounds: measures,
      memory: memoryBytes(server.pid),
    }));
  } finally {
    for (const { server } of ready) await server.stop();
    await echo?.stop();
  }
}

async function makeReady(
  peer: Peer,
  scenario: Scenario,
  bench: Bench,
  members: [number, number],
): Promise<Ready> {
  const directory = join(bench.directory, `${scenario.name}-${peer.name}`);
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const { load: wanted } = scenario;
  const site: Site = {
    directory,
    port,
    members,
    isRich: scenario.isRich,
    isHttp2: scenario.isHttp2 === true,
    isNodeEngine: scenario.isNodeEngine === true,
    isBusy: scenario.isBusy === true,
    isCached: scenario.isCached === true,
    hasWebSockets: wanted.kind === 'websocket',
    connections: 'connections' in wanted ? wanted.connections : wanted.clients,
    cacheBytes: scenario.cacheBytes,
    ...(scenario.isTls ? { tls: bench.certificate } : {}),
  };
  const server = await start(peer.prepare(site), bench.serverCore, port, directory);
  const target = new URL(`${scenario.isTls ? 'https' : 'http'}://127.0.0.1:${port}${scenario.path}`);
  try {
    await probeServing(scenario, target);
  } catch (cause) {
    await server.stop();
    throw new Error(`${peer.name} does not serve ${scenario.name}`, { cause });
  }
  return { peer, server, target, directory, measures: [] };
}

/** drover binds its port for a moment to see whether it is free: a port that answered may refuse once more. */
async function probeServing(scenario: Scenario, target: URL): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await probe(scenario, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || tries >= MOST_REFUSALS) throw error;
      await sleep(REFUSED_MS);
    }
  }
}

async function load(ready: Ready, scenario: Scenario, bench: Bench, seconds: number): Promise<Measure> {
  const { server, target, directory, peer } = ready;
  const endStray = scenario.hasStray === true ? await openStray(target) : undefined;
  const fetched = bench.origin.cachedFetches();
  const before = cpuMicros(server.pid);
  const done = await drive(scenario.load, target, seconds, bench.clientCore, directory).catch(
    (cause: unknown) => {
      throw new Error(`${peer.name} in ${scenario.name}`, { cause });
    },
  );
  if (done.completed === 0) throw new Error(`${peer.name} in ${scenario.name}: nothing was completed`);
  const cpu = (cpuMicros(server.pid) - before) / done.completed;
  endStray?.();
  const misses = bench.origin.cachedFetches() - fetched;
  return {
    cpu,
    rate: done.completed / done.seconds,
    ...(done.p99 === undefined ? {} : { p99: done.p99 }),
    ...(scenario.cacheBytes === undefined ? {} : { hits: 1 - misses / done.completed }),
  };
}
