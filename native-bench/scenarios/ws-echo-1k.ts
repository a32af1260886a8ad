/** A message of a WebSocket to its member and back: what a conversation costs that is open already. */
import type { Scenario } from './scenario.js';

export const wsEcho1k: Scenario = {
  name: 'ws-echo-1k',
  asks: 'a WebSocket message of 1 KB to a member and back; 64 connections, each with one message under way',
  path: '/echo',
  isTls: false,
  isRich: false,
  load: { kind: 'websocket', connections: 64, bytes: 1024 },
};
