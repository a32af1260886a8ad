/** Where the control socket lies: beside the PID file, which tells one drover from another. Any thread, and the command. */
import type { Settings } from '../settings.js';

/** `/run/drover.pid` → `/run/drover.ctl` */
export function ctlSocketOf({ pidFile }: Pick<Settings, 'pidFile'>): string {
  return `${pidFile.replace(/\.pid$/, '')}.ctl`;
}
