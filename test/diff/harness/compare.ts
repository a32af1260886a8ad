/**
 * Turns what was observed of one server into lines of text that can be laid beside the other's, and into the short
 * summary that a case's expectation is written in. Lines, because a reader of a failed case sees the difference at once.
 */
import { createHash } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Observation, Step } from './case.js';
import { type FieldList, fieldValue } from './message.js';
import { normaliseFields, normaliseText } from './normalise.js';
import type { Places } from './places.js';
import type { Engine } from './server.js';

const BODY_SHOWN = 4000;

/**
 * `status` of the response and, after a blank, the members that saw the step's requests, joined by `+`; `-` for none.
 * No status line: `closed` or `silent`. A body that ended early adds `cut`. Examples: `200 web1`, `503 -`, `closed web2`.
 */
export function summary({ response, seen }: Observation): string {
  const members = seen.map(({ member }) => member).join('+') || '-';
  const status = response.status === 0 ? response.after : `${response.status}`;
  return `${status} ${members}${response.isCut ? ' cut' : ''}`;
}

/** One observation as lines, normalised. */
export function describeObservation(
  observation: Observation,
  { method, reads }: Step,
  engine: Engine,
  places: Places,
): string[] {
  const { response, seen } = observation;
  const context = { method, engine, status: response.status };
  const lines = [`> ${[response.version, response.status, response.reason].join(' ').trim()}`];
  if (response.handshake !== undefined) lines.push(`> tls ${response.handshake}`);
  if (response.interim.length > 0) lines.push(`> interim ${response.interim.join(' ')}`);
  for (const [name, value] of normaliseFields(response.fields, 'response', context, places))
    if (reads === undefined) lines.push(`> ${name}: ${value}`);
    else if (name === 'content-type') lines.push(`> ${name}: ${value.replace(/^(text\/html);.*/, '$1')}`);
  const body = decoded(response.body, response.fields);
  if (reads === undefined) lines.push(`> body ${show(body, places)}`);
  else lines.push(...normaliseText(reads(body.toString('latin1')), places).split('\n'));
  if (response.isCut) lines.push('> body cut');
  lines.push(`> connection ${response.after}`);
  // Which of several members is asked first within one step is visible by name; the list is in order of members.
  for (const request of seen) {
    lines.push(`< ${request.member}: ${normaliseText(request.line, places)}`);
    for (const [name, value] of normaliseFields(request.fields, 'request', context, places))
      lines.push(`<   ${name}: ${value}`);
    lines.push(`<   body ${show(request.body, places)}`);
  }
  return lines;
}

/** A compressed body as its reader sees it: two compressors seldom write the same bytes. */
function decoded(body: Buffer, fields: FieldList): Buffer {
  const coding = fieldValue(fields, 'content-encoding');
  try {
    if (body.length > 0 && coding === 'gzip') return gunzipSync(body);
    if (body.length > 0 && coding === 'br') return brotliDecompressSync(body);
  } catch {
    // What does not decode is shown as it is: members of some cases only say that they have encoded.
  }
  return body;
}

function show(body: Buffer, places: Places): string {
  const text = normaliseText(body.toString('latin1'), places);
  if (text.length <= BODY_SHOWN) return JSON.stringify(text);
  const rest = createHash('sha256').update(text).digest('hex');
  return JSON.stringify(`${text.slice(0, BODY_SHOWN)}… ${body.length} bytes, sha256 ${rest}`);
}

/** AH numbers of an error log at level error and above, sorted; what httpd says of its own threads is left out. */
export function errorCodes(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /^\[[^\]]+\] \[(?!mpm_)\w*:(?:error|crit|alert|emerg)\]/.test(line))
    .flatMap((line) => /\bAH\d{5}\b/.exec(line)?.[0] ?? [])
    .sort();
}
