/**
 * The default engine: uWebSockets.js, and the only file that loads it. One App per address; every worker thread listens
 * on the same address (SO_REUSEPORT), the kernel spreads the connections. Nothing thrown leaves a handler: a throw would
 * end the process.
 * Thread: worker.
 */

import uWS from 'uWebSockets.js';
import { strict as assert } from 'node:assert';
import { addressText } from '../../http/address-text.js';
import type { TlsSettings } from '../../settings.js';
import type { Listener, OnFault, OnRequest, OpenEngine } from '../listener.js';
import { Answers } from './uws-answers.js';
import { CorkHost, type HostLibrary } from './uws-cork-host.js';
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

const HOST_LIBRARY: HostLibrary<uWS.us_listen_socket> = {
  App: () => uWS.App(),
  portOf: (socket) => uWS.us_socket_local_port(socket as unknown as uWS.us_socket),
  closeListening: (socket) => uWS.us_listen_socket_close(socket),
};

/** Opens an address. errors: rejects with `EADDRINUSE`-like text when the port can not be bound. */
export function openUws(
  listener: Listener,
  sni: readonly SniEntry[],
  onRequest: OnRequest,
  onFault: OnFault,
): Promise<OpenEngine> {
  const { listen } = listener;
  const app = listener.isSecure ? secureApp(sni) : uWS.App();
  const peers = new OpenPeers(addressText);
  const answers = new Answers(onFault);
  const { gate } = listener;
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
  const host = listener.upgrades === 'none' ? undefined : new CorkHost(HOST_LIBRARY);
  const route = (to: uWS.TemplatedApp, by: Listener): void => {
    if (host !== undefined) to.ws('/*', behaviour(by, peers, answers, host, onRequest, onFault));
    to.any('/*', (res, req) => {
      const exchange = new UwsExchange(res, req, by, peers, answers);
      try {
        onRequest(exchange, by);
      } catch (error) {
        onFault(error);
        exchange.fault();
      }
      exchange.leaveHandler();
    });
  };
  route(app, listener);
  for (const { names } of sni) {
    for (const name of names) route(app.domain(name), listener.forName?.(name) ?? listener);
  }
  return new Promise((resolve, reject) => {
    app.listen(listen.address === '' ? '::' : listen.address, listen.port, (socket) => {
      if (socket === false) {
        app.close();
        host?.close();
        reject(new Error(`could not bind to address ${listen.address || '[::]'}:${listen.port}`));
        return;
      }
      let isListening = true;
      const stopListening = (): void => {
        if (isListening) uWS.us_listen_socket_close(socket);
        isListening = false;
      };
      resolve({
        bound: {
          address: listen.address,
          port: uWS.us_socket_local_port(socket as unknown as uWS.us_socket),
        },
        get connections() {
          return peers.open;
        },
        stopListening,
        close: () => {
          stopListening();
          app.close();
          host?.close();
        },
      });
    });
  });
}

/**
 * How the library treats WebSockets. Limits of time and of what waits for a client are the tunnel's: the library's own are
 * off, since it would drop messages, or know no time above 960 s.
 */
function behaviour(
  listener: Listener,
  peers: OpenPeers,
  answers: Answers,
  host: Pick<CorkHost<unknown>, 'cork'>,
  onRequest: OnRequest,
  onFault: OnFault,
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
      const exchange = new UwsWebSocketExchange(res, req, listener, peers, answers, host, context);
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
