/**
 * How many worker threads an edge process runs: as many as the scheduler lets it use, which honours a container's CPU
 * affinity, unless DROVER_THREADS says otherwise. -X makes it one. Read once, by the command that starts.
 */
import { availableParallelism } from 'node:os';
import { EdgeError } from '../errors.js';

const MOST = 256;

/** errors  EdgeError E_THREADS */
export function threadCount(env: NodeJS.ProcessEnv, isSingle: boolean): number {
  if (isSingle) return 1;
  const value = env['DROVER_THREADS'];
  if (value === undefined || value === '') return availableParallelism();
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > MOST) throw new EdgeError('E_THREADS', { value });
  return count;
}
