import assert from 'node:assert/strict';
import { packingFor } from '../../../../../edge/engine/uws/uws-deflate.js';

const FRESH = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover';
const own = (bits: number): string =>
  `permessage-deflate; client_no_context_takeover; server_max_window_bits=${bits}`;
const NO_CONTEXT = 'server_no_context_takeover';

/** What the library is shown, whether the compressor is the connection's own, and the longest message to be packed. */
const ROWS: [offers: string, shown: string, isOwn: boolean, longest: number][] = [
  ['permessage-deflate', FRESH, false, Infinity],
  ['permessage-deflate; client_max_window_bits', FRESH, false, Infinity],
  ['permessage-deflate;client_max_window_bits=12 ; client_no_context_takeover', FRESH, false, Infinity],
  ['x-other; a=1, permessage-deflate', FRESH, false, Infinity],
  ['permessage-deflate; server_max_window_bits=9', own(9), true, Infinity],
  ['permessage-deflate; server_max_window_bits="12"', own(10), true, Infinity],
  ['permessage-deflate; server_max_window_bits = 15; client_max_window_bits', own(10), true, Infinity],
  ['permessage-deflate; server_max_window_bits=8', FRESH, false, 256],
  [`permessage-deflate; ${NO_CONTEXT}; server_max_window_bits=11`, FRESH, false, 2048],
  [`permessage-deflate; server_max_window_bits=8, permessage-deflate; ${NO_CONTEXT}`, FRESH, false, Infinity],
  ['permessage-deflate; level=9, permessage-deflate; server_max_window_bits=10', own(10), true, Infinity],
];

const DECLINED = [
  '',
  'permessage-deflated',
  'x-webkit-deflate-frame',
  'permessage-deflate; level=9',
  'permessage-deflate; server_max_window_bits',
  'permessage-deflate; server_max_window_bits=7',
  'permessage-deflate; server_max_window_bits=16',
  'permessage-deflate; server_max_window_bits=09',
  'permessage-deflate; client_max_window_bits=ten',
  `permessage-deflate; ${NO_CONTEXT}=1`,
  `permessage-deflate; ${NO_CONTEXT}; ${NO_CONTEXT}`,
  'permessage-deflate; constructor',
  'permessage-deflate;;',
];

describe('offers of compression, as uWebSockets.js is shown them', () => {
  for (const [offers, offer, isOwn, longest] of ROWS) {
    it(offers, () => assert.deepEqual(packingFor(offers), { offer, isOwn, longest }));
  }

  for (const offers of DECLINED) {
    it(`${offers || 'nothing'}: none`, () => assert.equal(packingFor(offers), undefined));
  }
});
