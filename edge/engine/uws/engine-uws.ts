/**
 * The default engine: uWebSockets.js, and the only file that loads it. One App per address; every worker thread listens
 * on the same address (SO_REUSEPORT), the kernel spreads the connections. Nothing thrown leaves a handler: a throw would
 * end the process.
 * Thread: worker.
 */

import uWS from 'uWebSockets.js';
import { strict as assert } from 'node:assert';
import { addressText } from '../../http/address-text.js';
import type { NamedTls } from '../../secure/handshakes.js';
import type { TlsSettings } from '../../settings.js';
import type { Listener, OnFault, OnRequest, OpenEngine } from '../listener.js';
import { Answers } from './uws-answers.js';
import { CorkHost, type HostLibrary } from './uws-cork-host.js';
import { packingFor } from './uws-deflate.js';
import { UwsExchange } from './uws-exchange.js';
import { LateNames } from './uws-late-names.js';
import { OpenPeers } from './uws-peers.js';
import { UwsWebSocketExchange, type WebSocketData } from './uws-websocket.js';

/**
 * Of TLS 1.2, where nobody has said any. The library has no option for the server's order, and BoringSSL's words for lists
 * (groups of equals, @STRENGTH) arrange only what that option would use; so there is nothing among these that a client
 * could choose badly: AES as RFC 9325 4.2 has it, ChaCha20 for machines without AES, forward secrecy, no CBC.
 */
// httpd differs: it also speaks CBC, AES-256 and RSA key exchange with clients of TLS 1.2 that know nothing else.
const CIPHERS =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305';

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
  sni: readonly NamedTls[],
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
    if (host !== undefined) {
      // Of the same meaning to the library, but two routes.
      to.ws('/*', behaviour(false, by, peers, answers, host, onRequest, onFault));
      to.ws('/**', behaviour(true, by, peers, answers, host, onRequest, onFault));
    }
    const handle = (exchange: UwsExchange): void => {
      try {
        onRequest(exchange, by);
      } catch (error) {
        onFault(error);
        exchange.fault();
      }
      exchange.leaveHandler();
    };
    // Most requests: nothing need be asked for the method. Names of methods are compared with regard to case.
    to.get('/*', (res, req) => handle(new UwsExchange(res, req, by, peers, answers, 'GET')));
    to.any('/*', (res, req) => handle(new UwsExchange(res, req, by, peers, answers)));
  };
  route(app, listener);
  for (const { names } of sni) {
    for (const name of names) route(app.domain(name), listener.forName?.(name) ?? listener);
  }
  if (listener.isSecure) {
    const late = new LateNames(sni, (name, { tls }) => {
      app.addServerName(name, optionsOf(tls));
      route(app.domain(name), listener.forName?.(name) ?? listener);
    });
    app.missingServerName((name) => safely(() => late.meet(name), onFault));
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

/** Nothing may be thrown at the library. */
function safely(act: () => void, onFault: OnFault): void {
  try {
    act();
  } catch (error) {
    onFault(error);
  }
}

/**
 * How the library treats WebSockets. Limits of time and of what waits for a client are the tunnel's: the library's own are
 * off, since it would drop messages, or know no time above 960 s.
 * hasOwn  for the clients that are to have a compressor of their own, or for all others: uws-deflate.ts
 */
function behaviour(
  hasOwn: boolean,
  listener: Listener,
  peers: OpenPeers,
  answers: Answers,
  host: Pick<CorkHost<unknown>, 'cork'>,
  onRequest: OnRequest,
  onFault: OnFault,
): uWS.WebSocketBehavior<WebSocketData> {
  const act = (what: () => void): void => safely(what, onFault);
  return {
    maxPayloadLength: listener.webSocketLimit,
    idleTimeout: 0,
    maxBackpressure: 0,
    sendPingsAutomatically: false,
    compression: (hasOwn ? uWS.DEDICATED_COMPRESSOR_256KB : uWS.SHARED_COMPRESSOR) | uWS.SHARED_DECOMPRESSOR,
    // The library comes here for every request with a Sec-WebSocket-Key; what becomes of it is decided behind.
    upgrade(res, req, context) {
      const packing = packingFor(req.getHeader('sec-websocket-extensions'));
      if ((packing?.isOwn ?? false) !== hasOwn) {
        req.setYield(true);
        return;
      }
      const exchange = new UwsWebSocketExchange(res, req, listener, peers, answers, host, context, packing);
      try {
        onRequest(exchange, listener);
      } catch (error) {
        onFault(error);
        exchange.fault();
      }
      exchange.leaveHandler();
    },
    open: (ws) => act(() => ws.getUserData().tunnel.onOpen(ws)),
    message: (ws, message, isBinary) => act(() => ws.getUserData().tunnel.onMessage(message, isBinary)),
    drain: (ws) => act(() => ws.getUserData().tunnel.onDrain()),
    ping: (ws, data) => act(() => ws.getUserData().tunnel.onPing(data)),
    pong: (ws, data) => act(() => ws.getUserData().tunnel.onPong(data)),
    close: (ws, code, reason) =>
      act(() => {
        // The filter hears nothing of what was upgraded.
        listener.gate.closed();
        ws.getUserData().tunnel.onClose(code, reason);
      }),
  };
}

function secureApp(sni: readonly NamedTls[]): uWS.TemplatedApp {
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
    ssl_ciphers: tls.cipherSuite ?? CIPHERS,
    ssl_prefer_low_memory_usage: false,
  };
}
