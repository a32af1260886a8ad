/**
 * What every worker thread runs: it compiles the settings, opens the engines, and stays pending while they serve; it
 * returns only after everything is closed, because a thread that ends with an app open takes the process with it.
 * An error that nobody caught closes the app and rejects the task; the control thread starts another one.
 *
 *   compile → open logs → listen → 'listening' → serve … drain → last request ends → close → return
 */
import type { Scoreboard } from '../workers/scoreboard.js';
import { Scoreboard as Board } from '../workers/scoreboard.js';
import { Warmer } from './caching/warm.js';
import { upgradesOf } from './crossing.js';
import { addressesOf, addressesWithin } from './engine/addresses.js';
import { Drain } from './engine/drain.js';
import { chooseEngine, speaksHttp2 } from './engine/engine-choice.js';
import type { Listener, OnBadConnection, OnRequest, OpenEngine } from './engine/listener.js';
import { openNode } from './engine/node/engine-node.js';
import { certificatesOf } from './engine/sni.js';
import { openUws } from './engine/uws/engine-uws.js';
import { messageOf, stackOf } from './errors.js';
import { Pipeline } from './pipeline.js';
import type { BoundAddress, ControlMessage, ServeTask, WorkerMessage } from './process/messages.js';
import { VhostTable } from './route/vhost.js';
import { Handshakes } from './secure/handshakes.js';
import { compileSniRules, type SniRules } from './secure/sni-rules.js';
import { setServerTokens } from './server-token.js';
import type { Listen, Settings } from './settings.js';
import { ThreadTools } from './thread-tools.js';

export async function serve(task: ServeTask): Promise<void> {
  const { settings, port, thread } = task;
  const board: Scoreboard = new Board(task.board, settings.slots, settings.balancers.length, task.threads);
  setServerTokens(settings.serverTokens);
  const say = (message: WorkerMessage): void => port.postMessage(message);
  const tools = new ThreadTools(
    task,
    board,
    (target, lines) => say({ type: 'log', target, lines }),
    (batch) => say({ type: 'capture', batch }),
  );
  const pipeline = new Pipeline(tools);
  const open: OpenEngine[] = [];
  const warmer = warmerOf(task, tools, pipeline, say);

  await new Promise<void>((resolve, reject) => {
    let isClosed = false;
    let drain: Drain | undefined;
    const close = (error?: unknown): void => {
      if (isClosed) return;
      isClosed = true;
      process.off('uncaughtException', onUncaught);
      process.off('unhandledRejection', onUncaught);
      drain?.end();
      warmer?.stop();
      for (const engine of open) engine.close();
      pipeline.cache?.phase.close();
      // The loop has to see the closed handles once before the thread may go; writing out the logs takes as long.
      void tools.close().then(() => {
        port.close();
        if (error === undefined) resolve();
        else reject(error as Error);
      });
    };
    const onUncaught = (error: unknown): void => {
      tools.mainErrorLog.log('core', 'crit', `worker ${thread}: ${stackOf(error)}`);
      close(error);
    };
    process.on('uncaughtException', onUncaught);
    process.on('unhandledRejection', onUncaught);

    port.on('message', (message: ControlMessage) => {
      switch (message.type) {
        case 'drain':
          drain ??= new Drain(
            open,
            pipeline,
            () => {
              say({ type: 'drained' });
              close();
            },
            (text) => tools.mainErrorLog.log('core', 'warn', `worker ${thread}: ${text}`),
          );
          drain.order(message);
          warmer?.stop();
          pipeline.cache?.phase.leave();
          break;
        case 'stop':
          close();
          break;
        case 'reopen':
          tools.reopenLogs();
          break;
        case 'certificates':
          reloadCertificates(open, tools);
          break;
        case 'captured':
          tools.onCaptured(message.bytes);
          break;
        case 'shed':
          tools.shed(message.isOn);
          break;
        case 'staple':
          for (const engine of open) engine.staple?.(message.file, message.response);
          break;
        case 'ping':
          say({ type: 'pong', id: message.id });
          break;
      }
    });

    const onFault = (error: unknown): void =>
      tools.mainErrorLog.log('core', 'error', `request failed: ${stackOf(error)}`);
    const onBadConnection: OnBadConnection = (remoteAddress, why, end) => {
      tools.tally?.countHttp2(end);
      if (why !== '')
        tools.mainErrorLog.log('http2', 'warn', `[client ${remoteAddress}] connection ended: ${why}`);
    };
    const openAllWarm = async (): Promise<BoundAddress[]> => {
      await tools.warmUp();
      return isClosed || drain !== undefined
        ? []
        : openAll(task, tools, pipeline, open, onFault, onBadConnection);
    };
    openAllWarm().then(
      (addresses) => {
        if (isClosed) return;
        say({ type: 'listening', addresses });
        warmer?.start();
      },
      (error: unknown) => {
        say({ type: 'failed', message: messageOf(error), fatal: true });
        close();
      },
    );
  });
}

/** CacheWarm is the first thread's. */
function warmerOf(
  { settings, thread }: ServeTask,
  tools: ThreadTools,
  { cache }: Pipeline,
  say: (message: WorkerMessage) => void,
): Warmer | undefined {
  const isAsked = settings.servers.some(
    ({ cache: said }) => said?.warm !== undefined && said.warm.length > 0,
  );
  if (cache === undefined || thread !== 0 || !isAsked) return undefined;
  return new Warmer(settings, {
    ask: (server, url, done) => cache.warm(server, url, done),
    say: (level, text) => {
      if (level === 'notice') say({ type: 'notice', module: 'cache', text });
      else tools.mainErrorLog.log('cache', level, text);
    },
  });
}

/** What cannot be read stays as it was, and is told. */
function reloadCertificates(open: readonly OpenEngine[], tools: ThreadTools): void {
  for (const engine of open) {
    try {
      engine.reloadCertificates?.();
    } catch (error) {
      tools.mainErrorLog.log('ssl', 'error', `certificates are kept as they were: ${messageOf(error)}`);
    }
  }
  tools.readCertificateEnds();
}

const UNPROXIED = 'AH03496: RemoteIPProxyProtocol data is missing, but required! Aborting request.';

async function openAll(
  { settings, thread, sockets, ticketKeys }: ServeTask,
  tools: ThreadTools,
  pipeline: Pipeline,
  open: OpenEngine[],
  onFault: (error: unknown) => void,
  onBadConnection: OnBadConnection,
): Promise<BoundAddress[]> {
  const onRequest = pipeline.handle.bind(pipeline);
  const upgrades = upgradesOf(settings);
  for (const listen of addressesOf(settings)) {
    const vhosts = new VhostTable(settings, listen.address, listen.port);
    const certificates = certificatesOf(vhosts.servers);
    const { engine } = chooseEngine(settings, listen);
    const sniRules = sniRulesOf(settings, vhosts, tools, certificates.length > 0, engine);
    const listener: Listener = {
      listen,
      vhosts,
      gate: certificates.length > 0 ? tools.gate.secured() : tools.gate,
      isSecure: certificates.length > 0,
      upgrades,
      sniRules,
      onRefusedHandshake: (remoteAddress, why) =>
        tools.mainErrorLog.log('ssl', 'info', `[client ${remoteAddress}] ${why}`),
      hasHttp2: vhosts.servers.some((server) => speaksHttp2(server, settings)),
      onBadConnection,
      onUnproxied: (remoteAddress) =>
        tools.mainErrorLog.log('remoteip', 'error', `[client ${remoteAddress}] ${UNPROXIED}`),
      webSocketLimit: settings.webSocketMaxMessage,
    };
    if (engine === 'uws') {
      if (sniRules !== undefined) listener.forName = (name) => named(listener, name, sniRules);
      open.push(await bindOr(listen, () => openUws(listener, certificates, onRequest, onFault)));
    } else {
      // Node 20 has no SO_REUSEPORT: threads listen on a socket that the supervisor holds (held-sockets.ts).
      const fd = sockets.find(({ address, port }) => address === listen.address && port === listen.port)?.fd;
      if (fd === undefined && thread !== 0) continue;
      const within = listenersWithin(settings, listener, tools);
      const all = [...certificates, ...within.flatMap(({ vhosts }) => certificatesOf(vhosts.servers))];
      const handshakes =
        all.length > 0 ? new Handshakes({ list: all, ticketKeys: Buffer.from(ticketKeys) }) : undefined;
      const take = within.length === 0 ? onRequest : byLocalAddress(onRequest, within);
      open.push(await bindOr(listen, () => openNode(listener, handshakes, take, onFault, fd)));
    }
  }
  return open.map((engine) => engine.bound);
}

/** Listeners of the IPs that a wildcard socket of the node engine answers on apart from all others. */
function listenersWithin(settings: Settings, listener: Listener, tools: ThreadTools): Listener[] {
  return addressesWithin(settings, listener.listen).map((address) => {
    const listen = { ...listener.listen, address };
    const vhosts = new VhostTable(settings, address, listen.port);
    const sniRules = sniRulesOf(settings, vhosts, tools, certificatesOf(vhosts.servers).length > 0, 'node');
    return { ...listener, listen, vhosts, sniRules };
  });
}

function sniRulesOf(
  settings: Settings,
  vhosts: VhostTable,
  tools: ThreadTools,
  isSecure: boolean,
  engine: 'uws' | 'node',
): SniRules | undefined {
  if (!isSecure) return undefined;
  return compileSniRules({
    servers: vhosts.servers,
    policy: settings.sniPolicy ?? 'secure',
    serverOf: (name) => (name === undefined ? undefined : vhosts.match(name)?.server) ?? vhosts.fallback,
    log: (r, text) => tools.logError(r, 'ssl', text),
    knowsNames: engine === 'node',
  });
}

/** uWebSockets.js has a router for each name, which knows what the exchange does not: the name in the hello. */
function named(listener: Listener, name: string, rules: SniRules): Listener {
  // A wildcard is as good as any name that it covers.
  const covered = name.replaceAll('*', 'any');
  return { ...listener, sniRules: { refusal: (r) => rules.refusal(r, covered) } };
}

function byLocalAddress(onRequest: OnRequest, within: readonly Listener[]): OnRequest {
  const byAddress = new Map(within.map((listener) => [listener.listen.address, listener]));
  return (exchange, listener) => onRequest(exchange, byAddress.get(exchange.localAddress) ?? listener);
}

/** An address that can not be bound fails the start with httpd's words. */
async function bindOr(listen: Listen, bind: () => Promise<OpenEngine>): Promise<OpenEngine> {
  try {
    return await bind();
  } catch (error) {
    const host =
      listen.address === '' ? '[::]' : listen.address.includes(':') ? `[${listen.address}]` : listen.address;
    const isDenied = (error as NodeJS.ErrnoException).code === 'EACCES';
    const why = isDenied ? '(13)Permission denied' : '(98)Address already in use';
    throw new Error(`${why}: AH00072: make_sock: could not bind to address ${host}:${listen.port}`, {
      cause: error,
    });
  }
}
