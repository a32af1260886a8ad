/**
 * One request to a peer before it is measured: a peer that answers wrongly, or without the rules of its scenario, must
 * not get a number.
 */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { BODIES } from './origin.js';
import { RESPONSE_RULE } from './peers/peer.js';
import type { Scenario } from './scenarios/scenario.js';

/** errors  rejects with what is wrong */
export async function probe(scenario: Scenario, target: URL): Promise<void> {
  if (scenario.load.kind === 'websocket') return probeWebSocket(target);
  const post = scenario.load.kind === 'wrk' ? scenario.load.post : undefined;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = target.protocol === 'https:' ? requestTls : requestPlain;
    const method = post === undefined ? 'GET' : 'POST';
    const request = send(
      target,
      { method, agent: false, rejectUnauthorized: false, timeout: 60_000 },
      resolve,
    );
    request.once('error', reject);
    request.once('timeout', () => request.destroy(new Error('no answer within a minute')));
    request.end(post === undefined ? undefined : Buffer.alloc(post, 'x'));
  });
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  const problem = fault(scenario, response, bytes);
  if (problem !== undefined) throw new Error(`${target.href}: ${problem}`);
}

function probeWebSocket(target: URL): Promise<void> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    const request = requestPlain(target, { headers, agent: false, timeout: 60_000 }, (response) => {
      reject(new Error(`${target.href}: status ${response.statusCode} in place of a WebSocket`));
    });
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      resolve();
    });
    request.once('error', reject);
    request.once('timeout', () => request.destroy(new Error('no answer within a minute')));
    request.end();
  });
}

function fault(scenario: Scenario, response: IncomingMessage, bytes: number): string | undefined {
  if (response.statusCode !== 200) return `status ${response.statusCode}`;
  if (bytes !== BODIES[scenario.path]) return `${bytes} bytes, not ${BODIES[scenario.path]}`;
  const rule = response.headers[RESPONSE_RULE.name.toLowerCase()];
  if (scenario.isRich && rule !== RESPONSE_RULE.value) return `header rule not applied: ${String(rule)}`;
  return undefined;
}
