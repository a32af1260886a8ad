/**
 * A requirement of RFC 9111 and its neighbours as data: the section, a sentence, what the member answers in turn, and what a
 * client asks in turn with where each answer has to come from.
 */

/** What the member answers; the body says which answer it was. */
export interface MemberAnswer {
  status?: number;
  /** `Name: value` lines; {now+N} and {now-N} are dates, N seconds away. */
  fields: string[];
  body?: string;
  /** It closes the connection instead. */
  lost?: boolean;
  /** Interim responses before it. */
  interim?: { status: number; fields: string[] }[];
  /** Bytes that follow the body, which no length announces. */
  beyond?: string;
  /** The connection is cut after so many bytes of the body. */
  cut?: number;
  /** Transfer-Encoding in place of a length: the body ends with the connection. */
  coding?: string;
}

export interface Step {
  method: string;
  /** `Name: value` lines. */
  fields: string[];
  /** cache: the member sees nothing. member: it is asked plainly. validated: it is asked with a condition of the cache's. */
  from: 'cache' | 'member' | 'validated';
  status?: number;
  /** Of the answer: `Name: ` followed by a regular expression of the value; `!Name` for a field that must not be there. */
  shows?: string[];
  body?: string;
  /** Statuses of the interim responses that have to come before it. */
  hears?: number[];
  /** Path below the row's own; empty for the row's. */
  below?: string;
  /** ms to wait before. */
  after?: number;
  /** It is asked again until the body is the one that is wanted: what goes on behind an answer takes its time. */
  isAwaited?: boolean;
}

export interface Row {
  section: string;
  what: string;
  answers: MemberAnswer[];
  steps: Step[];
}

type More = Partial<Omit<Step, 'from'>>;

function step(from: Step['from']): (fields?: string[], more?: More) => Step {
  return (fields = [], more = {}) => ({ method: 'GET', fields, from, ...more });
}

export const hit = step('cache');
export const miss = step('member');
export const validated = step('validated');

/** An answer of 200 with these fields. */
export function ok(...fields: string[]): MemberAnswer {
  return { fields };
}

export function row(section: string, what: string, answers: MemberAnswer[], ...steps: Step[]): Row {
  return { section, what, answers, steps };
}

/** The second request for it is answered from the cache, or has to go to the member. */
export function reused(section: string, what: string, ...fields: string[]): Row {
  return row(section, what, [ok(...fields)], miss(), hit());
}

export function notReused(section: string, what: string, ...fields: string[]): Row {
  return row(section, what, [ok(...fields)], miss(), miss());
}

/** Stale when it comes, but stored: an age beyond its lifetime. */
export const STALE = ['Cache-Control: max-age=10', 'Age: 100'];
export const FRESH = 'Cache-Control: max-age=100';
