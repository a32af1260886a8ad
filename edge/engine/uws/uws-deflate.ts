/**
 * What a client's offers of compression (permessage-deflate) come to on uWebSockets.js. The library looks at one offer, passes
 * over what it does not know in it, and answers either that the server keeps no context or how large its window is: the
 * first where it has one compressor for all, the second where each connection has its own. So there are two routes for
 * WebSockets, one of each kind, and the offer is chosen here, and put to the library in words that it answers rightly:
 *
 *   no server_max_window_bits       no context is kept: one compressor for all
 *   server_max_window_bits 9 to 15  a small window of the connection's own; an answer may be smaller than the offer
 *   8, or with no context as well   an answer without the bits, and only messages are packed that fit into such a window
 *
 * An offer with what RFC 7692 does not know is passed over. One that can be answered in full goes before one that can not.
 * Source: RFC 7692 5 and 7.1; uWebSockets, WebSocketExtensions.h. Thread: worker.
 */

const NAME = 'permessage-deflate';
const SERVER_BITS = 'server_max_window_bits';
const CLIENT_BITS = 'client_max_window_bits';
const SERVER_FRESH = 'server_no_context_takeover';
const CLIENT_FRESH = 'client_no_context_takeover';
const [LEAST_BITS, MOST_BITS] = [8, 15];
/** The least that zlib packs with; the library has no compressor below. */
const LEAST_OWN_BITS = 9;
/** Of a window of a connection's own, which with its tables takes eight times as many bytes as it has: 8 KB. */
const MOST_OWN_BITS = 10;

/** How messages to a client are packed. */
export interface Packing {
  /** The offer as the library is to see it. */
  readonly offer: string;
  /** Has the connection a compressor of its own? */
  readonly isOwn: boolean;
  /** Bytes of the longest message that may be packed. */
  readonly longest: number;
}

const FRESH: Packing = {
  offer: `${NAME}; ${CLIENT_FRESH}; ${SERVER_FRESH}`,
  isOwn: false,
  longest: Infinity,
};

/**
 * offers   the client's Sec-WebSocket-Extensions
 * returns  undefined when there is no offer that can be accepted
 */
export function packingFor(offers: string): Packing | undefined {
  let second: Packing | undefined;
  for (const offer of offers.split(',')) {
    const parameters = parametersOf(offer);
    if (parameters === undefined) continue;
    const bits = parameters.get(SERVER_BITS);
    if (bits === undefined) return FRESH;
    if (Number(bits) >= LEAST_OWN_BITS && !parameters.has(SERVER_FRESH)) {
      const own = Math.min(Number(bits), MOST_OWN_BITS);
      return { offer: `${NAME}; ${CLIENT_FRESH}; ${SERVER_BITS}=${own}`, isOwn: true, longest: Infinity };
    }
    second ??= { ...FRESH, longest: 2 ** Number(bits) };
  }
  return second;
}

/** Undefined when it is another extension's, or one that has to be declined: RFC 7692 7.1. */
function parametersOf(offer: string): Map<string, string> | undefined {
  const [name = '', ...rest] = offer.split(';');
  if (name.trim() !== NAME) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const [, word = '', value = ''] = /^\s*([a-z_]+)(?:\s*=\s*"?(\d{1,2})"?)?\s*$/.exec(part) ?? [];
    if (parameters.has(word) || !isKnown(word, value)) return undefined;
    parameters.set(word, value);
  }
  return parameters;
}

function isKnown(word: string, value: string): boolean {
  if (word === SERVER_FRESH || word === CLIENT_FRESH) return value === '';
  if (word === CLIENT_BITS && value === '') return true;
  const isBits = word === SERVER_BITS || word === CLIENT_BITS;
  return isBits && /^[1-9]/.test(value) && Number(value) >= LEAST_BITS && Number(value) <= MOST_BITS;
}
