/**
 * A member's status as httpd's pages spell it, and as a person would say it: why it gets no requests, and until when.
 * Source: httpd 2.4, ap_proxy_parse_wstatus's table; order and words observed on 2.4.71. Pure.
 */
import { isUsable, STATUS } from '../../workers/member.js';
import type { ErrorReason } from '../../workers/scoreboard.js';
import type { Ms } from '../settings.js';

const WORDS: readonly [number, string][] = [
  [STATUS.O, 'Init'],
  [STATUS.I, 'Ign'],
  [STATUS.N, 'Drn'],
  [STATUS.G, 'Gen'],
  [STATUS.U, 'Shut'],
  [STATUS.D, 'Dis'],
  [STATUS.S, 'Stop'],
  [STATUS.E, 'Err'],
  [STATUS.H, 'Stby'],
  [STATUS.R, 'Spar'],
  [STATUS.F, 'Free'],
  [STATUS.C, 'HcFl'],
];

/** `Init Drn Ok `: every word with a blank behind it, as pages and XML have it. */
export function statusWords(status: number): string {
  const words = WORDS.filter(([bit]) => (status & bit) !== 0).map(([, word]) => `${word} `);
  return words.join('') + (isUsable(status) ? 'Ok ' : '');
}

/** Flags that an operator may set, by httpd's letter. */
export const LETTERS = ['I', 'N', 'D', 'H', 'R', 'S', 'C'] as const;
export type Letter = (typeof LETTERS)[number];

/** Letters of all flags that are set, E among them. */
export function statusLetters(status: number): string[] {
  return ([...LETTERS, 'E', 'U'] as const).filter((letter) => (status & STATUS[letter]) !== 0);
}

/** How a member stands, for a colour and a word beside it. */
export type Standing = 'ok' | 'draining' | 'waiting' | 'error' | 'off';

export function standingOf(status: number): Standing {
  if ((status & (STATUS.D | STATUS.S | STATUS.U)) !== 0) return 'off';
  if ((status & (STATUS.E | STATUS.C)) !== 0) return 'error';
  if ((status & STATUS.N) !== 0) return 'draining';
  return (status & (STATUS.H | STATUS.R)) !== 0 ? 'waiting' : 'ok';
}

export interface StateFacts {
  status: number;
  reason: ErrorReason;
  errorTime: Ms;
  retry: Ms;
  busy: number;
  isLeaving: boolean;
  now: Ms;
}

/** One line: `connection refused, 12 s ago, next try in 18 s`. */
export function stateText(facts: StateFacts): string {
  const { status, busy } = facts;
  const underWay = busy === 1 ? '1 request is under way' : `${busy} requests are under way`;
  const rest = busy > 0 ? `, ${underWay}` : '';
  if (facts.isLeaving) return `being taken out${rest}`;
  if ((status & STATUS.S) !== 0) return `stopped by an operator${rest}`;
  if ((status & STATUS.D) !== 0) return `disabled by an operator${rest}`;
  if ((status & STATUS.E) !== 0) return errorText(facts);
  if ((status & STATUS.C) !== 0) return 'its health checks fail';
  if ((status & STATUS.N) !== 0)
    return busy > 0 ? `draining, ${underWay}` : 'draining, no request is under way';
  if ((status & STATUS.H) !== 0) return 'hot standby: serves when no other member can';
  if ((status & STATUS.R) !== 0) return 'hot spare: serves in place of a member that is out';
  return (status & STATUS.I) !== 0 ? 'serves; its errors are ignored' : 'serves';
}

function errorText({ reason, errorTime, retry, now }: StateFacts): string {
  const why = reason === '' ? 'in error' : reason;
  if (errorTime === 0) return `${why}, tried again with the next request`;
  const left = errorTime + retry - now;
  const next = left > 0 ? `next try in ${spanText(left)}` : 'tried again with the next request';
  return `${why}, ${spanText(now - errorTime)} ago, ${next}`;
}

/** `18 s`, `3 min`, `2 h`, `4 d`. */
export function spanText(span: Ms): string {
  const seconds = Math.max(Math.ceil(span / 1000), 0);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** httpd's four characters for a number of bytes: `  0 `, `257 `, `1.2K`, `102K`, `1.0M`; `  - ` below zero. */
export function sizeText(bytes: number): string {
  if (bytes < 0) return '  - ';
  if (bytes < 973) return `${String(bytes).padStart(3)} `;
  let size = bytes;
  for (const unit of 'KMGTPE') {
    const remain = size & 1023;
    size = Math.floor(size / 1024);
    if (size >= 973) continue;
    if (size < 9 || (size === 9 && remain < 973)) {
      let whole = size;
      let tenths = Math.floor((remain * 5 + 256) / 512);
      if (tenths >= 10) {
        whole += 1;
        tenths = 0;
      }
      return `${whole}.${tenths}${unit}`;
    }
    return `${String(remain >= 512 ? size + 1 : size).padStart(3)}${unit}`;
  }
  return '****';
}
