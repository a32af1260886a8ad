/**
 * The JSON API: read all, change a balancer or a member, add one, take one out. The same answers to the manager's address
 * (…/api/v1/…) and to `drover ctl` on its socket. Described by openapi.ts, which is served beside it.
 *
 *   GET    ''  /balancers  /balancers/NAME  /balancers/NAME/members/SLOT[/history]  /live  /openapi.json
 *   PATCH  /balancers/NAME                /balancers/NAME/members/SLOT
 *   POST   /balancers/NAME/members        /balancers/NAME/reset   /balancers/NAME/members/SLOT/reset
 *   DELETE /balancers/NAME/members/SLOT
 *   POST   /cache/purge
 *
 * Bodies are JSON and said to be: a form of another site cannot send that, which together with the browser's own word on
 * where a request comes from keeps other sites out. Any thread.
 */
import type { MemberSettings } from '../../workers/member.js';
import { serverToken } from '../server-token.js';
import { parseBalancerPatch, parseMemberPatch, parseNewMember } from './api-bodies.js';
import { cacheState } from './cache-figures.js';
import { purgeByApi } from './cache-purge.js';
import { ChangeRefused, changeBalancer, changeMember, resetBalancer, resetMember } from './changes.js';
import type { HandlerAnswer } from './handler.js';
import { SAMPLE_EVERY } from './history.js';
import { liveValues } from './live-values.js';
import { addMember, removeMember } from './members.js';
import { OPENAPI } from './openapi.js';
import type { Overview } from './overview.js';
import { memberState, stateOf } from './state.js';

export interface ApiRequest {
  method: string;
  /** Below …/api/v1, decoded; empty for the API's own address. */
  path: string;
  query: string;
  body: string;
  /** Content-Type. */
  type: string;
  /** Balancers that the asker sees; rows of the settings. */
  rows: readonly number[];
  /** A browser says that the request comes from another site. */
  foreign: boolean;
  /** On the socket: may change what nonce=None keeps from the page. */
  isOperator?: boolean;
}

/** Ends a request with a status and a sentence. */
class ApiFault extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function apiAnswer(overview: Overview, request: ApiRequest): Promise<HandlerAnswer> {
  try {
    return await answerOf(overview, request);
  } catch (error) {
    if (error instanceof ApiFault) return json(error.status, { error: error.message });
    if (error instanceof ChangeRefused) return json(409, { error: error.message });
    throw error;
  }
}

export function json(status: number, value: unknown): HandlerAnswer {
  const fields = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'];
  return { status, fields, body: `${JSON.stringify(value)}\n` };
}

function answerOf(overview: Overview, request: ApiRequest): HandlerAnswer | Promise<HandlerAnswer> {
  const { method, path, rows } = request;
  const parts = path.split('/').filter((part) => part !== '');
  const isRead = method === 'GET' || method === 'HEAD';
  if (parts.length === 0) return only(isRead, 'GET', () => json(200, summaryOf(overview, rows)));
  const [room, name, members, id, act] = parts;
  if (parts.length === 1 && room === 'openapi.json') return only(isRead, 'GET', () => json(200, OPENAPI));
  if (parts.length === 1 && room === 'live')
    return only(isRead, 'GET', () => json(200, liveOf(overview, rows)));
  if (parts.length === 2 && room === 'cache' && name === 'purge') {
    only(method === 'POST', 'POST', () => mayWrite(request));
    return json(200, { purged: purgeByApi(overview.cache, bodyOf(request)) });
  }
  if (room !== 'balancers') throw new ApiFault(404, `there is nothing at /${parts.join('/')}`);
  if (name === undefined) return only(isRead, 'GET', () => json(200, stateOf(overview, rows, Date.now())));
  const row = rowNamed(overview, rows, name);
  if (!isRead) mayChange(overview, row, request);
  if (members === undefined) {
    if (method !== 'PATCH') return only(isRead, 'GET, PATCH', () => json(200, balancerOf(overview, row)));
    changeBalancer(overview, row, parseBalancerPatch(bodyOf(request)));
    return json(200, balancerOf(overview, row));
  }
  if (members === 'reset' && id === undefined) {
    only(method === 'POST', 'POST', () => resetBalancer(overview, row));
    return json(200, balancerOf(overview, row));
  }
  if (members !== 'members') throw new ApiFault(404, `there is nothing at /${parts.join('/')}`);
  if (id === undefined) return membersAnswer(overview, row, request);
  return memberAnswer(overview, row, memberAt(overview, row, id), act, request);
}

function only<Result>(isAllowed: boolean, methods: string, run: () => Result): Result {
  if (!isAllowed) throw new ApiFault(405, `only ${methods} here`);
  return run();
}

function summaryOf(overview: Overview, rows: readonly number[]) {
  const now = Date.now();
  return {
    server: {
      product: serverToken('Full'),
      startedAt: new Date(overview.startedAt).toISOString(),
      uptimeSeconds: Math.floor((now - overview.startedAt) / 1000),
      threads: overview.threads,
    },
    cache: cacheState(overview),
    balancers: stateOf(overview, rows, now),
  };
}

function liveOf(overview: Overview, rows: readonly number[]) {
  const now = Date.now();
  return liveValues(overview, stateOf(overview, rows, now), now);
}

function balancerOf(overview: Overview, row: number) {
  return stateOf(overview, [row], Date.now())[0];
}

/** By the name without `balancer://`, or by the row. */
function rowNamed({ live }: Overview, rows: readonly number[], name: string): number {
  const wanted = `balancer://${name.toLowerCase()}`;
  const row =
    rows.find((each) => live.balancers[each]?.name === wanted) ?? rows.find((each) => String(each) === name);
  if (row === undefined) throw new ApiFault(404, `there is no balancer ${name}`);
  return row;
}

function memberAt({ live }: Overview, row: number, id: string): MemberSettings {
  live.refresh();
  const member = live.membersOf(row).find(({ slot }) => String(slot) === id);
  if (member === undefined)
    throw new ApiFault(404, `there is no member ${id} in ${live.balancers[row]?.name}`);
  return member;
}

function mayChange({ live }: Overview, row: number, request: ApiRequest): void {
  mayWrite(request);
  const { isOperator } = request;
  if (isOperator !== true && live.balancers[row]?.nonce?.toLowerCase() === 'none')
    throw new ApiFault(403, 'nonce=None: nothing can be changed here');
}

function mayWrite({ foreign, method, type, body }: ApiRequest): void {
  if (foreign) throw new ApiFault(403, 'changes are taken from this very site only');
  const isJson = /^application\/json\s*(?:;|$)/i.test(type);
  if ((method === 'POST' || body !== '') && !isJson)
    throw new ApiFault(415, 'the body must be application/json');
}

function bodyOf({ body }: ApiRequest): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : Buffer.from(body, 'latin1').toString('utf8'));
  } catch {
    throw new ApiFault(400, 'the body is not JSON');
  }
}

async function membersAnswer(overview: Overview, row: number, request: ApiRequest): Promise<HandlerAnswer> {
  const { method } = request;
  if (method !== 'POST')
    return only(method === 'GET' || method === 'HEAD', 'GET, POST', () =>
      json(200, balancerOf(overview, row)?.members),
    );
  const { url, words, isEnabled } = parseNewMember(bodyOf(request));
  const member = await addMember(overview, row, url, words, isEnabled);
  return json(201, memberState(overview, member, Date.now()));
}

function memberAnswer(
  overview: Overview,
  row: number,
  member: MemberSettings,
  act: string | undefined,
  request: ApiRequest,
): HandlerAnswer {
  const { method } = request;
  const { slot } = member;
  const isRead = method === 'GET' || method === 'HEAD';
  if (act === 'history') {
    const samples = overview.history?.of(slot) ?? [];
    return only(isRead, 'GET', () => json(200, { secondsPerSample: SAMPLE_EVERY / 1000, samples }));
  }
  if (act === 'reset') only(method === 'POST', 'POST', () => resetMember(overview, row, slot));
  else if (act !== undefined) throw new ApiFault(404, `a member has no ${act}`);
  else if (method === 'PATCH') changeMember(overview, row, slot, parseMemberPatch(bodyOf(request)));
  else if (method === 'DELETE') removeMember(overview, member);
  else only(isRead, 'GET, PATCH, DELETE', () => undefined);
  return json(method === 'DELETE' ? 202 : 200, memberState(overview, member, Date.now()));
}
