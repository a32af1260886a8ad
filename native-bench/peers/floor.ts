/** No peer but the ground: what uWebSockets.js and node cost where nothing of drover is above them (floor.ts). */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Peer } from './peer.js';

const PROGRAM = join(import.meta.dirname, '../floor.js');
/** It does not wait for a client's socket: what is passed on has to fit. */
const MOST_PASSED = /\/(?:24b|1k)$/;

export const floor: Peer = {
  name: 'floor',
  takesPart: ({ load, path, isHttp2, isNodeEngine, isBusy, isCached, cacheBytes, hasStray }) =>
    load.kind === 'wrk' &&
    load.post === undefined &&
    (isCached === true ? cacheBytes === undefined : MOST_PASSED.test(path)) &&
    ![isHttp2, isNodeEngine, isBusy, hasStray].includes(true),
  version() {
    const file = createRequire(import.meta.url).resolve('uWebSockets.js/package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  },
  prepare({ port, members, tls }) {
    const secure = tls === undefined ? [] : [tls.certificate, tls.key];
    return { command: process.execPath, arguments: [PROGRAM, String(port), String(members[0]), ...secure] };
  },
};
