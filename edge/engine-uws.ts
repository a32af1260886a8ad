/**
 * The default engine: uWebSockets.js, and the only file that loads it. One App per address; every worker thread listens
 * on the same address (SO_REUSEPORT), the kernel spreads the connections. Nothing thrown leaves a handler: a throw would
 * end the process.
 * Thread: worker.
 */

import uWS from 'uWebSockets.js';
import { strict as assert } from 'node:assert';
import { addressText } from './http/address-text.js';
import type { Listener, OnFault, OnRequest, OpenEngine } from './listener.js';
import type { TlsSettings } from './settings.js';
import { UwsExchange } from './uws-exchange.js';
import { OpenPeers } from './uws-peers.js';
import { UwsWebSocketExchange, type WebSocketData } from './uws-websocket.js';

/** Certificates of a TLS address: the first is the default, the others are chosen by SNI. */
export interface SniEntry {
  names: string[];
  tls: TlsSettings;
}

// Takes the library's own mark out of every response; the type file does not know it.
(uWS as unknown as { _cfg(option: string): void })._cfg('silent');

/** Opens an address. errors: rejects with `EADDRINUSE`-like text when the port can not be bound. */
export function openUws(
  listener: Listener,
  sni: readonly SniEntry[],
  onRequest: OnRequest,
  onFault: OnFault,
): Promise<OpenEngine> {
  const { listen } = listener;
  const peers = new OpenPeers(addressText);
  const { gate } = listener;
  const host = listen.address === '' ? '::' : listen.address;
  const handlerFor =
    (sniName?: string) =>
    (res: uWS.HttpResponse, req: uWS.HttpRequest): void => {
      const exchange = new UwsExchange(res, req, listener, peers);
      exchange.sniName = sniName;
      try {
        onRequest(exchange, listener);
      } catch (error) {
        onFault(error);
        exchange.fault();
      }
      exchange.leaveHandler();
    };
  const makeApp = (): uWS.TemplatedApp => {
    const app = listener.isSecure ? secureApp(sni) : uWS.App();
    // biome-ignore lint/suspicious/useIterableCallbackReturn: not the filter of a list
    app.filter((res, change) => {
      if ((change as number) > 0) {
        peers.opened(res);
        if (!gate.opened()) res.close();
      } else {
        peers.closed();
        gate.closed();
      }
    });
    const hasSockets = listener.upgrades !== 'none';
    if (hasSockets) app.ws('/*', behaviour(listener, peers, onRequest, onFault, undefined));
    app.any('/*', handlerFor());
    for (const { names } of sni) {
      for (const name of names) {
        const domain = app.domain(name);
        if (hasSockets) domain.ws('/*', behaviour(listener, peers, onRequest, onFault, names[0]));
        domain.any('/*', handlerFor(names[0]));
      }
    }
    return app;
  };
  const doors: Door[] = [];
  return new Promise((resolve, reject) => {
    const app = makeApp();
    app.listen(host, listen.port, (socket) => {
      if (socket === false) {
        app.close();
        reject(new Error(`could not bind to address ${listen.address || '[::]'}:${listen.port}`));
        return;
      }
      doors.push({ app, socket });
      const port = uWS.us_socket_local_port(socket as unknown as uWS.us_socket);
      const stopListening = (): void => {
        for (const door of doors) closeDoor(door);
      };
      resolve({
        bound: { address: listen.address, port },
        get connections() {
          return peers.open;
        },
        stopListening,
        // A library's app keeps its first certificate for ever. Another one beside it shows the new ones, on the same
        // port; the connections that the old one has go on, it only takes no more.
        reloadCertificates: () => {
          if (!listener.isSecure || doors.at(-1)?.socket === undefined) return;
          const next = makeApp();
          next.listen(host, port, (opened) => {
            if (opened === false) {
              next.close();
              throw new Error(`could not bind to address ${listen.address || '[::]'}:${port} once more`);
            }
            stopListening();
            doors.push({ app: next, socket: opened });
          });
        },
        close: () => {
          stopListening();
          for (const door of doors) door.app.close();
        },
      });
    });
  });
}

/** An app with the socket it listens on; undefined once that is closed. */
interface Door {
  app: uWS.TemplatedApp;
  socket: uWS.us_listen_socket | undefined;
}

function closeDoor(door: Door): void {
  if (door.socket !== undefined) uWS.us_listen_socket_close(door.socket);
  door.socket = undefined;
}

/**
 * How the library treats WebSockets. Limits of time and of what waits for a client are the tunnel's: the library's own are
 * off, since it would drop messages, or know no time above 960 s.
 */
function behaviour(
  listener: Listener,
  peers: OpenPeers,
  onRequest: OnRequest,
  onFault: OnFault,
  sniName: string | undefined,
): uWS.WebSocketBehavior<WebSocketData> {
  const safely = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      onFault(error);
    }
  };
  return {
    maxPayloadLength: listener.webSocketLimit,
    idleTimeout: 0,
    maxBackpressure: 0,
    sendPingsAutomatically: false,
    compression: uWS.SHARED_COMPRESSOR | uWS.SHARED_DECOMPRESSOR,
    // The library comes here for every request with a Sec-WebSocket-Key; what becomes of it is decided behind.
    upgrade(res, req, context) {
      const exchange = new UwsWebSocketExchange(res, req, listener, peers, context);
      exchange.sniName = sniName;
      try {
        onRequest(exchange, listener);
      } catch (error) {
        onFault(error);
        exchange.fault();
      }
      exchange.leaveHandler();
    },
    open: (ws) => safely(() => ws.getUserData().tunnel.onOpen(ws)),
    message: (ws, message, isBinary) => safely(() => ws.getUserData().tunnel.onMessage(message, isBinary)),
    drain: (ws) => safely(() => ws.getUserData().tunnel.onDrain()),
    ping: (ws, data) => safely(() => ws.getUserData().tunnel.onPing(data)),
    pong: (ws, data) => safely(() => ws.getUserData().tunnel.onPong(data)),
    close: (ws, code, reason) => safely(() => ws.getUserData().tunnel.onClose(code, reason)),
  };
}

function secureApp(sni: readonly SniEntry[]): uWS.TemplatedApp {
  const [first, ...others] = sni;
  assert(first !== undefined, 'a TLS address needs a certificate');
  const app = uWS.SSLApp(optionsOf(first.tls));
  for (const entry of [first, ...others]) {
    for (const name of entry.names) app.addServerName(name, optionsOf(entry.tls));
  }
  return app;
}

function optionsOf(tls: TlsSettings): uWS.AppOptions {
  const [pair] = tls.certificates;
  assert(pair !== undefined, 'a TLS vhost needs a certificate');
  return {
    cert_file_name: pair.certificateFile,
    key_file_name: pair.keyFile,
    ...(tls.cipherSuite === undefined ? {} : { ssl_ciphers: tls.cipherSuite }),
    ssl_prefer_low_memory_usage: false,
  };
}
