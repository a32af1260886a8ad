/**
 * What an edge process runs: one generation, which is one configuration for the whole life of the process. It waits for
 * the supervisor's `start`, checks the native server before any thread loads it, hands everything to the control thread's
 * class, and ends by itself once told to. When the channel to the supervisor breaks (it was killed), the process
 * drains and ends too: an edge process never outlives its supervisor for long. Main thread of an edge process.
 */
import { Control } from '../control.js';
import { checkUwsBuild, uwsBinary } from '../engine/uws/uws-trust.js';
import { messageOf, stackOf } from '../errors.js';
import type { Ms, Settings } from '../settings.js';
import { endSoon } from './linger.js';
import type { GenerationMessage, SupervisorMessage } from './messages.js';
import { EDGE_NAME } from './pidfile.js';
import { openProcessLog, type ProcessLog } from './process-log.js';
import { ignoreSignals } from './signals.js';
import { redirectStandardOutput } from './standard-output.js';

/** How long an orphan may go on finishing requests. */
const ORPHAN_DRAIN: Ms = 10_000;
/** What it may take longer than that, before it ends itself. */
const OVERRUN: Ms = 2000;

type Start = Extract<SupervisorMessage, { type: 'start' }>;
type Order = Exclude<SupervisorMessage, { type: 'start' }>;

let control: Control | undefined;
/** All threads listen, and none was told to end. */
let isServing = false;
/** What arrived before the control existed. */
let early: Order | undefined;

function main(): void {
  ignoreSignals(onTerminate);
  process.on('message', (message: SupervisorMessage) => {
    if (message.type === 'start') void run(message);
    else obey(message);
  });
  process.once('disconnect', () => {
    if (control === undefined) process.exit(0);
    obey({ type: 'drain', deadline: Date.now() + ORPHAN_DRAIN, isLast: true });
    // A thread that stands still never says that it is done, and nobody is left who would end it.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_DRAIN + OVERRUN).unref();
  });
}

/** While it serves it asks for a successor first: who ends an edge process does not mean to end the service. */
function onTerminate(): void {
  if (isServing) void tell({ type: 'replace', reason: 'it got SIGTERM' });
  else obey({ type: 'drain', deadline: Infinity, isLast: true });
}

async function run(start: Start): Promise<void> {
  process.title = EDGE_NAME;
  let log: ProcessLog | undefined;
  try {
    const settings = redirectStandardOutput(start.settings);
    log = openProcessLog(settings);
    await serve(start, settings, log);
  } catch (error) {
    log?.log('core', 'crit', stackOf(error));
    await tell({ type: 'failed', message: messageOf(error) });
    process.exitCode = 1;
  }
  log?.close();
  endSoon((text) => process.stderr.write(`drover-edge ${process.pid}: ${text}\n`));
  // Nothing but the channel keeps the process now.
  process.removeAllListeners('disconnect');
  if (process.connected) process.disconnect();
}

async function serve(
  { threads, inheritance, carried, snapshot, kept, serveFile }: Start,
  settings: Settings,
  log: ProcessLog,
): Promise<void> {
  const warning = checkUwsBuild(uwsBinary());
  if (warning !== undefined) log.log('core', 'warn', warning);
  control = new Control({
    settings,
    threads,
    inheritance,
    kept,
    log,
    onKept: (text) => void tell({ type: 'kept', text }),
    onReplaceWish: (reason) => void tell({ type: 'replace', reason }),
    onCarry: () => void tell(carryOf(control)),
    onInvalidated: (what) => void tell({ type: 'invalidated', what }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(carried === undefined ? {} : { carried }),
    ...(serveFile === undefined ? {} : { serveFile }),
  });
  if (early !== undefined) obey(early);
  const outcome = await control.start();
  if ('problem' in outcome) {
    await tell({ type: 'failed', message: outcome.problem });
    process.exitCode = 1;
    return;
  }
  isServing = true;
  await tell({ type: 'serving', addresses: outcome.addresses, hasCache: control.cache !== undefined });
  await control.ended();
  await tell(carryOf(control));
}

function obey(order: Order): void {
  if (control === undefined) {
    early = order;
    return;
  }
  switch (order.type) {
    case 'drain':
      isServing = false;
      control.drain(order);
      return;
    case 'stop':
      isServing = false;
      control.stop();
      return;
    case 'reopen':
      control.reopenLogs();
      return;
    case 'restore':
      control.restore(order.text);
      return;
    case 'unready':
      control.unready();
      return;
    case 'carry':
      // The rows are looked at after the file is written: they are those of the latest moment.
      void tell({ hasSnapshot: control.saveCache(order.snapshot), ...carryOf(control) });
      return;
    case 'invalidated':
      control.dropCached(order.what);
      return;
    case 'late':
      control.addLate(order.before, order.after);
  }
}

function carryOf(from: Control | undefined): Extract<GenerationMessage, { type: 'carry' }> {
  return { type: 'carry', carried: from?.carry() ?? [], silent: from?.silentThreads().length ?? 0 };
}

/** Resolves when the channel has taken the message, or is gone. */
function tell(message: GenerationMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
}

main();
