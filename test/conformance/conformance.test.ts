/**
 * Holds the cache to RFC 9111 and its neighbours, row by row, through real sockets and the whole process, on both engines. A
 * row has a path of its own, so that all share one drover and one member.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Appliance } from '../reg/appliance.js';
import { RawOrigin, type RawRequest } from '../reg/raw-origin.js';
import { CHANGE } from './change.js';
import { FRESHNESS } from './freshness.js';
import { REUSE } from './reuse.js';
import type { MemberAnswer, Row, Step } from './row.js';
import { STORING } from './storing.js';
import { VALIDATION } from './validation.js';

const ROWS: readonly Row[] = [...STORING, ...FRESHNESS, ...REUSE, ...VALIDATION, ...CHANGE];

/** Dates and paths in a field's text; dates of one message are counted from one moment. */
function expand(text: string, path: string, now = Date.now()): string {
  return text
    .replace(/\{now([+-]\d+)\}/g, (_, seconds: string) =>
      new Date(now + Number(seconds) * 1000).toUTCString(),
    )
    .replace(/\{rfc850\+(\d+)\}/g, (_, seconds: string) => rfc850(new Date(now + Number(seconds) * 1000)))
    .replace('{path}', path);
}

function rfc850(date: Date): string {
  const [, day = '', month = '', year = '', time = ''] = date.toUTCString().split(' ');
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  return `${days[date.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
}

class Member {
  readonly seen: RawRequest[] = [];
  #turn = 0;
  readonly #answers: MemberAnswer[];
  readonly #path: string;

  constructor(answers: MemberAnswer[], path: string) {
    this.#answers = answers;
    this.#path = path;
  }

  answer(socket: Socket, request: RawRequest): void {
    this.seen.push(request);
    const one = this.#answers[Math.min(this.#turn, this.#answers.length - 1)] ?? { fields: [] };
    this.#turn += 1;
    if (one.lost === true) {
      socket.destroy();
      return;
    }
    for (const { status, fields } of one.interim ?? [])
      socket.write(`HTTP/1.1 ${status} Wait\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`);
    const { status = 200, body = String(this.#turn), cut, beyond = '', coding } = one;
    const isHead = request.head.line.startsWith('HEAD ');
    const isBodyless = status === 204 || status === 304;
    const now = Date.now();
    const lines = [`HTTP/1.1 ${status} Said`, ...one.fields.map((field) => expand(field, this.#path, now))];
    if (coding !== undefined) lines.push(`Transfer-Encoding: ${coding}`);
    else if (!isBodyless) lines.push(`Content-Length: ${body.length}`);
    const sent = isHead || isBodyless ? '' : body.slice(0, cut) + beyond;
    socket.write(`${lines.join('\r\n')}\r\n\r\n${sent}`, 'latin1');
    if (cut !== undefined || coding !== undefined) socket.end();
  }
}

function headersOf(fields: readonly string[], path: string): Record<string, string> {
  return Object.fromEntries(
    fields.map((field) => {
      const at = field.indexOf(': ');
      return [field.slice(0, at), expand(field.slice(at + 2), path)];
    }),
  );
}

function checkShown(answer: Answer, shows: readonly string[], sentence: string): void {
  for (const shown of shows) {
    if (shown.startsWith('!')) {
      assert.equal(answer.headers[shown.slice(1).toLowerCase()], undefined, `${sentence}: ${shown}`);
      continue;
    }
    const at = shown.indexOf(': ');
    const value = answer.headers[shown.slice(0, at).toLowerCase()];
    assert.match(
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
      new RegExp(shown.slice(at + 2)),
      `${sentence}: ${shown}`,
    );
  }
}

function checkOrigin(step: Step, seen: readonly RawRequest[], sentence: string): void {
  if (step.from === 'cache') {
    assert.equal(seen.length, 0, `${sentence}: the member was asked`);
    return;
  }
  assert.ok(seen.length > 0, `${sentence}: the member was not asked`);
  const isConditional = seen[0]?.head.fields.some(([name]) =>
    /^if-(?:none-match|modified-since)$/i.test(name),
  );
  const isOwn = step.fields.some((field) => /^if-/i.test(field));
  if (step.from === 'validated') assert.equal(isConditional, true, `${sentence}: without a condition`);
  else if (!isOwn) assert.equal(isConditional, false, `${sentence}: with a condition`);
}

for (const engine of ['uws', 'node'] as const) {
  describe(`the cache on the ${engine} engine`, function () {
    this.timeout(60_000);
    let origin: RawOrigin;
    let drover: Appliance;
    const members = new Map<string, Member>();

    before(async () => {
      origin = await RawOrigin.start((socket, request) => {
        const path = /^\S+ (\/row\d+)/.exec(request.head.line)?.[1] ?? '';
        const member = members.get(path);
        if (member === undefined) socket.destroy();
        else member.answer(socket, request);
      });
      drover = await Appliance.start(
        [
          'CacheMemorySize 16M',
          'CacheEnable memory /',
          'ProxyPreserveHost On',
          `ProxyPass / http://127.0.0.1:${origin.port}/`,
        ].join('\n'),
        { engine },
      );
    });
    after(async () => {
      await drover.stop();
      await origin.stop();
    });

    for (const [index, { section, what, answers, steps }] of ROWS.entries()) {
      it(`${section}: ${what}`, async () => {
        const path = `/row${index}`;
        const member = new Member(answers, path);
        members.set(path, member);
        for (const [turn, step] of steps.entries()) {
          const sentence = `step ${turn + 1}, ${step.method}`;
          if (step.after !== undefined) await sleep(step.after);
          const before = member.seen.length;
          const ask = (): Promise<Answer> =>
            drover.ask(path + (step.below ?? ''), {
              method: step.method,
              headers: headersOf(step.fields, path),
            });
          for (let tries = 0; step.isAwaited === true && tries < 500; tries += 1) {
            if ((await ask()).body === step.body) break;
            await sleep(20);
          }
          const asking = ask();
          if (step.status === 0) {
            await assert.rejects(asking, `${sentence}: the answer is whole`);
            continue;
          }
          const answer = await asking;
          // What is asked behind the client's back is asked at once, but on its own way.
          for (let wait = 0; step.from !== 'cache' && member.seen.length === before && wait < 2000; wait += 1)
            await sleep(10);
          checkOrigin(step, member.seen.slice(before), sentence);
          if (step.hears !== undefined) assert.deepEqual(answer.interim, step.hears, sentence);
          if (step.status !== undefined) assert.equal(answer.status, step.status, sentence);
          if (step.body !== undefined) assert.equal(answer.body, step.body, sentence);
          checkShown(answer, step.shows ?? [], sentence);
        }
      });
    }
  });
}

describe('the table of requirements', () => {
  it('has at least 150 rows, each with its section and different from the others', () => {
    assert.ok(ROWS.length >= 150, `${ROWS.length} rows`);
    assert.equal(new Set(ROWS.map(({ section, what }) => `${section} ${what}`)).size, ROWS.length);
  });
});
