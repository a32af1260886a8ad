/**
 * Which per-directory settings hold for a request, compiled to steps. Sections that fit are merged in httpd's order
 * (server base, <Proxy>, <Location>, then <If>), later ones over earlier ones. The merge and its compilation are done
 * once per combination of sections that really occurs and remembered, so that a request pays for matching alone, and a
 * vhost without sections pays nothing.
 * Source: httpd 2.4 manual, "Configuration Sections", "How the sections are merged". Thread: worker; one per server.
 */
import type { MemberTls } from '../../workers/upstream/member-tls.js';
import { boundedRegExp } from '../expr/bounded-regex.js';
import { compileBool, compileString } from '../expr/compile.js';
import type { FilterChoice } from '../filter/body-filter.js';
import { compileFilters } from '../filter/chain.js';
import { type AccessStep, compileAccess, type DenialHearer } from '../http/access-step.js';
import { compileEnvRules } from '../http/env-rules.js';
import { compileRequestHeaders, compileResponseHeaders } from '../http/header-rules.js';
import { compileMemberTls } from '../proxy/member-tls.js';
import type { Request } from '../request.js';
import { compileSecureAccess, compileSecureVariables } from '../secure/place.js';
import { mergePlaceTls } from '../secure/settings.js';
import type {
  ConditionSection,
  LocationSection,
  Place,
  PlaceOverrides,
  ProxyPassSettings,
  ServerSettings,
} from '../settings.js';
import { compileDocuments, type ErrorDocuments } from './error-documents.js';
import { globRegex } from './glob.js';
import { compilePlaceRedirect, compileRedirects, type RedirectStep } from './redirect.js';
import { compileReverse, type ReverseStep } from './reverse.js';
import { mergeRewrite, type PlaceRewrite } from './rewrite-place.js';
import type { PlaceRewriteStep } from './rewrite-target.js';

type Step = (r: Request) => void;
type Test = (r: Request) => boolean;

/** Merged settings of a place with the steps they need; a step that nothing asks for is undefined. */
export interface Plan {
  place: Place;
  envRules: Step | undefined;
  setEnv: Step | undefined;
  access: AccessStep | undefined;
  requestHeaders: Step | undefined;
  onsuccessHeaders: Step | undefined;
  alwaysHeaders: Step | undefined;
  reverse: ReverseStep | undefined;
  /** EdgeHashKey; undefined: the client's address. */
  hashKey: ((r: Request) => string) | undefined;
  /** Chooses what encodes the response's body. */
  filter: FilterChoice | undefined;
  /** The section's own redirect, without a path. */
  redirect: RedirectStep | undefined;
  redirects: RedirectStep | undefined;
  rewrite: PlaceRewriteStep | undefined;
  /** ErrorDocument, by status. */
  documents: ErrorDocuments | undefined;
  /** How members are spoken to by TLS, made when the first request asks; undefined where SSLProxyEngine is off. */
  memberTls: (() => MemberTls | undefined) | undefined;
  conditions: readonly Condition[] | undefined;
  /** Plans of the combinations of <If> sections met so far, by the indices that were true. */
  children: Map<string, Plan>;
}

interface Condition {
  kind: ConditionSection['kind'];
  test: Test | undefined;
  place: Place;
}

interface Section {
  matches: (path: string, r: Request) => boolean;
  place: Place;
}

/** <If> within <If> within <If> …: deeper than this is not looked at. */
const MAX_DEPTH = 10;

export class Places {
  readonly #server: ServerSettings;
  readonly #tools: PlanTools;
  readonly #base: Plan;
  readonly #proxies: Section[];
  readonly #locations: Section[];
  readonly #plans = new Map<string, Plan>();
  /** Indices of the sections that fit the request at hand, as characters. */
  #key = '';

  constructor(server: ServerSettings, tools: Omit<PlanTools, 'server'>) {
    this.#tools = { ...tools, server };
    this.#server = server;
    this.#base = compilePlan(server.base, this.#tools);
    this.#proxies = server.proxySections
      .filter(isEffective)
      .map((s) => ({ matches: proxyMatcher(s), place: s.place }));
    this.#locations = server.locations
      .filter(isEffective)
      .map((s) => ({ matches: locationMatcher(s), place: s.place }));
  }

  get base(): Plan {
    return this.#base;
  }

  /** ProxyPass of the last <Location> that fits and has one; it is tried before the server's list. */
  locationProxyPass(r: Request): ProxyPassSettings | undefined {
    let found: ProxyPassSettings | undefined;
    for (const section of this.#locations) {
      if (section.place.proxyPass !== undefined && section.matches(r.uri, r)) found = section.place.proxyPass;
    }
    return found;
  }

  /** ProxyPassInterpolateEnv, as far as it is known before the request's place is. */
  interpolates(r: Request): boolean {
    let isOn = this.#server.base.interpolateEnv;
    for (const { place, matches } of this.#locations) {
      if (place.interpolateEnv !== undefined && matches(r.uri, r)) isOn = place.interpolateEnv;
    }
    return isOn === true;
  }

  get hasLocationProxyPass(): boolean {
    return this.#locations.some((section) => section.place.proxyPass !== undefined);
  }

  /**
   * The plan of the path and query that a request came with: what Redirect or a rule outside sections answers is answered
   * there, whatever rules have made of the path.
   */
  planAt(r: Request, uri: string, query: string | undefined): Plan {
    const { uri: uriNow, query: queryNow } = r;
    r.uri = uri;
    r.query = query;
    const plan = this.planFor(r);
    r.uri = uriNow;
    r.query = queryNow;
    return plan;
  }

  /** The plan for a request whose uri and proxyUrl are known. */
  planFor(r: Request): Plan {
    return this.#conditionsFor(this.#sectionsFor(r), r);
  }

  /** The same without the <If> sections. */
  #sectionsFor(r: Request): Plan {
    let plan = this.#base;
    if (this.#proxies.length + this.#locations.length > 0) {
      this.#key = '';
      if (r.proxyUrl !== '') this.#collect(this.#proxies, r.proxyUrl, r, 0);
      this.#collect(this.#locations, r.uri, r, this.#proxies.length);
      if (this.#key !== '') plan = this.#plans.get(this.#key) ?? this.#makePlan(this.#key);
    }
    r.over = plan.place.over;
    return plan;
  }

  /** The plan of sections, with the <If> sections that hold. */
  #conditionsFor(sections: Plan, r: Request): Plan {
    let plan = sections;
    for (let depth = 0; plan.conditions !== undefined && depth < MAX_DEPTH; depth += 1)
      plan = conditionPlan(plan, r, this.#tools);
    if (plan !== sections) r.over = plan.place.over;
    return plan;
  }

  #collect(sections: Section[], path: string, r: Request, offset: number): void {
    for (let i = 0; i < sections.length; i += 1) {
      if ((sections[i] as Section).matches(path, r)) this.#key += String.fromCharCode(offset + i);
    }
  }

  #makePlan(key: string): Plan {
    let place = this.#server.base;
    for (let i = 0; i < key.length; i += 1) {
      const index = key.charCodeAt(i);
      const section =
        index < this.#proxies.length ? this.#proxies[index] : this.#locations[index - this.#proxies.length];
      place = mergePlace(place, (section as Section).place);
    }
    const plan = compilePlan(place, this.#tools);
    this.#plans.set(key, plan);
    return plan;
  }
}

/** What a section says over what is around it: lists grow, values are replaced, authorization as a whole. */
export function mergePlace(outer: Place, inner: Place): Place {
  const merged: Place = { ...outer, ...inner };
  const {
    requestHeaders,
    responseHeaders,
    envRules,
    setEnv,
    proxyPassReverse,
    cookieDomains,
    cookiePaths,
    redirects,
    conditions,
  } = outer;
  if (requestHeaders) merged.requestHeaders = [...requestHeaders, ...(inner.requestHeaders ?? [])];
  if (responseHeaders) merged.responseHeaders = [...responseHeaders, ...(inner.responseHeaders ?? [])];
  if (envRules) merged.envRules = [...envRules, ...(inner.envRules ?? [])];
  if (setEnv) merged.setEnv = [...setEnv, ...(inner.setEnv ?? [])];
  if (proxyPassReverse) merged.proxyPassReverse = [...proxyPassReverse, ...(inner.proxyPassReverse ?? [])];
  if (cookieDomains) merged.cookieDomains = [...cookieDomains, ...(inner.cookieDomains ?? [])];
  if (cookiePaths) merged.cookiePaths = [...cookiePaths, ...(inner.cookiePaths ?? [])];
  if (outer.typeFilters) merged.typeFilters = [...outer.typeFilters, ...(inner.typeFilters ?? [])];
  if (outer.smartFilters) merged.smartFilters = { ...outer.smartFilters, ...inner.smartFilters };
  if (Array.isArray(outer.errorOverride)) merged.errorOverride = mergeOverridden(outer.errorOverride, inner);
  if (outer.auth) merged.auth = { ...outer.auth, ...inner.auth };
  if (outer.authz && inner.authz && inner.authMerging !== undefined && inner.authMerging !== 'off') {
    const kind = inner.authMerging === 'and' ? 'all' : 'any';
    merged.authz = { kind, children: [outer.authz, inner.authz] };
  }
  if (outer.rewrite && inner.rewrite) merged.rewrite = mergeRewrite(outer.rewrite, inner.rewrite);
  if (outer.memberTls) merged.memberTls = { ...outer.memberTls, ...inner.memberTls };
  if (outer.secure) merged.secure = mergePlaceTls(outer.secure, inner.secure ?? {});
  if (outer.cache && inner.cache) merged.cache = { ...outer.cache, ...inner.cache };
  if (outer.over && inner.over) merged.over = mergeOverrides(outer.over, inner.over);
  if (redirects) merged.redirects = [...(inner.redirects ?? []), ...redirects];
  if (conditions) merged.conditions = [...conditions, ...(inner.conditions ?? [])];
  if (outer.errorDocuments) merged.errorDocuments = { ...outer.errorDocuments, ...inner.errorDocuments };
  return merged;
}

/** Statuses are added to those around; `On` without any keeps them. */
function mergeOverridden(outer: number[], { errorOverride = true }: Place): boolean | number[] {
  if (Array.isArray(errorOverride)) return [...outer, ...errorOverride];
  return errorOverride && outer;
}

function mergeOverrides(outer: PlaceOverrides, inner: PlaceOverrides): PlaceOverrides {
  const merged = { ...outer, ...inner };
  const { logLevel: around } = outer;
  if (around && inner.logLevel && inner.logLevel.default === undefined)
    merged.logLevel = { ...around, modules: { ...around.modules, ...inner.logLevel.modules } };
  return merged;
}

/** Makes a step of a place's rewriting; undefined when it has none to do. */
export type RewriteCompiler = (rewrite: PlaceRewrite) => PlaceRewriteStep | undefined;

/** What the steps of a server's plans need. */
export interface PlanTools {
  server: ServerSettings;
  compileRewrite: RewriteCompiler;
  onDenied: DenialHearer;
}

function compilePlan(place: Place, tools: PlanTools): Plan {
  const { server, compileRewrite, onDenied } = tools;
  const response = compileResponseHeaders(place.responseHeaders ?? []);
  return {
    place,
    envRules: place.envRules?.length ? compileEnvRules(place.envRules) : undefined,
    setEnv: inTurn(
      compileSecureVariables(place, server, onDenied),
      place.setEnv?.length ? compileSetEnv(place.setEnv) : undefined,
    ),
    access: compileWayIn(place, onDenied),
    requestHeaders: place.requestHeaders?.some((rule) => !rule.early)
      ? compileRequestHeaders(place.requestHeaders.filter((rule) => !rule.early))
      : undefined,
    onsuccessHeaders: response.onsuccess,
    alwaysHeaders: response.always,
    reverse: compileReverse(place),
    hashKey: place.hashKey === undefined ? undefined : compileString(place.hashKey, { vary: false }),
    filter: compileFilters(place, server.compression),
    redirect: place.redirect === undefined ? undefined : compilePlaceRedirect(place.redirect),
    rewrite: place.rewrite === undefined ? undefined : compileRewrite(place.rewrite),
    redirects: compileRedirects(place.redirects ?? []),
    documents: place.errorDocuments && compileDocuments(place.errorDocuments),
    memberTls: compileMemberTls(place.memberTls),
    conditions: place.conditions?.length ? place.conditions.map(compileCondition) : undefined,
    children: new Map(),
  };
}

function inTurn(first: Step | undefined, second: Step | undefined): Step | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (r) => {
    first(r);
    second(r);
  };
}

/** What mod_ssl asks of the connection comes before all else, and `Satisfy any` does not make up for it. */
function compileWayIn(place: Place, onDenied: DenialHearer): AccessStep | undefined {
  const access = compileAccess(
    { authz: place.authz, compat: place.accessCompat, auth: place.auth },
    onDenied,
  );
  const isSecureEnough = compileSecureAccess(place.secure, onDenied);
  if (isSecureEnough === undefined) return access;
  // httpd differs: without SSLOptions +StrictRequire, Satisfy any lets in who is refused here.
  return (r) => {
    if (!isSecureEnough(r)) return 'forbidden';
    return access === undefined ? 'granted' : access(r);
  };
}

/** SetEnv, PassEnv, UnsetEnv as one table, made at load; what earlier phases have set (SetEnvIf, rewriting) stays. */
function compileSetEnv(list: NonNullable<Place['setEnv']>): Step {
  const table = new Map<string, string>();
  for (const { name, value } of list) {
    if (value === undefined) table.delete(name);
    else table.set(name, value);
  }
  const entries = [...table];
  return (r) => {
    for (const [name, value] of entries) if (!r.hasFlag(name)) r.setEnv(name, value);
  };
}

function compileCondition(section: ConditionSection): Condition {
  const test = section.condition === undefined ? undefined : compileBool(section.condition);
  return { kind: section.kind, test, place: section.place };
}

/** The plan with the <If> sections that hold for this request merged in. */
function conditionPlan(plan: Plan, r: Request, tools: PlanTools): Plan {
  const conditions = plan.conditions ?? [];
  let key = '';
  let isChainMet = false;
  for (let i = 0; i < conditions.length; i += 1) {
    const condition = conditions[i] as Condition;
    if (condition.kind === 'if') isChainMet = false;
    if (isChainMet || (condition.test !== undefined && !condition.test(r))) continue;
    isChainMet = true;
    key += String.fromCharCode(i);
  }
  const known = plan.children.get(key);
  if (known !== undefined) return known;
  const { conditions: _, ...rest } = plan.place;
  let place: Place = rest;
  for (let i = 0; i < key.length; i += 1) {
    place = mergePlace(place, (conditions[key.charCodeAt(i)] as Condition).place);
  }
  const child = compilePlan(place, tools);
  plan.children.set(key, child);
  return child;
}

/** One that says nothing, as a <Proxy> of members alone, need not be looked at; a pattern may set variables. */
const isEffective = ({ kind, place }: { kind: string; place: Place }): boolean =>
  kind === 'regex' || Object.values(place).some((value) => value !== undefined);

function locationMatcher(section: LocationSection): Section['matches'] {
  const { kind, pattern } = section;
  if (kind === 'regex') return regexMatcher(boundedRegExp(pattern));
  if (kind === 'glob') {
    const regex = globRegex(pattern, true);
    return (path) => regex.test(withSingleSlashes(path));
  }
  if (pattern.endsWith('/')) return (path) => withSingleSlashes(path).startsWith(pattern);
  return (asked) => {
    const path = withSingleSlashes(asked);
    return (
      path.startsWith(pattern) && (path.length === pattern.length || path.charCodeAt(pattern.length) === 0x2f)
    );
  };
}

let lastPath = '';
let lastSingle = '';

/**
 * Whatever MergeSlashes says, a `<Location>` is not evaded by `//`; patterns of `<LocationMatch>` see the path itself.
 * The last path is remembered, since every section of a server asks about the same one.
 */
function withSingleSlashes(path: string): string {
  if (path !== lastPath) {
    lastPath = path;
    lastSingle = path.includes('//') ? path.replace(/\/\/+/g, '/') : path;
  }
  return lastSingle;
}

function proxyMatcher(section: { kind: string; pattern: string }): Section['matches'] {
  const { kind, pattern } = section;
  if (kind === 'regex') return regexMatcher(boundedRegExp(pattern));
  if (kind === 'glob') {
    const regex = globRegex(pattern, false);
    return (url) => regex.test(url);
  }
  return (url) => url.startsWith(pattern);
}

/** Named groups become variables: `(?<part>…)` is MATCH_PART. */
function regexMatcher(regex: RegExp): Section['matches'] {
  return (path, r) => {
    const match = regex.exec(path);
    if (match === null) return false;
    const groups: Record<string, string | undefined> = match.groups ?? {};
    for (const name of Object.keys(groups)) r.setEnv(`MATCH_${name.toUpperCase()}`, groups[name] ?? '');
    return true;
  };
}
