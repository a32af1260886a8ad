/**
 * Runs a group of cases: both servers on one configuration, each case's steps against both, and the observations laid
 * side by side. A group that is `fresh` starts its servers for each case; others share them from the first case to the
 * last and end with one more test that compares the two access logs line by line.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiffCase, DiffGroup, Observation, Step } from './case.js';
import { ClientConnection } from './client.js';
import { describeObservation, errorCodes, summary } from './compare.js';
import { droverOrTwin, isTwin } from './drover.js';
import { httpd, isHttpdInstalled } from './httpd.js';
import { normaliseLog } from './normalise.js';
import { isHealthCheck, plainAnswer } from './origins.js';
import { addMembers, certificate, expand, LENGTH, leavePlaces, makePlaces, type Places } from './places.js';
import { type ServerUnderTest, startServer } from './server.js';

interface Pair {
  judge: ServerUnderTest;
  tested: ServerUnderTest;
}

/** No case expects silence: this only ends what hangs. */
const PATIENCE = 50_000;
const LOOK_EVERY = 10;

/** Declares a group's tests. */
export function describeAlike(group: DiffGroup): void {
  describe(group.name, () => {
    before(function () {
      const reason = whyNot(group);
      if (reason === undefined) return;
      if (process.env['CI'] === 'true') throw new Error(`${reason}, and CI must not pass without it`);
      console.log(`    skipped: ${reason}`);
      this.skip();
    });
    if (group.refused !== undefined && !isTwin()) declareRefused(group, group.refused);
    else if (group.fresh === true) declareFresh(group);
    else declareShared(group);
  });
}

/** Why a group cannot run here, or undefined. */
function whyNot({ needs }: DiffGroup): string | undefined {
  if (!isHttpdInstalled()) return 'apache2 is not installed';
  return needs === undefined || existsSync(needs) ? undefined : `${needs} is missing`;
}

function declareRefused(group: DiffGroup, directives: string[]): void {
  it(`is refused by drover, which has no ${directives.join(', ')} yet`, async () => {
    const pair = startPair(group).then(leavePair);
    await assert.rejects(pair, (error: Error) => {
      for (const name of directives)
        assert.match(error.message, new RegExp(`${name} of httpd's .* is not supported by drover`));
      return true;
    });
  });
}

function declareFresh(group: DiffGroup): void {
  for (const one of group.cases) {
    it(one.name, async () => {
      const pair = await startPair(group);
      try {
        await runCase(one, group, pair);
        await stopPair(pair);
        if (group.loosely === undefined) await compareLogs(pair);
        if (one.errors !== undefined) await compareErrors(pair, one.errors);
      } finally {
        await leavePair(pair);
      }
    });
  }
}

function declareShared(group: DiffGroup): void {
  let pair: Pair | undefined;
  const started = (): Pair => pair ?? assert.fail('the servers did not start');
  before(async () => {
    pair = await startPair(group);
  });
  after(async () => {
    if (pair !== undefined) await leavePair(pair);
  });
  for (const one of group.cases) it(one.name, () => runCase(one, group, started()));
  if (group.loosely !== undefined) return;
  it('writes the same access log', async () => {
    await stopPair(started());
    await compareLogs(started());
  });
}

async function startPair(group: DiffGroup): Promise<Pair> {
  const shared = await certificate();
  const text = typeof group.config === 'string' ? group.config : group.config();
  const start = async (launch: typeof httpd): Promise<ServerUnderTest> => {
    const places = await makePlaces(shared);
    await addMembers(places, group.ajp ?? [], group.secured ?? {});
    return startServer(launch, text, places).catch(async (error: unknown) => {
      await leavePlaces(places);
      throw error;
    });
  };
  const [judge, tested] = await Promise.allSettled([
    start(httpd),
    start(droverOrTwin(group.engine ?? 'uws')),
  ]);
  if (judge.status === 'fulfilled' && tested.status === 'fulfilled')
    return { judge: judge.value, tested: tested.value };
  for (const result of [judge, tested]) {
    if (result.status !== 'fulfilled') continue;
    await result.value.stop();
    await leavePlaces(result.value.places);
  }
  throw judge.status === 'rejected' ? judge.reason : (tested as PromiseRejectedResult).reason;
}

async function stopPair({ judge, tested }: Pair): Promise<void> {
  await Promise.all([judge.stop(), tested.stop()]);
}

async function leavePair(pair: Pair): Promise<void> {
  await stopPair(pair);
  await Promise.all([leavePlaces(pair.judge.places), leavePlaces(pair.tested.places)]);
}

async function runCase(one: DiffCase, group: DiffGroup, { judge, tested }: Pair): Promise<void> {
  const [expected, actual] = await Promise.all([observe(one, judge), observe(one, tested)]);
  assert.deepEqual(
    expected.map(summary),
    one.expect,
    `httpd itself does not do what the case expects (${judge.name})`,
  );
  one.check?.(expected);
  const steps = one.steps.flatMap((step) => [step, ...(step.beside ?? [])]);
  const engine = group.engine ?? 'uws';
  const lines = (server: ServerUnderTest, seen: Observation[]): string[] =>
    seen.flatMap((observation, index) => [
      `step ${index + 1}: ${steps[index]?.method}`,
      ...(group.loosely === undefined
        ? describeObservation(observation, steps[index] as Step, engine, server.places)
        : [summary(observation)]),
    ]);
  assert.deepEqual(
    lines(tested, actual),
    lines(judge, expected),
    `${tested.name} (actual) differs from httpd (expected)`,
  );
}

async function observe(one: DiffCase, server: ServerUnderTest): Promise<Observation[]> {
  const { origins, ajp } = server.places;
  const members = [origins, ...ajp];
  const script = one.script?.() ?? plainAnswer;
  for (const each of members) {
    each.drain();
    each.follow(script);
  }
  const kept = new Map<string, ClientConnection>();
  // What a case keeps of one answer for its later steps is its own.
  const here = { ...server.places, names: new Map(server.places.names) };
  const observations: Observation[] = [];
  try {
    for (const step of one.steps) {
      const all = [step, ...(step.beside ?? [])];
      const responses = await takeTogether(all, here, kept);
      // Probes of mod_proxy_hcheck come on their own time and are no part of any step.
      const arrived = members.flatMap((each) => each.drain());
      const seen = arrived.filter(({ line }) => !isHealthCheck(line));
      observations.push(...responses.map((response, index) => ({ response, seen: index === 0 ? seen : [] })));
    }
  } finally {
    for (const connection of kept.values()) await connection.leave();
  }
  return observations;
}

/**
 * Takes steps beside each other. Each begins when the one before it has been answered or is held by a member, so that none
 * overtakes another; what members hold is let go when the last has come so far.
 */
async function takeTogether(
  steps: readonly Step[],
  places: Places,
  kept: Map<string, ClientConnection>,
): Promise<Observation['response'][]> {
  const { origins } = places;
  const responses: Promise<Observation['response']>[] = [];
  for (const step of steps) {
    const { held } = origins;
    const response = take(step, places, kept);
    responses.push(response);
    const isOver = response.then(
      () => true,
      () => true,
    );
    const isAnswered = (): Promise<boolean> => Promise.race([isOver, sleep(LOOK_EVERY, false)]);
    while (origins.held === held && !(await isAnswered()));
  }
  origins.release();
  return Promise.all(responses);
}

/** Waits until members have been asked, or the error log says, what a step wants before it; in vain not for ever. */
async function untilReady({ checks, logs }: Step, { origins, root }: Places): Promise<void> {
  const before = origins.checks();
  const areChecked = (): boolean =>
    checks === undefined || origins.checks().some((count, index) => count >= (before[index] ?? 0) + checks);
  const log = join(root, 'logs/error.log');
  const isLogged = async (): Promise<boolean> =>
    logs === undefined || (await readFile(log, 'utf8')).split(logs.text).length > logs.times;
  const end = Date.now() + PATIENCE;
  while (Date.now() < end && !(areChecked() && (await isLogged()))) await sleep(LOOK_EVERY);
}

async function take(
  step: Step,
  places: Places,
  kept: Map<string, ClientConnection>,
): Promise<Observation['response']> {
  await untilReady(step, places);
  if (step.after !== undefined) await sleep(step.after);
  const port = places.ports.get(step.to ?? 'LISTEN') ?? 0;
  const known = step.on === undefined ? undefined : kept.get(step.on);
  const connection = known ?? (await ClientConnection.open({ port, tls: step.tls }));
  if (step.on !== undefined) kept.set(step.on, connection);
  const sent = expand(step.send, places);
  const length = sent.length - sent.indexOf('\r\n\r\n') - 4;
  connection.send(Buffer.from(sent.replace(LENGTH, `${length}`), 'latin1'));
  const response = await connection.receive(step.method, PATIENCE);
  if (step.on === undefined) await connection.leave();
  for (const [name, pattern] of Object.entries(step.keep ?? {})) {
    const [, value] =
      pattern.exec(response.body.toString('latin1')) ?? assert.fail(`no ${pattern} in the answer`);
    places.names.set(name, value ?? '');
  }
  return response;
}

async function compareLogs({ judge, tested }: Pair): Promise<void> {
  const [expected, actual] = await Promise.all([judge.accessLog(), tested.accessLog()]);
  assert.deepEqual(
    normaliseLog(actual, tested.places),
    normaliseLog(expected, judge.places),
    `access log of ${tested.name} (actual) differs from httpd's (expected)`,
  );
}

async function compareErrors({ judge, tested }: Pair, wanted: string[]): Promise<void> {
  const [expected, actual] = await Promise.all([judge.errorLog(), tested.errorLog()]);
  assert.deepEqual(
    errorCodes(expected),
    wanted,
    'httpd itself does not write the codes that the case expects',
  );
  assert.deepEqual(errorCodes(actual), wanted, `error log of ${tested.name}`);
}
