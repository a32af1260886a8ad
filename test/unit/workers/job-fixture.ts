/** A request as the edge would have it, for tests: it notes what it hears, and asserts that it hears it in order. */
import assert from 'node:assert/strict';
import { Balancer } from '../../../workers/balancer.js';
import type { BalancerSettings } from '../../../workers/balancer-settings.js';
import { Delivery, type DeliveryTools } from '../../../workers/delivery.js';
import type { Job } from '../../../workers/job.js';
import type { MemberSettings } from '../../../workers/member.js';
import { Pool } from '../../../workers/pool.js';
import type { Report } from '../../../workers/reporter.js';
import type { Scoreboard } from '../../../workers/scoreboard.js';
import { Deadlines } from '../../../workers/upstream/deadlines.js';
import type { Failure } from '../../../workers/upstream/failure.js';
import type { RequestFacts } from '../../../workers/upstream/request-facts.js';
import { type Lookups, Resolver } from '../../../workers/upstream/resolve.js';
import type { ResponseHead } from '../../../workers/upstream/response-head.js';
import { balancerSettings, boardFor } from './fixture.js';

/** Members with their scoreboard, pools and a balancer over all of them. */
export class Room {
  readonly members: readonly MemberSettings[];
  readonly board: Scoreboard;
  readonly balancer: Balancer;
  readonly deadlines = new Deadlines();
  readonly reports: Report[] = [];
  readonly tools: DeliveryTools;
  readonly #pools: Pool[];

  constructor(
    members: readonly MemberSettings[],
    settings: Partial<BalancerSettings> = {},
    lookups?: Lookups,
    clock?: () => number,
  ) {
    this.members = members;
    this.board = boardFor(members);
    this.balancer = new Balancer(balancerSettings(members, settings), members, this.board);
    const tools = {
      board: this.board,
      deadlines: this.deadlines,
      resolver: new Resolver(lookups, clock),
      reporter: { report: (line: Report) => this.reports.push(line) },
      poolOf: ({ slot }: MemberSettings): Pool => this.#pools[slot] as Pool,
    };
    this.tools = tools;
    this.#pools = members.map((member) => new Pool(member, tools));
  }

  get pools(): readonly Pool[] {
    return this.#pools;
  }

  /** Gives a job to the balancer. */
  deliver(job: TestJob): Delivery {
    const delivery = new Delivery(job, { balancer: this.balancer, member: undefined }, this.tools);
    job.delivery = delivery;
    delivery.start(Date.now());
    return delivery;
  }

  /** Asserts that nothing is held: no request, no place of max, no deadline. */
  assertIdle(): void {
    for (const { slot, max } of this.members) {
      assert.equal(this.board.busyOf(slot), 0, `busy of member ${slot}`);
      if (max === 0) continue;
      for (let n = 0; n < max; n += 1)
        assert.ok(this.board.takePlace(slot, max), `place ${n} of member ${slot}`);
      for (let n = 0; n < max; n += 1) this.board.givePlace(slot);
    }
    assert.equal(this.deadlines.isIdle, true, 'a deadline is armed');
  }

  isIdle(): boolean {
    return this.deadlines.isIdle && this.members.every(({ slot }) => this.board.busyOf(slot) === 0);
  }

  close(): void {
    for (const pool of this.#pools) pool.close();
  }
}

export type End = 'answered' | 'failed' | 'cancelled';

export class TestJob implements Job {
  readonly method: string;
  readonly path: string;
  readonly host = 'a.test';
  readonly upstreamFields = '';
  readonly cookies = undefined;
  readonly hashKey = '';
  readonly timeout = 5000;
  readonly bodyLength: number;
  readonly saysEmptyBody = false;
  readonly upgrade: string = '';
  delivery: Delivery | undefined;
  status = 0;
  body = '';
  failure: Failure | undefined;
  picks: number[] = [];
  isBodyPaused = false;
  /** Answers `false` to the next piece, as a client does that is full. */
  isFull = false;
  end: End | undefined;
  readonly done: Promise<End>;
  #finish: (end: End) => void = () => undefined;

  constructor(method: string, path: string, bodyLength = 0) {
    this.method = method;
    this.path = path;
    this.bodyLength = bodyLength;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get uri(): string {
    return this.path;
  }

  facts(): RequestFacts {
    return {
      clientAddress: '192.0.2.1',
      connection: { remoteAddress: '192.0.2.1', remotePort: 1234, localAddress: '192.0.2.2', localPort: 80 },
      memberTls: undefined,
      protocol: 'HTTP/1.1',
      trailers: [],
      isSecure: false,
      fields: ['host', 'a.test', 'x-a', '1'],
      serverName: 'a.test',
      serverPort: 80,
      user: '',
      authType: '',
      sessionRoute: '',
      ajpVariables: () => [],
      tlsVariable: () => undefined,
    };
  }

  cancel(): void {
    if (this.end !== undefined) return;
    this.#over('cancelled');
    this.delivery?.cancel();
  }

  pauseBody(): void {
    this.isBodyPaused = true;
  }

  resumeBody(): void {
    this.isBodyPaused = false;
  }

  onPick(member: MemberSettings): void {
    assert.equal(this.end, undefined);
    this.picks.push(member.slot);
  }

  onUpgrade(): void {
    assert.fail('nothing asked for an upgrade');
  }

  onInterim(): void {
    assert.equal(this.status, 0);
  }

  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): boolean {
    assert.equal(this.end, undefined);
    assert.equal(this.status, 0, 'a second head');
    this.status = head.status;
    this.body += body?.toString('latin1') ?? '';
    if (isLast) this.#over('answered');
    return !this.isFull;
  }

  onData(chunk: Buffer, isLast: boolean): boolean {
    assert.equal(this.end, undefined);
    assert.notEqual(this.status, 0);
    this.body += chunk.toString('latin1');
    if (isLast) this.#over('answered');
    return !this.isFull;
  }

  onEnd(): void {
    this.#over('answered');
  }

  onFail(failure: Failure): void {
    this.failure = failure;
    this.#over('failed');
  }

  #over(end: End): void {
    assert.equal(this.end, undefined, `${end} after ${this.end}`);
    this.end = end;
    this.#finish(end);
  }
}
