/**
 * Bodies of the API's requests, checked key by key: what is not known is refused by name, so that a slip of the pen does not
 * pass for done. Limits of values are changes.ts's. Pure; errors are ChangeRefused.
 */
import { HEALTH_METHODS, type HealthChange } from '../../workers/member.js';
import { type BalancerPatch, ChangeRefused, type MemberPatch } from './changes.js';
import { LETTERS, type Letter } from './status-text.js';

type Kind = 'string' | 'number' | 'boolean' | 'object';
type Body = Record<string, unknown>;

function objectOf(value: unknown, what: string): Body {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ChangeRefused(`${what} must be a JSON object`);
  return value as Body;
}

/** The object, if every key is known and of its kind. */
function checked(value: unknown, what: string, kinds: Readonly<Record<string, Kind>>): Body {
  const body = objectOf(value, what);
  for (const [key, item] of Object.entries(body)) {
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (kind === undefined)
      throw new ChangeRefused(`${what} has no ${key}; it has ${Object.keys(kinds).join(', ')}`);
    if (typeof item !== kind || item === null) throw new ChangeRefused(`${key} must be a ${kind}`);
  }
  return body;
}

export function parseMemberPatch(value: unknown): MemberPatch {
  const body = checked(value, 'a member', {
    loadfactor: 'number',
    lbset: 'number',
    route: 'string',
    redirect: 'string',
    flags: 'object',
    health: 'object',
  });
  const { flags, health, ...rest } = body;
  const patch = { ...rest } as MemberPatch;
  if (flags !== undefined) {
    const kinds = Object.fromEntries(LETTERS.map((letter) => [letter, 'boolean' as const]));
    patch.flags = checked(flags, 'flags', kinds) as Partial<Record<Letter, boolean>>;
  }
  if (health !== undefined) patch.health = parseHealth(health);
  return patch;
}

function parseHealth(value: unknown): Partial<HealthChange> {
  const { intervalMs, ...rest } = checked(value, 'health', {
    method: 'string',
    intervalMs: 'number',
    passes: 'number',
    fails: 'number',
    uri: 'string',
    expression: 'string',
  });
  const methods: readonly unknown[] = ['NONE', ...HEALTH_METHODS];
  if (rest['method'] !== undefined && !methods.includes(rest['method']))
    throw new ChangeRefused(`method must be one of ${methods.join(', ')}`);
  return { ...rest, ...(intervalMs === undefined ? {} : { interval: intervalMs as number }) };
}

export function parseBalancerPatch(value: unknown): BalancerPatch {
  return checked(value, 'a balancer', {
    lbmethod: 'string',
    stickysession: 'string',
    nofailover: 'boolean',
    timeoutSeconds: 'number',
    maxattempts: 'number',
  }) as BalancerPatch;
}

export interface NewMember {
  url: string;
  /** As on a BalancerMember line. */
  words: string[];
  isEnabled: boolean;
}

/** `parameters` has names and values of a BalancerMember line: `{ "loadfactor": "2", "route": "b3" }`. */
export function parseNewMember(value: unknown): NewMember {
  const body = checked(value, 'a new member', { url: 'string', parameters: 'object', enabled: 'boolean' });
  const { url, parameters = {}, enabled = false } = body;
  if (typeof url !== 'string' || !/^[\x21-\x7e]+$/.test(url))
    throw new ChangeRefused('a new member needs a url of visible ASCII characters');
  const words = Object.entries(objectOf(parameters, 'parameters')).map(
    ([key, item]) => `${key}=${String(item)}`,
  );
  return { url, words, isEnabled: enabled === true };
}
