/**
 * The description of the JSON API (OpenAPI 3.1), served at …/api/v1/openapi.json. Tests hold every answer against the
 * schemas, so that it cannot fall behind.
 */
import { HEALTH_METHODS } from '../../workers/member.js';
import { METHOD_NAMES } from '../../workers/methods/registry.js';
import { ERROR_REASONS } from '../../workers/scoreboard-layout.js';
import { CACHE_FIGURES } from './cache-figures.js';
import { LETTERS } from './status-text.js';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const number: Schema = { type: 'number' };
const whole: Schema = { type: 'integer' };
const flag: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', format: 'date-time' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });

/** All properties are there, and no others, unless said otherwise. */
function object(properties: Record<string, Schema>, required = Object.keys(properties)): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

const classes = { '1xx': whole, '2xx': whole, '3xx': whole, '4xx': whole, '5xx': whole };
const flags = Object.fromEntries(LETTERS.map((letter) => [letter, flag]));

const schemas: Record<string, Schema> = {
  Summary: object({
    server: object({ product: text, startedAt: time, uptimeSeconds: whole, threads: whole }),
    cache: orNull(ref('Cache')),
    balancers: list(ref('Balancer')),
  }),
  Cache: object(
    Object.fromEntries(CACHE_FIGURES.map(({ of, help }) => [of, { type: 'integer', description: help }])),
  ),
  Balancer: object({
    row: whole,
    name: text,
    lbmethod: { type: 'string', enum: METHOD_NAMES },
    stickysession: { type: 'string', description: 'COOKIE or COOKIE|parameter; empty for none' },
    stickysessionsep: text,
    nofailover: flag,
    timeoutSeconds: number,
    maxattempts: whole,
    freeSlots: { type: 'integer', description: 'members that can still be added' },
    usableMembers: whole,
    changed: { ...list(text), description: 'settings that differ from the configuration' },
    members: list(ref('Member')),
  }),
  Member: object({
    slot: { type: 'integer', description: 'names the member in addresses' },
    url: text,
    status: { type: 'string', description: "httpd's words: Init Ok" },
    flags: list({ type: 'string', enum: [...LETTERS, 'E', 'U'] }),
    usable: flag,
    standing: { type: 'string', enum: ['ok', 'draining', 'waiting', 'error', 'off'] },
    state: { type: 'string', description: 'why it is as it is, for people' },
    errorReason: { type: 'string', enum: ERROR_REASONS },
    errorAt: orNull(time),
    retrySeconds: orNull(whole),
    loadfactor: number,
    lbset: whole,
    route: text,
    redirect: text,
    busy: { type: 'integer', description: 'requests under way' },
    elected: whole,
    lbstatus: whole,
    errors: whole,
    bytesSent: whole,
    bytesRead: whole,
    responseTimes: orNull(
      object({ count: whole, meanMs: number, p50Ms: number, p90Ms: number, p99Ms: number }),
    ),
    answers: orNull(object(classes)),
    health: orNull(ref('Health')),
    added: { type: 'boolean', description: 'added while running' },
    leaving: flag,
    changed: list(text),
  }),
  Health: object({
    method: text,
    intervalMs: whole,
    passes: whole,
    fails: whole,
    uri: text,
    expression: text,
    passesInRow: whole,
    failsInRow: whole,
    checks: list(object({ at: time, durationMs: whole, reason: text, status: whole })),
  }),
  History: object({
    secondsPerSample: number,
    samples: list(object({ requests: number, errors: number, busy: number, time: number })),
  }),
  Live: object({
    texts: { type: 'object', additionalProperties: text },
    paths: { type: 'object', additionalProperties: text },
    standings: { type: 'object', additionalProperties: text },
    shape: text,
  }),
  BalancerPatch: object(
    { lbmethod: text, stickysession: text, nofailover: flag, timeoutSeconds: number, maxattempts: whole },
    [],
  ),
  MemberPatch: object(
    {
      loadfactor: { type: 'number', minimum: 1, maximum: 100 },
      lbset: { type: 'integer', minimum: 0, maximum: 99 },
      route: text,
      redirect: text,
      flags: object(flags, []),
      health: object(
        {
          method: { type: 'string', enum: ['NONE', ...HEALTH_METHODS] },
          intervalMs: { type: 'integer', minimum: 100 },
          passes: whole,
          fails: whole,
          uri: text,
          expression: { type: 'string', description: 'name of a ProxyHCExpr; empty for none' },
        },
        [],
      ),
    },
    [],
  ),
  NewMember: object(
    {
      url: text,
      parameters: { type: 'object', description: 'as on a BalancerMember line' },
      enabled: { type: 'boolean', description: 'false (default): it begins disabled' },
    },
    ['url'],
  ),
  Fault: object({ error: text }),
};

function content(schema: Schema): Schema {
  return { content: { 'application/json': { schema } } };
}

function operation(summary: string, status: number, answer: Schema, body?: Schema): Schema {
  const fault = { description: 'why not', ...content(ref('Fault')) };
  return {
    summary,
    ...(body === undefined ? {} : { requestBody: { required: true, ...content(body) } }),
    responses: { [status]: { description: 'the state then', ...content(answer) }, default: fault },
  };
}

const inPath = (name: string, schema: Schema): Schema => ({ name, in: 'path', required: true, schema });
const balancer = inPath('balancer', text);
const slot = inPath('slot', whole);

export const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'drover: balancers and members', version: '1' },
  paths: {
    '/': { get: operation('Everything', 200, ref('Summary')) },
    '/live': { get: operation("The page's changing texts", 200, ref('Live')) },
    '/cache/purge': {
      post: operation(
        'Take objects out of the cache: one of url, prefix, tags; soft: they are stale only',
        200,
        object({ purged: whole }),
        object({ url: text, prefix: text, tags: list(text), soft: { type: 'boolean' } }, []),
      ),
    },
    '/balancers': { get: operation('All balancers', 200, list(ref('Balancer'))) },
    '/balancers/{balancer}': {
      parameters: [balancer],
      get: operation('One balancer', 200, ref('Balancer')),
      patch: operation('Change its settings', 200, ref('Balancer'), ref('BalancerPatch')),
    },
    '/balancers/{balancer}/reset': {
      parameters: [balancer],
      post: operation('As configured', 200, ref('Balancer')),
    },
    '/balancers/{balancer}/members': {
      parameters: [balancer],
      get: operation('Its members', 200, list(ref('Member'))),
      post: operation('Add a member', 201, ref('Member'), ref('NewMember')),
    },
    '/balancers/{balancer}/members/{slot}': {
      parameters: [balancer, slot],
      get: operation('One member', 200, ref('Member')),
      patch: operation('Change it', 200, ref('Member'), ref('MemberPatch')),
      delete: operation('Take it out after its last request; only one that was added', 202, ref('Member')),
    },
    '/balancers/{balancer}/members/{slot}/reset': {
      parameters: [balancer, slot],
      post: operation('As configured', 200, ref('Member')),
    },
    '/balancers/{balancer}/members/{slot}/history': {
      parameters: [balancer, slot],
      get: operation('The last five minutes', 200, ref('History')),
    },
  },
  components: { schemas },
} as const;
