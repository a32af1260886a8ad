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
  const app = listener.isSecure ? secureApp(sni) : uWS.App();
  const peers = new OpenPeers(addressText);
  // biome-ignore lint/suspicious/useIterableCallbackReturn: not the filter of a list
  app.filter((res, change) => {
    if ((change as number) > 0) peers.opened(res);
    else peers.closed();
  });
  const handler = (res: uWS.HttpResponse, req: uWS.HttpRequest): void => {
    const exchange = new UwsExchange(res, req, listener, peers);
    try {
      onRequest(exchange, listener);
    } catch (error) {
      onFault(error);
      exchange.fault();
    }
  };
  app.any('/*', handler);
  for (const entry of sni) for (const name of entry.names) app.domain(name).any('/*', handler);
  return new Promise((resolve, reject) => {
    const host = listen.address === '' ? '::' : listen.address;
    app.listen(host, listen.port, (socket) => {
      if (socket === false) {
        app.close();
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
        stopListening,
        close: () => {
          stopListening();
          app.close();
        },
      });
    });
  });
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
