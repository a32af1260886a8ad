/**
 * What management pages look at: the settings, the scoreboard, counters, and who asks. Each worker thread has one, and so
 * has the control thread; all that they show lies in shared memory, so that they all show the same.
 */
import type { CacheMemory } from '../../cache/memory/layout.js';
import { LiveSettings } from '../../workers/live-settings.js';
import type { Scoreboard } from '../../workers/scoreboard.js';
import { ClientCounts } from '../../workers/scoreboard-clients.js';
import { MirrorCounts, mirrorBytes } from '../mirror/counts.js';
import { shadowRows } from '../mirror/settings.js';
import { CertificateEnds } from '../secure/ends.js';
import type { Ms, Settings } from '../settings.js';
import { History, historyBytes } from './history.js';
import { LoopDelays, loopDelayBytes } from './loop-delay.js';
import { RequestRows, requestRowsBytes } from './request-rows.js';
import { asksFor, Tally, tallyBytes, tallyNeeded } from './tally.js';

/** Shared memory beside the scoreboard; undefined where no page shows what it holds. */
export interface SharedCounters {
  tally: SharedArrayBuffer;
  history: SharedArrayBuffer;
  delays: SharedArrayBuffer;
  /** Undefined where ExtendedStatus is Off, or no page shows it. */
  requests: SharedArrayBuffer | undefined;
  /** Undefined where nothing is mirrored. */
  mirror: SharedArrayBuffer | undefined;
}

/** What a thread is given to make its overview of. */
export interface OverviewParts {
  settings: Settings;
  /** Worker threads of this edge process. */
  threads: number;
  /** When this edge process was started, ms since the epoch. */
  startedAt: Ms;
  counters: SharedCounters | undefined;
  /** Counts of clients over all threads. */
  clients: SharedArrayBuffer;
  /** Undefined where nothing is cached. */
  cache: CacheMemory | undefined;
}

export interface Overview extends OverviewParts {
  board: Scoreboard;
  /** Balancers and members as they are now. */
  live: LiveSettings;
  tally: Tally | undefined;
  history: History | undefined;
  delays: LoopDelays | undefined;
  requests: RequestRows | undefined;
  mirror: MirrorCounts | undefined;
  connections: ClientCounts;
  /** Undefined where no page shows them. */
  certificates: CertificateEnds | undefined;
}

export function makeCounters(settings: Settings, threads: number): SharedCounters | undefined {
  if (!tallyNeeded(settings)) return undefined;
  const shadows = shadowRows(settings).length;
  return {
    tally: new SharedArrayBuffer(tallyBytes(settings.servers.length, settings.slots, threads)),
    history: new SharedArrayBuffer(historyBytes(settings.slots)),
    delays: new SharedArrayBuffer(loopDelayBytes(threads)),
    requests:
      settings.extendedStatus && asksFor(settings, 'server-status')
        ? new SharedArrayBuffer(requestRowsBytes(threads))
        : undefined,
    mirror: shadows === 0 ? undefined : new SharedArrayBuffer(mirrorBytes(shadows, threads)),
  };
}

/** thread  whose counters are written; undefined for who only reads */
export function makeOverview(parts: OverviewParts, board: Scoreboard, thread?: number): Overview {
  const { settings, threads, startedAt, counters, cache, clients } = parts;
  const { servers, slots } = settings;
  return {
    settings,
    threads,
    startedAt,
    counters,
    cache,
    clients,
    connections: new ClientCounts(clients),
    board,
    live: new LiveSettings(settings, board),
    tally: counters && new Tally(counters.tally, servers.length, slots, threads, thread ?? 0),
    history: counters && new History(counters.history, slots),
    delays: counters && new LoopDelays(counters.delays, thread ?? 0),
    certificates: counters && new CertificateEnds(settings),
    requests: counters?.requests && new RequestRows(counters.requests, threads, thread),
    mirror:
      counters?.mirror &&
      new MirrorCounts(counters.mirror, shadowRows(settings).length, threads, thread ?? 0),
  };
}
