/**
 * How many words a directive takes, and what httpd says when there are others. An empty pair of quotes counts as a word
 * that is missing, as in httpd; On/Off directives look at their first word only.
 *
 * Source: httpd 2.4, the argument shapes of command tables; messages from a running httpd.
 */
import type { Arity, Word } from './table.js';

/** How many words at least and at most, and httpd's words for it. */
const COUNTS: Readonly<Record<Exclude<Arity, 'flag' | 'raw'>, readonly [number, number, string]>> = {
  none: [0, 0, 'takes no arguments'],
  take1: [1, 1, 'takes one argument'],
  take2: [2, 2, 'takes two arguments'],
  take3: [3, 3, 'takes three arguments'],
  take12: [1, 2, 'takes 1-2 arguments'],
  take13: [1, 3, 'takes one or three arguments'],
  take23: [2, 3, 'takes two or three arguments'],
  take123: [1, 3, 'takes one, two or three arguments'],
  iterate: [1, Number.POSITIVE_INFINITY, 'requires at least one argument'],
  iterate2: [2, Number.POSITIVE_INFINITY, 'requires at least two arguments'],
};

/**
 * name    as httpd spells the directive
 * usage   httpd's words after the comma; empty for none
 * returns httpd's message, or undefined when the number of words is right
 */
export function argumentFault(
  name: string,
  arity: Arity,
  usage: string,
  words: readonly Word[],
): string | undefined {
  if (arity === 'raw') return undefined;
  if (arity === 'flag') {
    const value = words[0]?.text.toLowerCase();
    return value === 'on' || value === 'off' ? undefined : `${name} must be On or Off`;
  }
  const [least, most, text] = COUNTS[arity];
  const firstEmpty = words.findIndex((word) => word.text === '');
  // The optional words of take12 and its like may be empty, the required ones not.
  const given = firstEmpty >= 0 && firstEmpty < least ? firstEmpty : words.length;
  const isWrong = given < least || given > most || (arity === 'take13' && given === 2);
  return isWrong ? `${name} ${text}${usage === '' ? '' : `, ${usage}`}` : undefined;
}
