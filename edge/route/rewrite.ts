/**
 * RewriteRule: a list of rules turns the place where a request leads (httpd: r->filename) into another one, and may
 * decide the answer by itself. This file runs the list; rewrite-target.ts says what comes of its result.
 *
 *   rule → pattern on the place → conditions → substitution → query split off → host added → next rule, or stop
 *
 * Source: httpd 2.4, mod_rewrite, "Ruleset Processing"; corner cases as observed on httpd 2.4.71.
 * Compiled once per thread; nothing compiled here throws.
 */
import type { RegexSource } from '../expr/ast.js';
import { compileMatch, compileTest, type Groups } from '../expr/matcher.js';
import type { Request } from '../request.js';
import { publicUrl } from './reverse.js';
import { type ConditionTest, compileCondition, type RewriteCondition } from './rewrite-condition.js';
import { addRewriteCookie } from './rewrite-cookie.js';
import { compileRewriteMap, type RewriteMap } from './rewrite-map.js';
import {
  compileTemplate,
  type Escaping,
  type Lookup,
  type Template,
  type TemplateSource,
} from './rewrite-template.js';
import { ownPath, schemeOf } from './rewrite-url.js';

export interface RewriteRule {
  /** As written, for messages. */
  pattern: string;
  regex: RegexSource;
  negate?: boolean;
  conditions: RewriteCondition[];
  /** Absent for `-`: the place stays. */
  output?: Template;
  /** F, G, R=404 …: the answer's status when the rule matches. */
  status?: number;
  /** R, or what an absolute URL makes of itself: status of the redirect. */
  redirect: number;
  isRedirect?: boolean;
  isProxy?: boolean;
  isPassThrough?: boolean;
  isLast?: boolean;
  isEnd?: boolean;
  isChain?: boolean;
  isNoEscape?: boolean;
  /** N: begin again, at most so many times. */
  rounds?: number;
  skip?: number;
  /** QSA, QSD, QSL; `none`: the substitution ends in `?`. */
  query: { append?: boolean; discard?: boolean; last?: boolean; none?: boolean };
  escaping?: Escaping;
  env: Template[];
  cookies: Template[];
  allows3F?: boolean;
}

/** Rules of a server, or of a place. */
export interface RewriteSettings {
  rules: RewriteRule[];
}

/** A rewriting under way. */
export interface Rewriting extends TemplateSource {
  query: string | undefined;
  /** Status of a redirect or of a decided answer. */
  status: number;
  /** END: later rules of the request are not looked at. */
  isEnded: boolean;
  /** Said in the error log, with its code. */
  problem: string;
}

/** `status`: the answer is decided; `passed`: ProxyPass and Redirect go on with the new path. */
export type RewriteEnd = 'unchanged' | 'changed' | 'unescaped' | 'passed' | 'status';

export type RewriteList = (run: Rewriting) => RewriteEnd;

interface CompiledRule {
  rule: RewriteRule;
  apply: (run: Rewriting) => 'no' | 'yes' | 'status' | 'seen';
}

export type MapLookup = (name: string) => Lookup | undefined;

/** Look-ups by the name of their map. */
export function compileRewriteMaps(maps: Readonly<Record<string, RewriteMap>>): MapLookup {
  const lookups = new Map(Object.entries(maps).map(([name, map]) => [name, compileRewriteMap(map)]));
  return (name) => lookups.get(name);
}

/**
 * prefix  of a section: taken off the place before a rule looks at it, put back before a relative substitution
 * limit   bytes of the longest request line: a place of more than twice as much is a loop
 */
export function compileRewriteRules(
  rules: readonly RewriteRule[],
  lookupOf: MapLookup,
  prefix: string | undefined,
  limit: number,
): RewriteList {
  const compiled = rules.map((rule): CompiledRule => ({ rule, apply: compileRule(rule, lookupOf, prefix) }));
  return (run) => runRules(compiled, run, limit);
}

export function newRewriting(r: Request, filename: string): Rewriting {
  return {
    r,
    filename,
    query: r.query,
    status: 0,
    isEnded: false,
    problem: '',
    ruleGroups: undefined,
    conditionGroups: undefined,
    hasGroupQuery: false,
  };
}

function runRules(rules: readonly CompiledRule[], run: Rewriting, limit: number): RewriteEnd {
  let end: RewriteEnd = 'unchanged';
  let round = 0;
  for (let i = 0; i < rules.length; i += 1) {
    const { rule, apply } = rules[i] as CompiledRule;
    const result = apply(run);
    if (result === 'no') {
      while (i < rules.length && (rules[i] as CompiledRule).rule.isChain === true) i += 1;
      continue;
    }
    if (result === 'status') return 'status';
    if (result === 'yes') end = rule.isNoEscape === true ? 'unescaped' : 'changed';
    if (run.filename.length > 2 * limit)
      return fail(run, 500, `AH10411: rewritten to more than ${2 * limit} bytes`);
    if (rule.isEnd === true) run.isEnded = true;
    if (rule.isPassThrough === true) return 'passed';
    if (rule.isEnd === true || rule.isProxy === true || rule.isLast === true) return end;
    if (rule.rounds !== undefined) {
      round += 1;
      if (round >= rule.rounds) {
        const what = `RewriteRule '${rule.pattern}' and URI '${run.r.uri}'`;
        return fail(
          run,
          500,
          `AH02596: ${what} exceeded maximum number of rounds (${rule.rounds}) via the [N] flag`,
        );
      }
      i = -1;
    } else if (rule.skip !== undefined) i += rule.skip;
  }
  return end;
}

function fail(run: Rewriting, status: number, problem: string): 'status' {
  run.status = status;
  run.problem = problem;
  return 'status';
}

function compileRule(
  rule: RewriteRule,
  lookupOf: MapLookup,
  prefix: string | undefined,
): CompiledRule['apply'] {
  const matches = compilePattern(rule);
  const areMet = compileConditions(rule.conditions, lookupOf);
  const expand = rule.output && compileTemplate(rule.output, lookupOf, rule.escaping);
  const env = rule.env.map((template) => compileTemplate(template, lookupOf));
  const cookies = rule.cookies.map((template) => compileTemplate(template, lookupOf));
  return (run) => {
    const subject = subjectOf(run, prefix);
    if (!matches(run, subject)) return 'no';
    run.conditionGroups = undefined;
    if (areMet !== undefined && !areMet(run)) return 'no';
    run.hasGroupQuery = false;
    const output = expand?.(run);
    if (isUnsafe(run, rule)) {
      return fail(run, 403, 'AH10508: Unsafe URL with %3f URL rewritten without UnsafeAllow3F');
    }
    for (const value of env) setVariable(run, value(run));
    for (const value of cookies) addRewriteCookie(run.r, value(run));
    if (rule.status !== undefined) {
      run.status = rule.status;
      return 'status';
    }
    if (output === undefined) return 'seen';
    substituteInto(run, output, rule, prefix);
    return 'yes';
  };
}

/** Groups are captured only where something may read them: a rule that matches and goes on. */
function compilePattern({ regex, negate }: RewriteRule): (run: Rewriting, subject: string) => boolean {
  if (negate === true) {
    const test = compileTest(regex);
    return (run, subject) => {
      run.ruleGroups = undefined;
      return !test(subject);
    };
  }
  const find = compileMatch(regex);
  return (run, subject) => {
    const groups: Groups | undefined = find(subject);
    if (groups === undefined) return false;
    run.ruleGroups = groups;
    return true;
  };
}

/** All must hold; of conditions joined by OR one. An OR behind the last has nothing to fail for: the rule applies, as in httpd. */
function compileConditions(
  conditions: readonly RewriteCondition[],
  lookupOf: MapLookup,
): ConditionTest | undefined {
  if (conditions.length === 0) return undefined;
  const groups: ConditionTest[][] = [[]];
  conditions.forEach((condition, i) => {
    groups.at(-1)?.push(compileCondition(condition, lookupOf));
    if (condition.isOr !== true && i < conditions.length - 1) groups.push([]);
  });
  const last = conditions.at(-1)?.isOr === true ? groups.at(-1) : undefined;
  return (run) => {
    for (const alternatives of groups) {
      let isMet = false;
      for (let i = 0; i < alternatives.length && !isMet; i += 1)
        isMet = (alternatives[i] as ConditionTest)(run);
      if (!isMet && alternatives !== last) return false;
    }
    return true;
  };
}

/** What the pattern sees: in a section the place without the section's path, but for what is proxied. */
function subjectOf(run: Rewriting, prefix: string | undefined): string {
  const { filename } = run;
  if (prefix === undefined || filename.startsWith('proxy:') || !filename.startsWith(prefix)) return filename;
  return filename.slice(prefix.length);
}

/** A client's `%3f` must not become the `?` of a query unless the rule says so. */
function isUnsafe({ r, hasGroupQuery }: Rewriting, rule: RewriteRule): boolean {
  return hasGroupQuery && rule.allows3F !== true && /%3f/i.test(r.rawPath);
}

/** `NAME:value`, `NAME`, or `!NAME`. */
function setVariable({ r }: Rewriting, text: string): void {
  if (text.startsWith('!')) {
    r.unsetEnv(text.slice(1));
    return;
  }
  const colon = text.indexOf(':');
  if (colon < 0) r.setEnv(text, '');
  else r.setEnv(text.slice(0, colon), text.slice(colon + 1));
}

function substituteInto(run: Rewriting, output: string, rule: RewriteRule, prefix: string | undefined): void {
  const isProxied = run.filename.startsWith('proxy:');
  run.filename = output;
  splitQuery(run, rule.query);
  const isAbsolute = schemeOf(run.filename) !== undefined;
  if (!isAbsolute && !run.filename.startsWith('/') && !isProxied)
    run.filename = `${prefix ?? '/'}${run.filename}`;
  if (rule.isProxy === true || rule.isRedirect === true) {
    if (!isAbsolute) {
      run.filename = publicUrl(run.r, run.filename.startsWith('/') ? run.filename : `/${run.filename}`);
    }
    if (rule.isProxy === true) run.filename = `proxy:${run.filename}`;
    else run.status = rule.redirect;
  } else if (isAbsolute) {
    const own = ownPath(run.r, run.filename);
    if (own === undefined) run.status = rule.redirect;
    else run.filename = own;
  }
}

function splitQuery(run: Rewriting, { append, discard, last, none }: RewriteRule['query']): void {
  if (none === true) {
    run.query = undefined;
    return;
  }
  const scheme = schemeOf(run.filename);
  if (scheme !== undefined && !scheme.hasQuery) {
    run.query = undefined;
    return;
  }
  if (discard === true) run.query = undefined;
  const { filename, query } = run;
  const mark = last === true ? filename.lastIndexOf('?') : filename.indexOf('?', scheme?.length ?? 0);
  if (mark < 0) return;
  run.filename = filename.slice(0, mark);
  const own = filename.slice(mark + 1);
  if (append !== true) run.query = own;
  else if (own !== '') run.query = `${own}&${query ?? ''}`;
  if (run.query === '') run.query = undefined;
  else if (run.query?.endsWith('&') === true) run.query = run.query.slice(0, -1);
}
