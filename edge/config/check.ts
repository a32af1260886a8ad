/**
 * Checks of the whole, after every line by itself was sound: what httpd finds only when it starts, and what it never says.
 * Faults are errors already for -t; advice is a warning; what is merely so is a note.
 *
 * Source: httpd 2.4, messages at start as observed. Thread: whichever reads the configuration.
 */
import { chooseEngine, serversOn, wishOf } from '../engine/engine-choice.js';
import { mirrorsOf } from '../mirror/settings.js';
import type { ServerSettings, Settings } from '../settings.js';
import { unknownShadows } from './directives/edge-mirror.js';
import { ConfError, type Position, positionOf } from './error.js';
import { lintProxyPass } from './proxy-lint.js';
import { checkTls } from './tls-check.js';

/** uWebSockets.js closes idle connections after this, whatever it is told. */
const UWS_IDLE_MS = 10_000;

/** Where what is found goes. */
export interface Findings {
  errors: ConfError[];
  /** A line of the error log at level warn. */
  warn(module: string, text: string): void;
}

export function checkSettings(settings: Settings, found: Findings, program: string, now: () => number): void {
  checkListens(settings, found);
  checkTls(settings, found, now());
  checkName(settings, found, program);
  checkEngines(settings, found);
  checkBalancers(settings, found);
  checkCaches(settings);
  checkMirrors(settings, found);
  for (const text of lintProxyPass(settings.servers)) found.warn('proxy', text);
}

/** As in httpd: the quick handler runs before any section is looked for, and nothing is on disk without a place there. */
function checkCaches(settings: Settings): void {
  for (const { cache, locations, proxySections, at: server } of settings.servers) {
    if (cache?.root === undefined && cache?.enable.some(({ store }) => store === 'disk') === true) {
      const text = 'disk without CacheRoot: it is kept in memory alone, and a restart empties it';
      settings.notes.push({ kind: 'warning', at: server, word: 'CacheEnable', text });
    }
    if (cache?.quickHandler === false) continue;
    for (const { place, at } of [...locations, ...proxySections]) {
      if (place.cache?.enable === undefined) continue;
      const text = 'has no effect in a section unless CacheQuickHandler is Off';
      const note = { kind: 'warning', at, word: 'CacheEnable', text } as const;
      if (!settings.notes.some((known) => known.at === at && known.text === text)) settings.notes.push(note);
    }
  }
}

function checkMirrors(settings: Settings, found: Findings): void {
  for (const { name, at } of unknownShadows(mirrorsOf(settings), settings)) {
    const hint = `<Proxy ${name}> with BalancerMember lines defines it`;
    const text = `EdgeMirror: there is no ${name}`;
    found.errors.push(new ConfError(text, positionOf(at), { family: 'plain', hint }));
  }
}

function checkListens(settings: Settings, found: Findings): void {
  if (settings.listens.length > 0) return;
  // httpd differs: it says Syntax OK and fails at start.
  const at: Position = { file: settings.file, line: 0, column: 0 };
  const hint = 'a Listen line names the address and port that clients connect to';
  const text = 'no listening sockets available, shutting down';
  found.errors.push(new ConfError(text, at, { family: 'plain', hint }));
}

function checkName(settings: Settings, found: Findings, program: string): void {
  if (settings.servers[0]?.name !== '') return;
  const text =
    `AH00558: ${program}: Could not reliably determine the server's fully qualified domain name, using 127.0.0.1. ` +
    "Set the 'ServerName' directive globally to suppress this message";
  found.warn('core', text);
}

function checkEngines(settings: Settings, found: Findings): void {
  const slow = new Map<string, ServerSettings>();
  const timed = new Set<string>();
  const ordered = new Set<string>();
  for (const listen of settings.listens) {
    if (chooseEngine(settings, listen).engine === 'node') continue;
    for (const server of serversOn(settings, listen)) {
      const wish = wishOf(server, settings);
      const address = `${listen.address || '*'}:${listen.port}`;
      if (server.proxyProtocol === true) {
        const text = `RemoteIPProxyProtocol needs the node engine, and EdgeEngine uws is set on ${address}`;
        const hint = 'without EdgeEngine the address chooses the node engine by itself';
        found.errors.push(new ConfError(text, positionOf(server.at), { family: 'plain', hint }));
      } else if (wish !== undefined) {
        found.warn('edge', `EdgeEngine uws on ${address} cannot do what ${server.at} asks for: ${wish}`);
      }
      if (server.keepAlive && server.keepAliveTimeout > UWS_IDLE_MS) slow.set(server.at, server);
      if (server.readTimeouts?.header !== undefined) timed.add(server.at);
      const { tls } = server;
      if (tls?.cipherOrderAt !== undefined && tls.cipherSuite !== undefined) ordered.add(tls.cipherOrderAt);
    }
  }
  for (const at of timed) {
    const text =
      'header= is not kept to on the uws engine, which gives a head about 10 s, and a body 16 KB a second at least';
    settings.notes.push({ kind: 'warning', at, word: 'RequestReadTimeout', text });
  }
  for (const at of ordered) {
    const text =
      "in TLS 1.2 the client's order of ciphers holds on the uws engine; the server's holds with EdgeEngine node";
    settings.notes.push({ kind: 'warning', at, word: 'SSLHonorCipherOrder', text });
  }
  for (const [at, { keepAliveTimeout }] of slow) {
    const text = `idle connections are closed after about 10 s, not ${keepAliveTimeout / 1000} s, on the uws engine`;
    settings.notes.push({ kind: 'warning', at, word: 'KeepAliveTimeout', text });
  }
}

function checkBalancers(settings: Settings, found: Findings): void {
  for (const balancer of settings.balancers) {
    if (balancer.members.length > 0 || balancer.growth > 0) continue;
    found.warn('proxy_balancer', `${balancer.name} has no members: every request is a 503 (${balancer.at})`);
  }
}
