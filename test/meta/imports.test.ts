/** Who may import what: the dependency rules of CONTRIBUTING.md, held against every source file. */
import assert from 'node:assert/strict';
import { CODE_FOLDERS, importsOf, ROOT, roomOf, type SourceFile, sourceFiles } from './sources.js';

/** All but this file, whose examples look like imports. */
const SOURCES = sourceFiles().filter(({ path }) => path !== 'test/meta/imports.test.ts');

/** What the code of a folder may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  edge: ['workers', 'cache', 'tls'],
  workers: [],
  cache: [],
  tls: [],
  'native-bench': ['tls'],
  test: ['edge', 'workers', 'cache', 'tls', 'native-bench'],
};

/** Packages that belong to a place; a path that ends in a slash is a folder. */
const PLACE_OF_PACKAGE: Readonly<Record<string, readonly string[]>> = {
  'uWebSockets.js': [
    'edge/engine/uws/engine-uws.ts',
    'edge/engine/uws/uws-exchange.ts',
    'native-bench/floor.ts',
  ],
  'node-forge': ['tls/'],
  'lru-cache': ['cache/'],
  piscina: ['edge/control.ts', 'edge/filter/', 'edge/process/thread-pool.ts', 'edge/process/worker-slot.ts'],
  pino: ['edge/log/'],
  'sonic-boom': ['edge/log/'],
  'ipaddr.js': ['edge/http/', 'workers/upstream/proxy-protocol.ts'],
  'prom-client': ['edge/admin/'],
  bcryptjs: ['edge/auth/'],
  ws: ['workers/upstream/'],
  undici: ['workers/'],
};

/** Of the reader itself only these know: they turn a file into settings, or show what was read. */
const MAY_IMPORT_READER = ['edge/load.ts', 'edge/show.ts', 'edge/package/manual.ts'];

/** Opens a connection to somewhere: a call to node's clients, or a socket made by hand. */
const CONNECTS =
  /\b(?:net|tls|https?|http2)\.(?:connect|createConnection|request|get)\(|\bnew (?:\w+\.)?Socket\(/;
const CONNECTING_NAMES =
  /^import (?!type)\{[^}]*\b(?:connect|createConnection|request|get|Socket)\b(?<!type Socket)[^}]*\} from 'node:(?:net|tls|https?|http2)';/m;

function isWithin(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

/** `file imports what` for every import that a rule forbids. */
function breaches(isForbidden: (file: SourceFile, name: string) => boolean): string[] {
  return SOURCES.flatMap((file) =>
    file.imports.filter((name) => isForbidden(file, name)).map((name) => `${file.path} imports ${name}`),
  );
}

describe('imports', () => {
  it('are found in every form that occurs', () => {
    const text = [
      "import { a } from './a.js';",
      "import type { B } from '../b.js';",
      "import {\n  c,\n  d,\n} from './c/d.js';",
      "import './e.js';",
      "export { f } from './f.js';",
      "const g = await import('./g.js');",
      "const h = createRequire(import.meta.url)('pkg');",
      "import net from 'node:net';",
    ].join('\n');
    assert.deepEqual(
      importsOf(text, 'edge/http/x.ts').sort(),
      [
        'edge/http/a.ts',
        'edge/b.ts',
        'edge/http/c/d.ts',
        'edge/http/e.ts',
        'edge/http/f.ts',
        'edge/http/g.ts',
        'node:net',
        'pkg',
      ].sort(),
    );
  });

  it('name files that exist', () => {
    const paths = new Set(SOURCES.map(({ path }) => path));
    assert.ok(paths.size > 200, `${paths.size} sources found below ${ROOT}`);
    assert.deepEqual(
      breaches((_, name) => name.endsWith('.ts') && !paths.has(name)),
      [],
    );
  });

  it('go from edge to workers, cache and tls, which know nothing of edge nor of each other', () => {
    assert.deepEqual(
      breaches(({ path }, name) => {
        const [from, to] = [roomOf(path), roomOf(name)];
        if (!CODE_FOLDERS.some((folder) => folder === to) || from === to) return false;
        return MAY_IMPORT[from]?.includes(to) !== true;
      }),
      [],
    );
  });

  it('bring each package in at its own place only', () => {
    assert.deepEqual(
      breaches(({ path }, name) => {
        const places = PLACE_OF_PACKAGE[name];
        return places !== undefined && roomOf(path) !== 'test' && !isWithin(path, places);
      }),
      [],
    );
  });

  it('load uWebSockets.js in one file; the other that names it takes its types', () => {
    const importing = SOURCES.filter(
      ({ path, imports }) => roomOf(path) === 'edge' && imports.includes('uWebSockets.js'),
    );
    const loading = importing.filter(({ text }) => !/^import type .* from 'uWebSockets\.js';$/m.test(text));
    assert.deepEqual(
      loading.map(({ path }) => path),
      ['edge/engine/uws/engine-uws.ts'],
    );
  });

  it('name packages that package.json lists, and of these what is shipped names those of run time', async () => {
    const { default: manifest } = (await import(`${ROOT}/package.json`, { with: { type: 'json' } })) as {
      default: { dependencies: Record<string, string>; devDependencies: Record<string, string> };
    };
    const runtime = Object.keys(manifest.dependencies);
    const all = [...runtime, ...Object.keys(manifest.devDependencies)];
    assert.deepEqual(
      breaches(({ path }, name) => {
        if (name.startsWith('node:') || name.endsWith('.ts')) return false;
        return !(roomOf(path) === 'test' ? all : runtime).includes(name);
      }),
      [],
    );
  });

  it('reach the configuration reader from where a file becomes settings, and from no room', () => {
    assert.deepEqual(
      breaches(
        ({ path }, name) =>
          name.startsWith('edge/config/') &&
          !path.startsWith('edge/config/') &&
          roomOf(path) !== 'test' &&
          !MAY_IMPORT_READER.includes(path),
      ),
      [],
    );
  });

  it('never take the command line apart from its own file', () => {
    assert.deepEqual(
      breaches((_, name) => name === 'edge/cli.ts'),
      [],
    );
  });
});

describe('what only one place does', () => {
  const serving = SOURCES.filter(({ path }) => ['edge', 'workers', 'cache', 'tls'].includes(roomOf(path)));

  it('opens connections to members in workers/upstream/ alone; commands, the cork host and stapling ask on their own', () => {
    const opening = serving.filter(({ text }) => CONNECTS.test(text) || CONNECTING_NAMES.test(text));
    const paths = opening.map(({ path }) => path);
    assert.ok(paths.includes('workers/upstream/socket.ts'));
    assert.deepEqual(
      paths.filter((path) => !path.startsWith('workers/upstream/')),
      [
        'edge/cert/show.ts',
        'edge/ctl/client.ts',
        'edge/engine/uws/uws-cork-host.ts',
        'edge/replay/send.ts',
        'edge/secure/stapling.ts',
      ],
    );
  });

  it('asks for names of members in workers/upstream/ alone, and for those of clients in one file', () => {
    const asking = serving.filter(({ imports }) => imports.some((name) => /^node:dns/.test(name)));
    assert.deepEqual(
      asking.map(({ path }) => path),
      ['edge/http/client-names.ts', 'workers/upstream/resolve.ts'],
    );
  });

  it('touches shared memory with Atomics in the scoreboard and one file of the cache', () => {
    const touching = serving.filter(({ text }) => /\bAtomics\.\w+\(/.test(text));
    assert.deepEqual(
      touching.map(({ path }) => path),
      [
        'cache/memory/words.ts',
        'workers/scoreboard-clients.ts',
        'workers/scoreboard-life.ts',
        'workers/scoreboard-records.ts',
        'workers/scoreboard-rows.ts',
        'workers/scoreboard.ts',
      ],
    );
  });
});
