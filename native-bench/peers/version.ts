/** Asks a program for its version: the first match of pattern in what it says, or undefined when it does not run. */
import { spawnSync } from 'node:child_process';

export function versionOf(command: string, option: string, pattern: RegExp): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, [option], { encoding: 'utf8' });
  return status === 0 ? pattern.exec(`${stdout}${stderr}`)?.[1] : undefined;
}
