/**
 * `drover ctl`: balancers and members of the running drover, from the command line. It speaks the JSON API over the
 * control thread's socket, which lies beside the PID file that the configuration names.
 * Tables for people, `--json` for scripts. Exit codes: 0 done, 1 refused or not running, 2 wrong words, 3 a wait ran out.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { BalancerState, MemberState } from '../admin/state.js';
import { CtlClient, CtlRefused } from './client.js';
import { memberTable, statusTables } from './tables.js';

export const CTL_USAGE = `Usage: drover ctl [-f file] [--json] command …
Commands:
  status [BALANCER]                     balancers and members, with the reason of each state
  drain BALANCER MEMBER [--wait]        no new clients; its sessions go on
  disable BALANCER MEMBER [--wait]      no requests at all
  stop BALANCER MEMBER [--wait]         as disable, and neither retried nor checked
  enable BALANCER MEMBER                undoes drain, disable and stop
  set BALANCER [MEMBER] key=value …     loadfactor lbset route redirect; lbmethod stickysession nofailover timeout maxattempts
  add BALANCER URL [--enabled] [key=value …]
                                        a new member, as on a BalancerMember line; disabled unless --enabled
  remove BALANCER MEMBER [--wait]       takes out a member that was added
  reset BALANCER [MEMBER]               back to what the configuration says
  purge URL | --prefix URL | --tag WORD [--soft]
                                        takes out of the cache; --soft: it is stale only
Options:
  -f file         configuration file of the running drover, as for drover itself
  --wait          until no request is under way at the member
  --timeout S     give up waiting after so many seconds (default 300), exit code 3
  --json          what the API answers, as JSON
BALANCER is balancer://name or its name; MEMBER its URL, or the only one that begins so.
`;

export interface CtlHands {
  say(text: string): void;
  complain(text: string): void;
  /** The socket of the drover that a configuration file means; undefined file: the usual one. */
  socketOf(file: string | undefined): string | { problem: string };
}

const WAIT_STEP_MS = 200;
const FLAGS: Record<string, Record<string, boolean>> = {
  drain: { N: true },
  disable: { D: true },
  stop: { S: true },
  enable: { D: false, S: false, N: false },
};

class WrongWords extends Error {}

interface Options {
  json: boolean;
  wait: boolean;
  enabled: boolean;
  timeout: number;
  prefix: string | undefined;
  tag: string | undefined;
  soft: boolean;
}

/** Returns the exit code. */
export async function runCtl(words: readonly string[], hands: CtlHands): Promise<number> {
  try {
    const { values, positionals } = parse(words);
    const { help = false, json = false, wait = false, enabled = false, timeout = '300' } = values;
    const { prefix, tag, soft = false } = values;
    if (help) {
      hands.say(CTL_USAGE);
      return 0;
    }
    const socket = hands.socketOf(values.f);
    if (typeof socket !== 'string') {
      hands.complain(socket.problem);
      return 1;
    }
    const options = { json, wait, enabled, timeout: Number(timeout), prefix, tag, soft };
    return await new Ctl(new CtlClient(socket), hands, options).run(positionals);
  } catch (error) {
    if (error instanceof WrongWords) {
      hands.complain(`drover ctl: ${error.message}\n${CTL_USAGE}`);
      return 2;
    }
    if (!(error instanceof CtlRefused)) throw error;
    hands.complain(`drover ctl: ${error.message}\n`);
    return 1;
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        f: { type: 'string', short: 'f' },
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        wait: { type: 'boolean' },
        enabled: { type: 'boolean' },
        timeout: { type: 'string' },
        prefix: { type: 'string' },
        tag: { type: 'string' },
        soft: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new WrongWords(error instanceof Error ? error.message : String(error));
  }
}

class Ctl {
  readonly #client: CtlClient;
  readonly #hands: CtlHands;
  readonly #options: Options;

  constructor(client: CtlClient, hands: CtlHands, options: Options) {
    this.#client = client;
    this.#hands = hands;
    this.#options = options;
  }

  async run([command = 'status', ...rest]: string[]): Promise<number> {
    const [name = '', member, ...pairs] = rest;
    if (command === 'status') return this.#status(rest[0]);
    if (command === 'purge') return this.#purge(rest[0]);
    if (name === '') throw new WrongWords(`${command} needs a balancer`);
    const balancer = await this.#balancer(name);
    const flags = FLAGS[command];
    if (flags !== undefined) {
      const chosen = pick(balancer, member);
      return this.#changeMember(balancer, chosen, 'PATCH', '', { flags });
    }
    switch (command) {
      case 'set':
        return this.#set(balancer, member, pairs);
      case 'add':
        return this.#add(balancer, member, pairs);
      case 'remove':
        return this.#changeMember(balancer, pick(balancer, member), 'DELETE', '', undefined);
      case 'reset':
        if (member !== undefined)
          return this.#changeMember(balancer, pick(balancer, member), 'POST', '/reset', {});
        return this.#show(await this.#client.ask('POST', `/balancers/${balancer.row}/reset`, {}), () => '');
      default:
        throw new WrongWords(`there is no command ${command}`);
    }
  }

  async #status(name: string | undefined): Promise<number> {
    if (name !== undefined) {
      const balancer = await this.#balancer(name);
      return this.#show(balancer, () => statusTables([balancer]));
    }
    const all = await this.#client.ask('GET', '');
    return this.#show(all, () => statusTables((all as { balancers: BalancerState[] }).balancers));
  }

  async #balancer(word: string): Promise<BalancerState> {
    const name = word.replace(/^balancer:\/\//i, '');
    return (await this.#client.ask('GET', `/balancers/${encodeURIComponent(name)}`)) as BalancerState;
  }

  async #purge(url: string | undefined): Promise<number> {
    const { prefix, tag, soft } = this.#options;
    const what = {
      ...(url === undefined ? {} : { url }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(tag === undefined ? {} : { tags: [tag] }),
    };
    if (Object.keys(what).length !== 1) throw new WrongWords('purge needs a URL, --prefix or --tag');
    const done = (await this.#client.ask('POST', '/cache/purge', { ...what, soft })) as { purged: number };
    return this.#show(done, () => `${done.purged} purged\n`);
  }

  async #set(balancer: BalancerState, member: string | undefined, pairs: string[]): Promise<number> {
    const isOfBalancer = member === undefined || member.includes('=');
    const patch = patchOf(isOfBalancer ? [...(member === undefined ? [] : [member]), ...pairs] : pairs);
    if (!isOfBalancer) return this.#changeMember(balancer, pick(balancer, member), 'PATCH', '', patch);
    const after = (await this.#client.ask('PATCH', `/balancers/${balancer.row}`, patch)) as BalancerState;
    return this.#show(after, () => statusTables([after]));
  }

  async #add(balancer: BalancerState, url: string | undefined, pairs: string[]): Promise<number> {
    if (url === undefined) throw new WrongWords('add needs the URL of the new member');
    const parameters = Object.fromEntries(pairs.map(pairOf));
    const body = { url, parameters, enabled: this.#options.enabled };
    const member = (await this.#client.ask(
      'POST',
      `/balancers/${balancer.row}/members`,
      body,
    )) as MemberState;
    return this.#show(member, () => memberTable([member]));
  }

  async #changeMember(
    { row }: BalancerState,
    { slot }: MemberState,
    method: string,
    act: string,
    body: unknown,
  ): Promise<number> {
    const path = `/balancers/${row}/members/${slot}`;
    const after = (await this.#client.ask(method, `${path}${act}`, body)) as MemberState;
    if (!this.#options.wait) return this.#show(after, () => memberTable([after]));
    return this.#waitForIdle(path, after);
  }

  /** Until the member has no request any more, or is gone. */
  async #waitForIdle(path: string, first: MemberState): Promise<number> {
    const until = Date.now() + this.#options.timeout * 1000;
    let member = first;
    while (member.busy > 0 || member.leaving) {
      if (Date.now() > until) {
        this.#show(member, () => memberTable([member]));
        this.#hands.complain(`drover ctl: ${member.busy} requests are still under way\n`);
        return 3;
      }
      await sleep(WAIT_STEP_MS);
      const next = (await this.#client.find(path)) as MemberState | undefined;
      if (next === undefined) return this.#show({ ...member, busy: 0 }, () => `${member.url} is gone\n`);
      member = next;
    }
    return this.#show(member, () => memberTable([member]));
  }

  #show(value: unknown, table: () => string): number {
    this.#hands.say(this.#options.json ? `${JSON.stringify(value, undefined, 2)}\n` : table());
    return 0;
  }
}

function pick({ name, members }: BalancerState, word: string | undefined): MemberState {
  if (word === undefined) throw new WrongWords('the command needs a member');
  const exact = members.find(({ url }) => url === word);
  if (exact !== undefined) return exact;
  const found = members.filter(({ url }) => url.startsWith(word) || url.includes(`//${word}`));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const has = members.map(({ url }) => url).join(', ');
  const why =
    found.length > 1
      ? `more than one member of ${name} begins with ${word}`
      : `${name} has no member ${word}`;
  throw new CtlRefused(`${why}; it has ${has}`);
}

function pairOf(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at < 1) throw new WrongWords(`${word} is not key=value`);
  return [word.slice(0, at), word.slice(at + 1)];
}

/** What is said as httpd's parameter, as the API has it. */
function patchOf(pairs: readonly string[]): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const [key, value] of pairs.map(pairOf)) {
    if (key === 'nofailover') patch[key] = /^(?:on|true|1)$/i.test(value);
    else if (key === 'timeout') patch['timeoutSeconds'] = Number(value);
    else patch[key] = ['loadfactor', 'lbset', 'maxattempts'].includes(key) ? Number(value) : value;
  }
  if (Object.keys(patch).length === 0) throw new WrongWords('set needs key=value');
  return patch;
}
