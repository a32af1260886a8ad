/**
 * Memory and descriptors of all processes of a drover: the supervisor, the edge process that serves, those that finish
 * their requests after a reload, the spare, and programs of piped logs. Read from /proc at the moment of the question; what the
 * account may not look at (a supervisor that is root) is left out. Any thread of an edge process.
 * Source: proc(5), statm and children.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { EDGE_NAME, PROCESS_NAME, SPARE_NAME } from '../process/pidfile.js';

export type Role = 'supervisor' | 'serving' | 'draining' | 'spare' | 'program';

/** Sums over the processes of a role. */
export interface RoleState {
  role: Role;
  processes: number;
  residentBytes: number;
  /** Undefined where those of none can be counted. */
  descriptors: number | undefined;
}

const PAGE_BYTES = 4096;

/** The tree that this process is part of; what has ended meanwhile is not in it. */
export function processTree(own = process.pid, supervisor = process.ppid): RoleState[] {
  const states = new Map<Role, RoleState>();
  const add = (pid: number, role: Role): void => {
    const residentBytes = residentOf(pid);
    if (residentBytes === undefined) return;
    const state = states.get(role) ?? { role, processes: 0, residentBytes: 0, descriptors: undefined };
    const descriptors = descriptorsOf(pid);
    states.set(role, {
      role,
      processes: state.processes + 1,
      residentBytes: state.residentBytes + residentBytes,
      descriptors: descriptors === undefined ? state.descriptors : (state.descriptors ?? 0) + descriptors,
    });
  };
  add(own, 'serving');
  // An orphan's parent is somebody else.
  if (nameOf(supervisor) === PROCESS_NAME) {
    add(supervisor, 'supervisor');
    for (const pid of childrenOf(supervisor)) if (pid !== own) add(pid, roleOf(nameOf(pid)));
  }
  return [...states.values()];
}

function roleOf(name: string): Role {
  if (name.startsWith(SPARE_NAME)) return 'spare';
  return name.startsWith(EDGE_NAME) ? 'draining' : 'program';
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function residentOf(pid: number): number | undefined {
  const pages = read(`/proc/${pid}/statm`)?.split(' ')[1];
  return pages === undefined ? undefined : Number(pages) * PAGE_BYTES;
}

function descriptorsOf(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string {
  return (read(`/proc/${pid}/cmdline`) ?? '').split('\0', 1)[0] ?? '';
}

function childrenOf(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`)?.trim() ?? '';
  return text === '' ? [] : text.split(' ').map(Number);
}
