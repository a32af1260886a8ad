/**
 * Texts of rewriting that are filled in per request: `$1` of the rule's pattern, `%1` of the last condition's,
 * `%{VARIABLE}`, `${map:key|default}`, and a backslash that takes the next character as it is. Parsed at load, compiled
 * once per thread; only a map's key and default are templates again, so that nothing a client sends is ever expanded.
 * Fields that are read do not go into Vary: httpd adds them too, and drops them with the fields of a page or a member.
 * Source: httpd 2.4, mod_rewrite, "RewriteRule", "RewriteCond". Nothing compiled here throws.
 */
import { findVariable, requestValue, tlsVariable } from '../http/variables.js';
import type { Request } from '../request.js';

export type Template = TemplatePart[];

export type TemplatePart =
  | string
  | { op: 'group'; of: 'rule' | 'condition'; index: number }
  /** As written; variables in upper case, with what stands after `ENV:`, `HTTP:` and `SSL:` as it is. */
  | { op: 'variable'; name: string }
  | { op: 'map'; name: string; key: Template; fallback?: Template };

/** How the groups of a rule are escaped (B and its kin). */
export interface Escaping {
  /** Only these characters. */
  only?: string;
  /** All but letters, digits, `_` and these. */
  except?: string;
  /** Control characters and blanks alone. */
  isControls?: boolean;
  /** A blank is `%20`, not `+`. */
  hasNoPlus?: boolean;
}

/** What a template reads of a rewriting under way. */
export interface TemplateSource {
  r: Request;
  /** Where the request leads at the moment: r->filename. */
  filename: string;
  ruleGroups: readonly (string | undefined)[] | undefined;
  conditionGroups: readonly (string | undefined)[] | undefined;
  /** A group brought a question mark along. */
  hasGroupQuery: boolean;
}

export type Expand = (source: TemplateSource) => string;
export type Lookup = (key: string, r: Request) => string | undefined;

export function parseTemplate(text: string): Template {
  const parts: Template = [];
  let literal = '';
  const push = (part: TemplatePart): void => {
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(part);
  };
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    const next = text.charAt(i + 1);
    if (char === '\\' && next !== '') {
      literal += next;
      i += 1;
    } else if ((char === '$' || char === '%') && next >= '0' && next <= '9') {
      push({ op: 'group', of: char === '$' ? 'rule' : 'condition', index: Number(next) });
      i += 1;
    } else if ((char === '$' || char === '%') && next === '{') {
      const end = closingBrace(text, i + 2);
      const inner = text.slice(i + 2, end);
      const part = end < 0 ? undefined : char === '%' ? variable(inner) : map(inner);
      if (part === undefined) literal += char;
      else {
        push(part);
        i = end;
      }
    } else literal += char;
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** -1 when there is none. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i += 1) {
    const char = text[i];
    if (char === '\\') i += 1;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return -1;
}

function variable(inner: string): TemplatePart {
  const [, prefix, rest = ''] = /^(ENV|HTTP|SSL|LA-U|LA-F):(.*)$/is.exec(inner) ?? [];
  const name = prefix === undefined ? inner.toUpperCase() : `${prefix.toUpperCase()}:${rest}`;
  return { op: 'variable', name };
}

/** Without a colon it is text. */
function map(inner: string): TemplatePart | undefined {
  const [, name, rest = ''] = /^([^:]*):(.*)$/s.exec(inner) ?? [];
  if (name === undefined) return undefined;
  const bar = topLevelBar(rest);
  const key = parseTemplate(bar < 0 ? rest : rest.slice(0, bar));
  return { op: 'map', name, key, ...(bar < 0 ? {} : { fallback: parseTemplate(rest.slice(bar + 1)) }) };
}

function topLevelBar(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === '\\') i += 1;
    else if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
    else if (char === '|' && depth === 0) return i;
  }
  return -1;
}

/** Names of the variables in a template, for the check at load. */
export function variablesOf(template: Template): string[] {
  return template.flatMap((part) => {
    if (typeof part === 'string' || part.op === 'group') return [];
    if (part.op === 'variable') return [part.name];
    return [...variablesOf(part.key), ...variablesOf(part.fallback ?? [])];
  });
}

/** escaping  of the rule's groups; undefined: they stand as they are */
export function compileTemplate(
  template: Template,
  lookupOf: (map: string) => Lookup | undefined,
  escaping?: Escaping,
): Expand {
  const parts = template.map((part) => compilePart(part, lookupOf, escaping));
  if (parts.every((part) => typeof part === 'string')) {
    const text = parts.join('');
    return () => text;
  }
  return (source) => {
    let out = '';
    for (const part of parts) out += typeof part === 'string' ? part : part(source);
    return out;
  };
}

function compilePart(
  part: TemplatePart,
  lookupOf: (map: string) => Lookup | undefined,
  escaping: Escaping | undefined,
): string | Expand {
  if (typeof part === 'string') return part;
  switch (part.op) {
    case 'group': {
      const { of, index } = part;
      return (source) => {
        const groups = of === 'rule' ? source.ruleGroups : source.conditionGroups;
        const text = groups?.[index] ?? '';
        const written = escaping === undefined ? text : escapeGroup(text, escaping);
        if (written.includes('?')) source.hasGroupQuery = true;
        return written;
      };
    }
    case 'variable':
      return compileVariable(part.name);
    case 'map': {
      const lookup = lookupOf(part.name);
      const key = compileTemplate(part.key, lookupOf);
      const fallback = compileTemplate(part.fallback ?? [], lookupOf);
      return (source) => lookup?.(key(source), source.r) ?? fallback(source);
    }
  }
}

function compileVariable(name: string): Expand {
  const colon = name.indexOf(':');
  const rest = name.slice(colon + 1);
  switch (colon < 0 ? name : name.slice(0, colon)) {
    case 'ENV':
      return ({ r }) => r.notes?.get(rest) ?? r.env?.get(rest) ?? process.env[rest] ?? '';
    case 'HTTP':
      return ({ r }) => requestValue(r, rest.toLowerCase()) ?? '';
    case 'SSL':
      return ({ r }) => tlsVariable(r, rest.toUpperCase()) ?? '';
    case 'REQUEST_FILENAME':
    case 'SCRIPT_FILENAME':
      return ({ filename }) => filename;
    case 'SERVER_ADDR':
      return ({ r }) => r.exchange.localAddress;
    default: {
      const read = findVariable(name) ?? (() => '');
      return ({ r }) => read(r);
    }
  }
}

function escapeGroup(text: string, { only, except, isControls, hasNoPlus }: Escaping): string {
  let out = '';
  for (const char of text) {
    const mustEscape = isControls
      ? /[\0-\x20\x7f]/.test(char)
      : only !== undefined
        ? only.includes(char)
        : !/\w/.test(char) && except?.includes(char) !== true;
    if (!mustEscape) out += char;
    else if (char === ' ' && hasNoPlus !== true) out += '+';
    else out += `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  }
  return out;
}
