/**
 * The configuration reader's one entry: a file and what the command line adds to it, to Settings. Two phases as in httpd:
 * files are read into a tree, then the tree's lines are given meaning; then vhosts are merged and the whole is checked.
 * Every fault found in any phase is returned; there are settings only when there is none.
 *
 * A configuration whose conditions were answered before its first LoadModule line is read again: what a plain site file
 * may take for granted is not so in a file that says what it loads.
 *
 * Thread: supervisor or command line.
 */
import { dirname, isAbsolute, join } from 'node:path';
import type { Settings } from '../settings.js';
import { checkSettings } from './check.js';
import { newPools } from './directives/proxy-pools.js';
import { applyEnvironment } from './environment.js';
import type { ConfError } from './error.js';
import { type ErrorTextOptions, formatErrors } from './error-text.js';
import { knownWord } from './known.js';
import { warningLine } from './log-line.js';
import { buildSettings } from './model.js';
import { ModuleSet } from './modules.js';
import { checkProcessModel } from './mpm-check.js';
import { findRow } from './rows.js';
import { newServerDraft, type Reading, ReadingScope } from './scope.js';
import { TreeReader } from './tree.js';
import { Variables } from './variables.js';
import { Walker } from './walk.js';

export interface ReadOptions {
  /** -f; relative to the ServerRoot. */
  file: string;
  /** -d; default: the directory of the file. */
  serverRoot?: string | undefined;
  /** -D */
  defines: readonly string[];
  /** -C and -c: directives read before and after the file. */
  before: readonly string[];
  after: readonly string[];
  env: NodeJS.ProcessEnv;
  /** What stands where httpd prints its own name. */
  program: string;
  /** For the time in warnings. */
  now?: () => Date;
}

/** Include files in the order read, for DUMP_INCLUDES; `from` is the line of the Include. */
export interface IncludedFile {
  file: string;
  from?: number;
  /** 0 for the main file. */
  depth: number;
}

export type ReadResult = {
  /** Complete lines for standard error. */
  warnings: string[];
  includes: IncludedFile[];
} & (
  | { settings: Settings; errors?: undefined }
  /** `text` gives all errors as they are printed. */
  | { settings?: undefined; errors: ConfError[]; text(isColoured: boolean): string }
);

/** errors  none is thrown for anything that a configuration says */
export function readConfiguration(options: ReadOptions): ReadResult {
  const first = new OneReading(options, true);
  return (first.mustBeRepeated ? new OneReading(options, false) : first).result();
}

class OneReading {
  readonly #options: ReadOptions;
  readonly #warnings: string[] = [];
  readonly #modules: ModuleSet;
  readonly #variables: Variables;
  readonly #tree: TreeReader;
  readonly #nodes: ReturnType<TreeReader['readMainFile']>;
  readonly #file: string;

  constructor(options: ReadOptions, mayBePlain: boolean) {
    this.#options = options;
    this.#modules = new ModuleSet();
    this.#modules.isPlain = mayBePlain;
    this.#variables = new Variables(options.defines, options.env);
    const root = options.serverRoot ?? (isAbsolute(options.file) ? dirname(options.file) : process.cwd());
    this.#file = isAbsolute(options.file) ? options.file : join(root, options.file);
    this.#tree = new TreeReader({
      variables: this.#variables,
      modules: this.#modules,
      serverRoot: root,
      isDirective: (name) => findRow(name) !== undefined || knownWord(name) !== undefined,
      warn: (module, text) => this.#warn(module, text),
    });
    this.#nodes = [
      ...this.#tree.readCommandLine(options.before),
      ...this.#tree.readMainFile(this.#file),
      ...this.#tree.readCommandLine(options.after),
    ];
  }

  /** A condition was answered on the ground that nothing is loaded by name, and then something was. */
  get mustBeRepeated(): boolean {
    return this.#tree.hasGuessedModules && !this.#modules.isPlain;
  }

  result(): ReadResult {
    const reading = this.#newReading();
    const walker = new Walker(reading, this.#modules);
    const [main] = reading.servers;
    if (main === undefined) throw new Error('a reading has a main server');
    const scope = new ReadingScope(reading, {
      server: main,
      place: main.base,
      context: 'server',
      sectionArgument: '',
      sections: [],
    });
    walker.walk(this.#nodes, scope);
    const errors = [...this.#tree.errors, ...walker.errors];
    if (errors.length > 0) return this.#failed(errors);
    applyEnvironment(reading, this.#options.env, errors);
    this.#warnings.push(...checkProcessModel(reading.mpm));
    const settings = buildSettings({
      reading,
      modules: this.#modules,
      defines: this.#variables.all(),
      file: this.#file,
      runtimeDir: this.#tree.runtimeDir,
    });
    const findings = { errors, warn: (module: string, text: string) => this.#warn(module, text) };
    checkSettings(settings, findings, this.#options.program, () => Date.now());
    if (errors.length > 0) return this.#failed(errors);
    return { settings, warnings: this.#warnings, includes: this.#includes() };
  }

  #newReading(): Reading {
    return {
      settings: {},
      servers: [newServerDraft(true, this.#file, 0)],
      pools: newPools(),
      notes: [],
      mpm: new Map(),
      logFormats: new Map(),
      logLevels: new Map(),
      globalLogs: [],
      isUnsupportedAllowed: false,
      serverRoot: this.#tree.serverRoot,
      resolve: (path) => this.#tree.resolve(path),
      isModuleLoaded: (name) => this.#modules.hasWordsOf(name) || this.#modules.has(name),
      warn: (module, text) => this.#warn(module, text),
      module: 'core',
    };
  }

  #failed(errors: ConfError[]): ReadResult {
    const { program } = this.#options;
    const lineAt: ErrorTextOptions['lineAt'] = (file, line) => this.#tree.lineAt(file, line);
    return {
      errors,
      text: (isColoured) => formatErrors(errors, { program, isColoured, lineAt }),
      warnings: this.#warnings,
      includes: this.#includes(),
    };
  }

  #includes(): IncludedFile[] {
    return this.#tree.includes.map(({ file, from, depth }) => ({
      file,
      depth,
      ...(from === undefined ? {} : { from: from.line }),
    }));
  }

  #warn(module: string, text: string): void {
    this.#warnings.push(warningLine(module, text, this.#options.now?.() ?? new Date()));
  }
}
