/** What generations.ts is given by the supervisor, and the words between the two. Supervisor process. */
import type { Severity } from '../log/severity.js';
import type { Ms } from '../settings.js';
import type { HeldSocket } from './held-sockets.js';
import type { Link } from './link.js';
import type { Estate } from './takeover.js';

/** Sockets and knowledge of the supervisor before this one. */
export interface Inherited {
  sockets: HeldSocket[];
  estate: Estate;
  predecessor: Link;
}

export interface GenerationsOptions {
  threads: number;
  /** How long a generation has served before there is a spare; undefined: there is none. */
  spareWait?: Ms | undefined;
  say(module: string, severity: Severity, message: string): void;
  /** Nothing serves at the moment, or something does again. */
  onService(isServing: boolean, status: string): void;
  /** Only tests name another than serve.js. */
  serveFile?: string;
  /** Live changes from before the start; empty for none. */
  kept?: string;
  /** What another supervisor has handed over. */
  inherits?: Inherited | undefined;
  /** Live changes of the current generation have changed. */
  onKept?: (text: string) => void;
}

/** drain: finish requests within a time; patient-drain: within GracefulShutdownTimeout alone; stop: cut them. */
export type EndManner = 'drain' | 'patient-drain' | 'stop';
