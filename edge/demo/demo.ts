/**
 * `drover demo`, which is `npm start`: three sample backends behind a drover on the loopback address, with nothing to
 * install or configure. It writes a configuration and a certificate into a folder of its own, starts drover with it
 * exactly as `drover -f FILE -D FOREGROUND` would, tells what to try, and on Ctrl-C leaves nothing behind.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_NAMES, selfSigned } from '../../tls/self-signed.js';
import { parseArguments } from '../arguments.js';
import { loadConfiguration } from '../load.js';
import { start } from '../process/start.js';
import { startBackends } from './demo-backends.js';
import { type DemoPlaces, demoConfiguration } from './demo-config.js';

const HTTP_PORT = 8080;
const HTTPS_PORT = 8443;
const CERTIFICATE_DAYS = 7;

/** Returns the exit code, after Ctrl-C. */
export async function runDemo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-demo-'));
  const backends = await startBackends();
  try {
    const places: DemoPlaces = {
      folder,
      httpPort: await portOrAnother(HTTP_PORT),
      httpsPort: await portOrAnother(HTTPS_PORT),
      certificateFile: join(folder, 'demo.crt'),
      keyFile: join(folder, 'demo.key'),
      backends,
    };
    const { certificate, key } = await selfSigned({
      names: LOCAL_NAMES,
      days: CERTIFICATE_DAYS,
      now: Date.now(),
    });
    writeFileSync(places.certificateFile, certificate);
    writeFileSync(places.keyFile, key, { mode: 0o600 });
    const file = join(folder, 'drover.conf');
    writeFileSync(file, demoConfiguration(places));

    const args = parseArguments(['-f', file, '-D', 'FOREGROUND'], folder);
    const loaded = loadConfiguration(args);
    if ('problem' in loaded) {
      process.stderr.write(loaded.problem);
      return 1;
    }
    return await start(args, loaded, () => process.stdout.write(welcome(places)));
  } finally {
    await Promise.all(backends.map((backend) => backend.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The port itself when it is free, else one that is, said aloud. */
async function portOrAnother(wanted: number): Promise<number> {
  try {
    return await probe(wanted);
  } catch {
    const port = await probe(0);
    process.stdout.write(`Port ${wanted} is taken; using ${port} in its place.\n`);
    return port;
  }
}

function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}

function welcome({ httpPort, httpsPort, folder, backends }: DemoPlaces): string {
  const http = `http://127.0.0.1:${httpPort}/`;
  const https = `https://127.0.0.1:${httpsPort}/`;
  const names = backends.map(({ name }) => name);
  const last = names.at(-1) ?? '';
  const hints = [
    [`curl ${http}`, 'without a cookie: each backend in its turn'],
    [`curl -b ROUTEID=.${last} ${http}`, `with one: always ${last}`],
    [`curl -ik ${https}`, 'header fields of the response, over TLS'],
    [`curl -X POST ${http}rest`, 'whoever answers goes away for a while; requests go on'],
    [`less ${folder}/drover.conf`, 'the configuration'],
    [`tail -f ${folder}/access.log`, 'each request and the backend that served it'],
  ] as const;
  const width = Math.max(...hints.map(([command]) => command.length));
  return `
drover demo: ${names.join(', ')} behind one balancer

  ${http}     open it in a browser; the session cookie keeps you on one backend
  ${https}    the same over TLS, with a certificate made just now (a browser warns)

Try:
${hints.map(([command, meaning]) => `  ${command.padEnd(width)}   ${meaning}\n`).join('')}
Ctrl-C ends it.
`;
}
