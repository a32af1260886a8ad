/**
 * What management pages look at: the settings, the scoreboard, and who asks. Each worker thread has one, and so has the
 * control thread; all that they show lies in shared memory, so that they all show the same.
 */
import type { LiveSettings } from '../../workers/live-settings.js';
import type { Scoreboard } from '../../workers/scoreboard.js';
import type { Ms, Settings } from '../settings.js';

export interface Overview {
  settings: Settings;
  board: Scoreboard;
  /** Balancers and members as they are now. */
  live: LiveSettings;
  /** Worker threads of this edge process. */
  threads: number;
  /** When this edge process was started, ms since the epoch. */
  startedAt: Ms;
}
