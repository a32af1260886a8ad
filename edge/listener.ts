/** One address that an engine accepts on, with the vhosts that may answer there. Thread: worker. */
import type { VhostTable } from './route/vhost.js';
import type { Listen } from './settings.js';

export interface Listener {
  listen: Listen;
  vhosts: VhostTable;
  /** The address speaks TLS. */
  isSecure: boolean;
}
