/**
 * The Server field by ServerTokens: set once when a thread starts, read by every response that needs it.
 * Source: httpd 2.4 core "ServerTokens".
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.js';

/** Version of this build, from package.json: `0.1.0`. */
export function versionOf(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

let current = 'drover';

/** Value of the Server field in this thread. */
export function serverField(): string {
  return current;
}

export function setServerTokens(tokens: Settings['serverTokens']): void {
  current = serverToken(tokens);
}

export function serverToken(tokens: Settings['serverTokens']): string {
  const version = versionOf();
  const [major, minor] = version.split('.');
  switch (tokens) {
    case 'Prod':
      return 'drover';
    case 'Major':
      return `drover/${major ?? '0'}`;
    case 'Minor':
      return `drover/${major ?? '0'}.${minor ?? '0'}`;
    case 'Minimal':
      return `drover/${version}`;
    case 'OS':
    case 'Full':
      return `drover/${version} (${process.platform === 'linux' ? 'Linux' : process.platform})`;
  }
}
