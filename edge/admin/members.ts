/**
 * Members that come and go while drover runs. A new one takes a spare slot of its balancer (BalancerGrowth, growth=) and
 * begins disabled, as in httpd, so that nothing reaches it before an operator has looked at it, or in service where the
 * API asks for that. One that was added can be taken out again, which httpd cannot: it gets no new requests, and its slot
 * is free once its last one has ended. A member of the configuration stays: it can be disabled.
 *
 * The URL is read by the configuration's own reader, so that it means the same as on a BalancerMember line.
 * Source: httpd 2.4, mod_proxy_balancer, b_nwrkr. Any thread.
 */
import type { BalancerSettings } from '../../workers/balancer-settings.js';
import { type MemberSettings, STATUS } from '../../workers/member.js';
import { firstFactor } from '../../workers/slow-start.js';
import { ChangeRefused } from './changes.js';
import type { Overview } from './overview.js';

/**
 * A new member in a spare slot.
 * words    parameters as on a BalancerMember line: `loadfactor=2`
 * returns  the member; the one that is there already when its URL is known
 * errors   ChangeRefused
 */
export async function addMember(
  overview: Overview,
  row: number,
  url: string,
  words: readonly string[],
  isEnabled: boolean,
): Promise<MemberSettings> {
  const { live, board } = overview;
  // The reader is large, and most threads never need it again.
  const { memberOfUrl } = await import('../load.js');
  live.refresh();
  const balancer = live.balancers[row] as BalancerSettings;
  const at = `${balancer.name} (added ${new Date().toISOString()})`;
  const made = memberOfUrl(url, words, at, overview.settings);
  if (typeof made === 'string') throw new ChangeRefused(made);
  const known = live.membersOf(row).find(({ name }) => name === made.name);
  if (known !== undefined) return known;
  const disabled = isEnabled ? 0 : STATUS.D;
  const status = (made.status & ~STATUS.I) | disabled | STATUS.O;
  for (const slot of live.growthSlots(row)) {
    if (live.memberAt(slot) !== undefined) continue;
    const member: MemberSettings = { ...made, slot, status };
    const isMine = live.claimSlot(member, () => {
      board.reseed(member);
      board.setFactor(slot, firstFactor(member));
      overview.tally?.clearMember(slot);
      overview.history?.clear(slot);
    });
    // Else another thread has given it away in this moment.
    if (isMine) return member;
  }
  const { growth, name } = balancer;
  const why =
    growth === 0 ? 'has no spare slots (BalancerGrowth, growth=)' : `has used all ${growth} spare slots`;
  throw new ChangeRefused(`${name} ${why}`);
}

/** No new requests from now on; freeSlots ends it. errors ChangeRefused */
export function removeMember({ live, board }: Overview, member: MemberSettings): void {
  const changes = live.changesOfMember(member.slot);
  if (changes.added === undefined)
    throw new ChangeRefused(
      `${member.name} stands in the configuration (${member.at}): disable or stop it instead`,
    );
  board.setStatus(member.slot, STATUS.U | STATUS.D);
  live.changeMember(member.slot, { ...changes, isLeaving: true });
}

/** Ms without a request: who picked the member before it was taken out may have been stopped by the kernel just then. */
const SILENT = 200;

/**
 * Frees the slots of members that were taken out and have no request any more. Control thread, every second or so.
 * silent  since when each has had none, by slot; kept from call to call
 * now     ms
 */
export function freeSlots({ live, board }: Overview, silent: Map<number, number>, now: number): void {
  live.refresh();
  for (const { slot } of live.members) {
    const isIdle =
      live.changesOfMember(slot).isLeaving === true && board.busyOf(slot) === 0 && board.inUseOf(slot) === 0;
    if (!isIdle) silent.delete(slot);
    else if (!silent.has(slot)) silent.set(slot, now);
    else if (now - (silent.get(slot) ?? now) >= SILENT) {
      silent.delete(slot);
      live.changeMember(slot, {});
    }
  }
}
