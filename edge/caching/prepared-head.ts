/**
 * The head of a stored response, ready to be sent: made when an object is first sent by a thread and again when its age
 * has gone up by a second, so that a hit costs neither a list of fields nor a text. Kept with the object's entry from the second
 * hit in this thread on: of a large cache most entries see no second one before they leave the thread's index again.
 * Thread: worker.
 */
import { ageOf } from '../../cache/freshness.js';
import type { Entry } from '../../cache/memory/entry.js';
import { joinHead } from '../engine/uws/uws-framing.js';
import type { Fields, PreparedHead } from '../exchange.js';
import type { Request } from '../request.js';
import { addMarks } from './marks.js';
import type { PlaceRules } from './runtime.js';

interface Kept {
  head: PreparedHead;
  age: number;
  rules: PlaceRules;
}

/** It was hit once. */
const SEEN = 'seen';

/** The head of a fresh hit. now: ms since the epoch */
export function preparedHead(entry: Entry, r: Request, rules: PlaceRules, now: number): PreparedHead {
  const age = Math.floor(ageOf(entry.meta, now) / 1000);
  const kept = entry.prepared as Kept | typeof SEEN | undefined;
  if (kept !== undefined && kept !== SEEN && kept.age === age && kept.rules === rules) return kept.head;
  const fields = hitFields(entry, age);
  if (rules.isMarked) addMarks(fields, r, rules, hitStory(entry, now));
  const head = prepare(entry.meta.status, entry.meta.reason, fields);
  entry.prepared = kept === undefined ? SEEN : ({ head, age, rules } satisfies Kept);
  return head;
}

/** Stored fields and Age, as a list of the caller's own. age: seconds */
export function hitFields(entry: Entry, age: number): Fields {
  const fields = entry.meta.fields.slice();
  fields.push('Age', String(age));
  return fields;
}

export function hitStory(entry: Entry, now: number): { result: 'HIT'; detail: string; status: string } {
  const left = Math.floor((entry.meta.lifetime - ageOf(entry.meta, now)) / 1000);
  return { result: 'HIT', detail: 'cache hit', status: `hit; ttl=${left}` };
}

function prepare(status: number, reason: string, fields: Fields): PreparedHead {
  const block = Buffer.from(joinHead(`${status} ${reason}`, fields, false));
  return { status, reason, fields, block };
}
