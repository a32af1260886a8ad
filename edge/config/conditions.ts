/**
 * The sections that decide, while reading, whether their content is read at all: <IfModule>, <IfDefine>, <IfFile>,
 * <IfDirective>, <IfSection>, <IfVersion>. What is skipped is not looked at but for the nesting of its sections.
 *
 * Source: httpd 2.4 manual, core and mod_version; corner cases from a running httpd.
 */
import { statSync } from 'node:fs';
import { translateRegex } from '../expr/regex.js';
import { knownWord } from './known.js';
import { splitWords } from './lexer.js';

/** The version of httpd whose behaviour this is; what <IfVersion> compares with. */
export const HTTPD_VERSION = '2.4.71';

/** What the conditions ask about. */
export interface ConditionState {
  isModuleLoaded(name: string): boolean;
  isDefined(name: string): boolean;
  /** Is it a directive here, by itself or of httpd's? */
  isDirective(name: string): boolean;
  resolve(path: string): string;
}

export const CONDITIONS: ReadonlySet<string> = new Set([
  'ifmodule',
  'ifdefine',
  'iffile',
  'ifdirective',
  'ifsection',
  'ifversion',
]);

/** Text of a fault in a condition, in httpd's words. */
export class ConditionError extends Error {}

/**
 * name      in lower case, one of CONDITIONS
 * argument  all between the name and the closing `>`
 * errors    ConditionError
 */
export function decideCondition(name: string, argument: string, state: ConditionState): boolean {
  if (name === 'ifversion') return decideVersion(argument);
  const isNegated = argument.trimStart().startsWith('!');
  const rest = isNegated ? argument.trimStart().slice(1) : argument;
  // httpd takes all of <IfDefine a b> as one name, but the first word of the others.
  const word = name === 'ifdefine' ? rest.trim() : splitWords(rest)[0]?.text;
  return decide(name, word ?? '', state) !== isNegated;
}

function decide(name: string, word: string, state: ConditionState): boolean {
  switch (name) {
    case 'ifmodule':
      return state.isModuleLoaded(word);
    case 'ifdefine':
      return state.isDefined(word);
    case 'iffile':
      return statSync(state.resolve(word), { throwIfNoEntry: false }) !== undefined;
    case 'ifdirective':
      return state.isDirective(word);
    default:
      return knownWord(`<${word}`) !== undefined;
  }
}

const VERSION = /^\d+(\.\d+){0,2}$/;
const INVALID_VERSION =
  'Version appears to be invalid. It must have the format major[.minor[.patch]] where major, minor and patch are numbers.';

function decideVersion(argument: string): boolean {
  const words = splitWords(argument);
  let operator = words.length > 1 ? (words[0]?.text ?? '') : '';
  let version = words[words.length > 1 ? 1 : 0]?.text ?? '';
  const isNegated = operator.startsWith('!');
  if (isNegated) operator = operator.slice(1);
  const slashed = version.length > 1 && version.startsWith('/') && version.endsWith('/');
  if (slashed && ['', '=', '=='].includes(operator)) {
    version = version.slice(1, -1);
    operator = '~';
  }
  if (operator === '~') return matchesVersion(version) !== isNegated;
  if (!['', '=', '==', '>', '>=', '<', '<='].includes(operator)) {
    throw new ConditionError(`unrecognized operator '${isNegated ? '!' : ''}${operator}'`);
  }
  if (!VERSION.test(version)) throw new ConditionError(INVALID_VERSION);
  const order = compareVersions(HTTPD_VERSION, version);
  const isEqual = order === 0 && operator !== '>' && operator !== '<';
  const isGreater = order > 0 && operator.startsWith('>');
  const isLess = order < 0 && operator.startsWith('<');
  return (isEqual || isGreater || isLess) !== isNegated;
}

function matchesVersion(pattern: string): boolean {
  try {
    const regex = translateRegex(pattern, '');
    return new RegExp(regex.source, regex.flags).test(HTTPD_VERSION);
  } catch {
    throw new ConditionError('Unable to compile regular expression');
  }
}

/** Missing parts of a version count as 0. */
function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let at = 0; at < 3; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
