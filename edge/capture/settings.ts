/** What EdgeCapture says of a server, as plain data. Filled by edge/config/directives/edge-capture.ts. */
import type { Bytes } from '../settings.js';

export interface CaptureSettings {
  /** Absolute. */
  file: string;
  /** The file is put aside when it is so long; so many files are there at the most, this one included. */
  size: Bytes;
  files: number;
  /** Of the requests, 0 to 1. */
  share: number;
  /** Longest body that is kept; 0: none is. */
  body: Bytes;
  /** Names in lower case of fields and parameters that are masked besides the usual ones. */
  mask: string[];
}
