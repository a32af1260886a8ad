#!/usr/bin/env node
/**
 * Start reading here. `drover` is used as httpd is: the words of the command line say which configuration is meant
 * (arguments.ts), the configuration is read and checked (load.ts), and then one thing is done with it: checked, shown,
 * started (start.ts), or the running drover told something (verbs.ts).
 *
 *   drover -f site.conf              a supervisor in the background      supervisor.ts
 *     └─ edge process                one per configuration               generation.ts, control.ts
 *          └─ worker threads         one per core, each a whole balancer serve.ts, pipeline.ts
 *
 * Exit codes as httpd's: 0 done, 1 anything else. Dumps go to standard output, all other words to standard error.
 */
import { ctlSocketOf } from './admin/ctl-socket.js';
import { type Arguments, parseArguments, USAGE } from './arguments.js';
import { runCert } from './cert/cert.js';
import { runCtl } from './ctl/ctl.js';
import { runTop } from './ctl/top.js';
import { runDemo } from './demo/demo.js';
import { messageOf } from './errors.js';
import { type Loaded, loadConfiguration } from './load.js';
import { migrate } from './migrate-httpd.js';
import { isDetachedCopy } from './process/daemon.js';
import { start } from './process/start.js';
import { isTakeover } from './process/takeover.js';
import { runVerb } from './process/verbs.js';
import { runReplay } from './replay/replay.js';
import type { Settings } from './settings.js';
import { buildText, directivesText, dumpText, notesText, staticModulesText, versionText } from './show.js';

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'ctl') return runCtl(argv.slice(1), { say, complain, socketOf });
  if (argv[0] === 'cert') return runCert(argv.slice(1), { say, complain, settingsOf, now: Date.now });
  if (argv[0] === 'top') return runTop(argv.slice(1), { say, complain, socketOf });
  if (argv[0] === 'replay')
    return runReplay(argv.slice(1), { say, complain, isTerminal: process.stderr.isTTY === true });
  if (argv[0] === 'migrate') return migrate(argv.slice(1), process.cwd(), { say, complain });
  const args = parseArguments(argv, process.cwd());
  switch (args.action) {
    case 'usage':
      if (args.problem) complain(`drover: ${args.problem}\n`);
      complain(USAGE);
      return 1;
    case 'help':
      return say(USAGE);
    case 'version':
      return say(versionText());
    case 'build':
      return say(buildText());
    case 'static-modules':
      return say(staticModulesText());
    case 'directives':
      return say(directivesText());
    case 'demo':
      return runDemo();
    case 'check':
    case 'dump':
    case 'run':
      return withConfiguration(args);
  }
}

async function withConfiguration(args: Arguments): Promise<number> {
  const loaded = loadConfiguration(args);
  if ('problem' in loaded) {
    complain(loaded.problem);
    return 1;
  }
  // The copy in the background was started by a command that has said them.
  if (!isDetachedCopy()) complain(loaded.warnings);
  if (args.action === 'check') return check(args, loaded);
  if (args.action === 'dump') return say(dumpText(loaded, args.defines));
  // A program that takes over was started with the words of the one before it, whatever they were.
  if (args.verb === 'start' || isTakeover()) return start(args, loaded);
  const hands = { say, complain, start: () => start(args, loaded) };
  return runVerb(args.verb, loaded.settings.pidFile, hands);
}

/** Where the drover of a configuration file has its control socket. */
function socketOf(file: string | undefined): string | { problem: string } {
  const settings = settingsOf(file);
  return 'problem' in settings ? settings : ctlSocketOf(settings);
}

function settingsOf(file: string | undefined): Settings | { problem: string } {
  const args = parseArguments(file === undefined ? [] : ['-f', file], process.cwd());
  const loaded = loadConfiguration(args);
  return 'problem' in loaded ? loaded : loaded.settings;
}

function check(args: Arguments, loaded: Loaded): number {
  if (args.isVerbose) complain(notesText(loaded.settings.notes));
  complain('Syntax OK\n');
  return 0;
}

function say(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

function complain(text: string): void {
  process.stderr.write(text);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  complain(`drover: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
