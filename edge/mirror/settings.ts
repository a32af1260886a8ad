/** What EdgeMirror says of a place, as plain data. Filled by edge/config/directives/edge-mirror.ts. */
import type { At, Bytes, Ms, Place, Settings } from '../settings.js';

export interface MirrorSettings {
  /** `balancer://name`, and its row, -1 where no such balancer is defined. */
  name: string;
  row: number;
  /** Of the requests, 0 to 1. */
  share: number;
  /** Longest body of a request that is copied. */
  body: Bytes;
  /** Copies under way at once, over all threads. */
  outstanding: number;
  /** A copy that has not been answered in full by then is given up. */
  timeout: Ms;
  at: At;
}

/** Every EdgeMirror of a configuration, those in <If> sections too. */
export function mirrorsOf(settings: Pick<Settings, 'servers'>): MirrorSettings[] {
  return settings.servers.flatMap(({ base, proxySections, locations }) =>
    [base, ...proxySections.map((s) => s.place), ...locations.map((s) => s.place)].flatMap(mirrorsIn),
  );
}

function mirrorsIn({ mirror, conditions = [] }: Place): MirrorSettings[] {
  const own = mirror === undefined || mirror === 'off' ? [] : [mirror];
  return [...own, ...conditions.flatMap(({ place }) => mirrorsIn(place))];
}

/** Rows of the balancers that are shadows, each once: a shadow's place here is its row in the counts. */
export function shadowRows(settings: Pick<Settings, 'servers'>): number[] {
  return [...new Set(mirrorsOf(settings).map(({ row }) => row))];
}
