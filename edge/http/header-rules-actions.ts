/**
 * The actions of Header and RequestHeader on a list of fields. Lists behave as httpd's tables do: `set` keeps the place
 * and the casing of the first field of that name, `append` and `merge` look at the first field alone, `edit` edits each.
 * Source: httpd 2.4, mod_headers. Any thread; nothing compiled here throws.
 */

import type { Fields } from '../exchange.js';
import { compileMatch, compileTest, type Groups, parseSubstitution, substitute } from '../expr/matcher.js';
import type { Request } from '../request.js';
import { fieldValue, indexOfField, isName, removeField, setField } from './fields.js';
import type { HeaderRule } from './header-rules.js';
import { compileHeaderValue, sanitised } from './header-rules-value.js';

export type HeaderAction = (r: Request, fields: Fields) => void;

export function compileAction(rule: HeaderRule, isForResponse: boolean): HeaderAction {
  const act = compileTableAction(rule);
  const isOfType = isName(rule.name, 'content-type') && rule.action !== 'echo' && rule.action !== 'note';
  if (isForResponse) return isOfType ? compileTypeAction(rule, act) : act;
  if (!READS_VALUE.has(rule.action)) return act;
  return (r, fields) => {
    joinRepeated(fields, rule.name);
    act(r, fields);
  };
}

/** Of a request httpd has one field of each name, in which repeated ones are joined. */
const READS_VALUE: ReadonlySet<HeaderRule['action']> = new Set(['append', 'merge', 'edit', 'edit*']);

function joinRepeated(fields: Fields, name: string): void {
  const first = indexOfField(fields, name);
  if (first < 0) return;
  const glue = isName(name, 'cookie') ? '; ' : ', ';
  for (let i = indexOfField(fields, name, first + 2); i >= 0; i = indexOfField(fields, name, i)) {
    fields[first + 1] = `${fields[first + 1] as string}${glue}${fields[i + 1] as string}`;
    fields.splice(i, 2);
  }
}

/**
 * Content-Type: httpd keeps it apart from the two tables and writes it last, so that a response has one, whatever the tables
 * hold. `set` and `setifempty` give it a value, `unset` takes it away, `edit` works on what it is, whichever table they name;
 * other actions change it only where there is none.
 */
function compileTypeAction(rule: HeaderRule, act: HeaderAction): HeaderAction {
  const { name, action } = rule;
  const isEdit = action === 'edit' || action === 'edit*';
  return (r, fields) => {
    r.contentType ??= fieldValue(r.responseFields, name);
    if (isEdit) {
      if (r.contentType === undefined || r.contentType === '') return;
      const type = [name, r.contentType];
      act(r, type);
      r.contentType = type[1];
      return;
    }
    const hasField = indexOfField(fields, name) >= 0;
    act(r, fields);
    // Of a member's answer only `Header unset` takes the type, `Header always unset` that of our own pages alone.
    if (action === 'unset' && (rule.table === 'onsuccess' || r.reasonCode !== '')) r.contentType = '';
    else if (action === 'set' || r.contentType === '' || (action === 'setifempty' && !hasField))
      r.contentType = fields[indexOfField(fields, name) + 1];
  };
}

function compileTableAction(rule: HeaderRule): HeaderAction {
  const { name } = rule;
  const value = compileHeaderValue(rule.value ?? { kind: 'format', parts: [] });
  switch (rule.action) {
    case 'set':
      return (r, fields) => setField(fields, name, value(r));
    case 'setifempty':
      // A field with an empty value counts as present.
      return (r, fields) => {
        if (indexOfField(fields, name) < 0) fields.push(name, value(r));
      };
    case 'append':
      return (r, fields) => append(fields, name, value(r));
    case 'merge':
      return (r, fields) => merge(fields, name, value(r));
    case 'add':
      return (r, fields) => {
        fields.push(name, value(r));
      };
    case 'unset':
      return (_r, fields) => removeField(fields, name);
    case 'echo':
      return compileEcho(rule);
    case 'note':
      return (r, fields) => {
        const at = indexOfField(fields, name);
        if (at >= 0) r.note(value(r), fields[at + 1] as string);
      };
    case 'edit':
    case 'edit*':
      return compileEdit(rule, value);
  }
}

function append(fields: Fields, name: string, value: string): void {
  const at = indexOfField(fields, name);
  if (at < 0) fields.push(name, value);
  else fields[at + 1] = `${fields[at + 1] as string}, ${value}`;
}

function merge(fields: Fields, name: string, value: string): void {
  const at = indexOfField(fields, name);
  if (at >= 0 && hasToken(fields[at + 1] as string, value)) return;
  append(fields, name, value);
}

/** Is the text one of the comma-separated items? Commas in quotes separate nothing; items are compared as they stand. */
function hasToken(list: string, wanted: string): boolean {
  let at = 0;
  while (at < list.length) {
    while (isBlank(list.charCodeAt(at))) at++;
    const from = at;
    while (at < list.length && list.charAt(at) !== ',') {
      if (list.charAt(at++) !== '"') continue;
      const close = list.indexOf('"', at);
      at = close < 0 ? list.length : close + 1;
    }
    if (at - from === wanted.length && list.startsWith(wanted, from)) return true;
    at++;
  }
  return false;
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Copies the client's fields whose names match; they go to the onsuccess table whichever table the rule names. */
function compileEcho(rule: HeaderRule): HeaderAction {
  if (rule.regex === undefined) return () => {};
  // httpd differs: names are matched without regard to case, for engines give them in lower case.
  const matches = compileTest({ ...rule.regex, flags: 'i' });
  return (r) => {
    const sent = r.fields;
    for (let i = 0; i < sent.length; i += 2) {
      const name = sent[i] as string;
      // Repeated fields are one, with all their values.
      if (indexOfField(sent, name) !== i || !matches(name)) continue;
      r.responseFields.push(name, fieldValue(sent, name) as string);
    }
  };
}

function compileEdit(rule: HeaderRule, value: (r: Request) => string): HeaderAction {
  const { name, regex } = rule;
  if (regex === undefined) return () => {};
  const find = compileMatch(regex);
  const replace = rule.action === 'edit' ? editFirst : editAll;
  const replacementOf = compileReplacement(rule, value);
  return (r, fields) => {
    for (let i = 0; i < fields.length; i += 2) {
      if (!isName(fields[i] as string, name)) continue;
      const old = fields[i + 1] as string;
      if (find(old) === undefined) continue;
      fields[i + 1] = sanitised(replace(old, find, replacementOf(r)));
    }
  };
}

type Find = (subject: string) => Groups | undefined;
type Replacement = (groups: Groups) => string;

/** `$n` is filled in after the format codes are, in their values too. */
function compileReplacement(rule: HeaderRule, value: (r: Request) => string): (r: Request) => Replacement {
  const isConstant = rule.value?.kind === 'format' && rule.value.parts.every((part) => 'text' in part);
  if (!isConstant) {
    return (r) => {
      const parts = parseSubstitution(value(r));
      return (groups) => substitute(parts, groups);
    };
  }
  const text = (rule.value as { parts: { text: string }[] }).parts.map((part) => part.text).join('');
  const parts = parseSubstitution(text);
  const replacement: Replacement = (groups) => substitute(parts, groups);
  return () => replacement;
}

function editFirst(text: string, find: Find, replacement: Replacement): string {
  const groups = find(text);
  if (groups === undefined) return text;
  const at = groups.index;
  return text.slice(0, at) + replacement(groups) + text.slice(at + (groups[0] as string).length);
}

/** What follows a match is a text of its own, so `^` matches again at its start (as in httpd). */
function editAll(text: string, find: Find, replacement: Replacement): string {
  let out = '';
  let rest = text;
  for (let groups = find(rest); groups !== undefined; groups = find(rest)) {
    const at = groups.index;
    const end = at + (groups[0] as string).length;
    out += rest.slice(0, at) + replacement(groups);
    rest = rest.slice(end);
    // httpd differs: an empty match would be found again for ever; one character is passed over instead.
    if (end > at) continue;
    if (rest === '') break;
    out += rest.charAt(0);
    rest = rest.slice(1);
  }
  return out + rest;
}
