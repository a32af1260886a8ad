/** The smallest settings that the process side can run with. */

import { createServer } from 'node:net';
import { COMPRESSION_DEFAULTS } from '../../edge/filter/compression.js';
import type { Settings } from '../../edge/settings.js';

/** Settings of one plain address. */
export function plainSettings(folder: string, port: number): Settings {
  const none = { kind: 'stderr' } as const;
  return {
    file: `${folder}/drover.conf`,
    serverRoot: folder,
    pidFile: `${folder}/drover.pid`,
    runtimeDir: folder,
    listens: [{ address: '127.0.0.1', port, protocol: 'http', at: 'test:1' }],
    servers: [
      {
        id: 0,
        addresses: [],
        name: '',
        aliases: [],
        admin: '',
        at: 'test:1',
        errorLog: { kind: 'file', path: `${folder}/error.log` },
        logLevel: { default: 'warn', modules: {} },
        accessLogs: [{ target: none, format: { source: '', items: [] }, at: 'test:1' }],
        timeout: 60_000,
        keepAlive: true,
        keepAliveTimeout: 5000,
        maxKeepAliveRequests: 100,
        limitRequestLine: 8190,
        limitRequestFieldSize: 8190,
        limitRequestFields: 98,
        serverSignature: 'Off',
        traceEnable: 'on',
        useCanonicalName: 'Off',
        useCanonicalPhysicalPort: false,
        allowEncodedSlashes: 'Off',
        mergeSlashes: true,
        protocols: ['http/1.1'],
        protocolsHonorOrder: true,
        engine: 'auto',
        httpProtocolOptions: { strict: true, registeredMethods: false, require10: false },
        compression: COMPRESSION_DEFAULTS,
        proxy: {
          via: 'Off',
          badHeader: 'IsError',
          maxForwards: -1,
          ioBufferSize: 8192,
          proxyStatus: 'Off',
          balancerPersist: false,
          balancerInherit: true,
          proxyPassInherit: true,
          balancers: {},
          members: [],
        },
        envRules: [],
        proxyPass: [],
        base: {},
        proxySections: [],
        locations: [],
      },
    ],
    balancers: [],
    members: [],
    slots: 0,
    healthExpressions: {},
    healthPoolSize: 16,
    modules: [],
    defines: {},
    gracefulShutdownTimeout: 0,
    drainDelay: 0,
    listenBacklog: 511,
    serverTokens: 'Full',
    extendedStatus: false,
    edgeLogFormat: 'httpd',
    webSocketMaxMessage: 1048576,
    healthAddresses: [],
    notes: [],
  };
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
