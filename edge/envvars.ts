/**
 * The variables that Debian's apache2ctl sets before it starts httpd: its configuration uses ${APACHE_RUN_DIR} and others,
 * which a shell script beside it, `envvars`, defines. Where such a script lies beside the configuration file it is run as
 * apache2ctl runs it, so that /etc/apache2/apache2.conf can be named directly. What the environment already has wins.
 * The script belongs to whoever owns the configuration, and is run with the rights of the command.
 *
 * Source: Debian's apache2ctl(8) and README. Command line, and the supervisor when it reads the configuration again.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const SHELL_LIMIT_MS = 5000;

/** Names taken from the script; all others are the shell's own business. */
const TAKEN = /^(APACHE_\w+|LANG)$/;

/**
 * The environment that a configuration file is read with.
 * file     absolute path of the configuration
 * returns  a copy of env, completed
 */
export function environmentFor(file: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const script = join(dirname(file), 'envvars');
  if (env['APACHE_RUN_DIR'] !== undefined || !existsSync(script)) return { ...env };
  const taken: NodeJS.ProcessEnv = {};
  for (const [name, value] of variablesOf(script, env)) if (TAKEN.test(name)) taken[name] = value;
  makeRuntimeFolder(taken['APACHE_RUN_DIR']);
  return { ...taken, ...env };
}

/** apache2ctl makes it too: it lies below /run, which is empty after a boot. The reader tells when it is still missing. */
function makeRuntimeFolder(folder: string | undefined): void {
  if (folder === undefined || existsSync(folder)) return;
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    // Not ours to make; DefaultRuntimeDir is then an error at its line.
  }
}

/** A script that fails leaves its variables unset; the configuration reader then names each one that it misses. */
function variablesOf(script: string, env: NodeJS.ProcessEnv): [string, string][] {
  try {
    const output = execFileSync('/bin/sh', ['-c', '. "$1" >/dev/null; exec env -0', 'sh', script], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: SHELL_LIMIT_MS,
    });
    return output
      .split('\0')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  } catch {
    return [];
  }
}
