/**
 * What a run of a drover takes over time: memory and descriptors of its processes, read from /proc, with what the clients
 * have had until then. A row a sample; written as CSV.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface Sample {
  /** Seconds since the start. */
  at: number;
  /** Of the edge process that serves, bytes. */
  edgeBytes: number;
  supervisorBytes: number;
  /** Of all processes together. */
  treeBytes: number;
  edgeDescriptors: number;
  treeDescriptors: number;
  /** Edge processes: the one that serves and those that finish. */
  edges: number;
  requests: number;
  failures: number;
  /** What was done since the sample before: `reload`, `member killed` … */
  events: string[];
}

export function processesOf(supervisor: number): number[] {
  const text = readText(`/proc/${supervisor}/task/${supervisor}/children`).trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // it has ended since it was listed
  }
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** edge  the one that serves */
export function sampleOf(
  supervisor: number,
  edge: number,
): Omit<Sample, 'at' | 'requests' | 'failures' | 'events'> {
  const children = processesOf(supervisor);
  const all = [supervisor, ...children];
  const sum = (of: (pid: number) => number): number => all.reduce((total, pid) => total + of(pid), 0);
  return {
    edgeBytes: residentOf(edge),
    supervisorBytes: residentOf(supervisor),
    treeBytes: sum(residentOf),
    edgeDescriptors: descriptorsOf(edge),
    treeDescriptors: sum(descriptorsOf),
    edges: children.length,
  };
}

export function csvOf(samples: readonly Sample[]): string {
  const head = 'seconds,edge_mb,supervisor_mb,tree_mb,edge_fds,tree_fds,edges,requests,failures,events';
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const rows = samples.map((s) =>
    [
      s.at.toFixed(0),
      mb(s.edgeBytes),
      mb(s.supervisorBytes),
      mb(s.treeBytes),
      s.edgeDescriptors,
      s.treeDescriptors,
      s.edges,
      s.requests,
      s.failures,
      s.events.join(' + '),
    ].join(','),
  );
  return `${[head, ...rows].join('\n')}\n`;
}

/** Middle of the values in a part of the run, from and to as shares of it. */
export function middleOf(
  samples: readonly Sample[],
  from: number,
  to: number,
  of: (s: Sample) => number,
): number {
  const part = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  const values = part.map(of).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? 0;
}
