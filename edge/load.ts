/**
 * From the command line's words to settings: the environment is completed, the configuration read and checked, and what
 * there is to say about it made into text. The command does this before it does anything else, the supervisor again on
 * each SIGHUP and SIGUSR1.
 */
import type { MemberSettings } from '../workers/member.js';
import type { Arguments } from './arguments.js';
import { memberOfLine } from './config/directives/member-settings.js';
import { type IncludedFile, readConfiguration } from './config/read.js';
import { environmentFor } from './envvars.js';
import type { Settings } from './settings.js';

export interface Loaded {
  settings: Settings;
  /** The environment that the configuration was read with. */
  env: NodeJS.ProcessEnv;
  /** For standard error; empty, or lines with their newlines. */
  warnings: string;
  includes: IncludedFile[];
}

/** returns  settings, or the whole error text */
export function loadConfiguration(args: Arguments): Loaded | { problem: string } {
  const env = environmentFor(args.file, process.env);
  const { file, serverRoot, defines, before, after } = args;
  const result = readConfiguration({ file, serverRoot, defines, before, after, env, program: 'drover' });
  const warnings = result.warnings.map((line) => `${line.trimEnd()}\n`).join('');
  if (result.errors !== undefined) {
    return { problem: `${warnings}${result.text(process.stderr.isTTY)}` };
  }
  return { settings: result.settings, env, warnings, includes: result.includes };
}

/** A member as a BalancerMember line gives it, for one that is added while drover runs; or why it cannot be. */
export function memberOfUrl(
  url: string,
  words: readonly string[],
  at: string,
  { modules, healthExpressions }: Pick<Settings, 'modules' | 'healthExpressions'>,
): MemberSettings | string {
  const hasChecks = modules.some(({ name }) => name === 'proxy_hcheck_module');
  return memberOfLine(url, words, at, hasChecks ? new Map(Object.entries(healthExpressions)) : undefined);
}
