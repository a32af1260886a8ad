/**
 * Regular expressions that cannot hold a worker, whatever a client sends. Three kinds:
 *
 *   linear    V8 goes over to its linear engine by itself when one backtracks too much (generation-process.ts asks for
 *             that), on subjects of any length. These are nearly all.
 *   short     what that engine cannot do (looking around, references, `(?>…)`, counts above 16), on a subject so short that
 *             even the worst case is over in milliseconds.
 *   timed     the same on longer subjects: run with a limit. What takes longer counts as no match, as in httpd, where
 *             PCRE gives up after so many steps.
 *
 * Measured: a run with a limit costs 0.14 ms, because a thread watches it. Thread: worker; nothing here throws.
 */
import v8 from 'node:v8';
import vm from 'node:vm';

/** Steps that the worst case may take without a limit: some milliseconds. */
const FREE_STEPS = 1_000_000;
const LIMIT_MS = 50;
/** Characters of a subject for which even 2ⁿ ways to fail are few. */
const SHORT = 16;

/** Makes a RegExp of a translated pattern. errors  SyntaxError, which no translated pattern causes */
export function boundedRegExp(source: string, flags = ''): RegExp {
  const bound = boundOf(source);
  if (bound === Number.POSITIVE_INFINITY || isLinear(source, flags)) return new RegExp(source, flags);
  return new TimedRegExp(source, flags, bound);
}

/** Hears of patterns that were given up, once each; one hearer a thread. */
export function hearGivenUp(hearer: (source: string) => void): void {
  onGivenUp = hearer;
}

let onGivenUp: (source: string) => void = () => {};

let canAsk = false;

/** Can V8's linear engine run it? Asked by the flag `l`, which V8 takes once it has been told to. */
function isLinear(source: string, flags: string): boolean {
  if (!canAsk) v8.setFlagsFromString('--enable-experimental-regexp-engine');
  canAsk = true;
  try {
    new RegExp(source, `${flags}l`);
    return true;
  } catch {
    return false;
  }
}

class TimedRegExp extends RegExp {
  readonly #bound: number;
  #hasTold = false;

  constructor(source: string, flags: string, bound: number) {
    super(source, flags);
    this.#bound = bound;
  }

  override exec(subject: string): RegExpExecArray | null {
    if (subject.length <= this.#bound) return super.exec(subject);
    const found = runTimed(() => super.exec(subject));
    if (found !== undefined) return found;
    if (!this.#hasTold) onGivenUp(this.source);
    this.#hasTold = true;
    return null;
  }
}

const ROOM: { run: (() => unknown) | undefined } = { run: undefined };
let timed: { script: vm.Script; context: vm.Context } | undefined;

/** undefined: it took too long */
function runTimed(run: () => RegExpExecArray | null): RegExpExecArray | null | undefined {
  timed ??= { script: new vm.Script('run()'), context: vm.createContext(ROOM) };
  ROOM.run = run;
  try {
    return timed.script.runInContext(timed.context, { timeout: LIMIT_MS }) as RegExpExecArray | null;
  } catch {
    return undefined;
  } finally {
    ROOM.run = undefined;
  }
}

/**
 * Length of subjects on which a pattern takes few steps in the worst case: a repetition is one more walk over the subject,
 * a repetition of something that can match in several ways doubles them with each character.
 */
export function boundOf(source: string): number {
  const groups: { hasChoice: boolean }[] = [{ hasChoice: false }];
  let walks = 0;
  let isNested = false;
  // What a quantifier behind the current place would repeat.
  let last = { hasChoice: false };
  for (const [token, quantifier] of source.matchAll(TOKEN)) {
    const group = groups.at(-1);
    if (quantifier !== undefined) {
      if (!/^(?:\?|\{[01]?,?1\})/.test(quantifier)) isNested ||= last.hasChoice;
      if (/^[*+]|,\}/.test(quantifier)) walks += 1;
      if (group !== undefined) group.hasChoice = true;
    } else if (token.startsWith('(')) groups.push({ hasChoice: false });
    else if (token === ')') {
      last = groups.pop() ?? last;
      const outer = groups.at(-1);
      if (outer !== undefined) outer.hasChoice ||= last.hasChoice;
    } else {
      if (token === '|' && group !== undefined) group.hasChoice = true;
      last = { hasChoice: false };
    }
  }
  if (isNested) return SHORT;
  return walks === 0 ? Number.POSITIVE_INFINITY : Math.round(FREE_STEPS ** (1 / (walks + 1)));
}

/** A class, an escape, a quantifier, the opening of a group, any other character. */
const TOKEN = /\[(?:\\.|[^\]\\])*\]|\\.|([*+?]|\{\d*,?\d*\})\??|\((?:\?(?:[:=!]|<[=!]|<\w+>))?|[\s\S]/gs;
