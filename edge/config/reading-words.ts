/**
 * The directives that act while files are read: what comes after them is read differently. One row a word.
 *
 * Source: httpd 2.4 manual, core, mod_so and mod_macro; messages from a running httpd.
 */
import { existsSync, statSync } from 'node:fs';
import { argumentFault } from './arity.js';
import { fail } from './error.js';
import { filesOf, IncludeError } from './include.js';
import { isShipped } from './modules.js';
import type { Arity, DirectiveLine } from './table.js';
import type { Source, TreeNode, TreeReader } from './tree.js';

/** Does the word's work; may put nodes at the end of `into`. Faults: ConfError, MacroError. */
type ReadingWord = (line: DirectiveLine, reader: TreeReader, source: Source, into: TreeNode[]) => void;

interface Row {
  name: string;
  arity: Arity;
  usage: string;
  apply: ReadingWord;
}

function include(isOptional: boolean): ReadingWord {
  return (line, reader, source, into) => {
    const path = reader.resolve(line.words[0]?.text ?? '');
    let files: string[] = [];
    try {
      files = filesOf(path, isOptional);
    } catch (error) {
      if (!(error instanceof IncludeError)) throw error;
      fail(line, error.message, line.words[0]?.column);
    }
    for (const file of files) reader.readIncluded(file, line, source, into);
  };
}

function loadModule(line: DirectiveLine, reader: TreeReader): void {
  const [name, path] = line.words;
  if (name === undefined || path === undefined) return;
  if (isShipped(name.text)) {
    if (!reader.modules.load(name.text)) {
      reader.warn('so', `AH01574: module ${name.text} is already loaded, skipping`);
    }
    return;
  }
  reader.modules.isPlain = false;
  const file = reader.resolve(path.text);
  if (!existsSync(file)) {
    const reason = 'cannot open shared object file: No such file or directory';
    fail(line, `Cannot load ${path.text} into server: ${file}: ${reason}`, path.column);
  }
  const text = `Cannot load ${path.text} into server: drover has no module ${name.text} and loads no code of others`;
  if (!reader.isUnsupportedAllowed) fail(line, text, name.column);
  reader.warn('so', `${text} (${line.file}:${line.line})`);
}

const DEFINE_USAGE = 'Define a variable, optionally to a value.  Same as passing -D to the command line.';

const ROWS: readonly Row[] = [
  {
    name: 'Define',
    arity: 'take12',
    usage: DEFINE_USAGE,
    apply(line, reader) {
      const [name, value] = line.words;
      if (name?.text.includes(':') === true) fail(line, "Variable name must not contain ':'", name.column);
      reader.variables.define(name?.text ?? '', value?.text ?? '');
    },
  },
  {
    name: 'UnDefine',
    arity: 'take1',
    usage: 'Undefine the existence of a variable. Undo a Define.',
    apply(line, reader) {
      const name = line.words[0];
      if (name?.text.includes(':') === true) fail(line, "Variable name must not contain ':'", name.column);
      reader.variables.undefine(name?.text ?? '');
    },
  },
  {
    name: 'Include',
    arity: 'take1',
    usage:
      'Name(s) of the config file(s) to be included; fails if the wildcard does not match at least one file',
    apply: include(false),
  },
  {
    name: 'IncludeOptional',
    arity: 'take1',
    usage:
      'Name or pattern of the config file(s) to be included; ignored if the file does not exist or the pattern ' +
      'does not match any files',
    apply: include(true),
  },
  {
    name: 'LoadModule',
    arity: 'take2',
    usage: 'a module name and the name of a shared object file to load it from',
    apply: loadModule,
  },
  {
    name: 'LoadFile',
    arity: 'iterate',
    usage: 'shared object file or library to load into the server at runtime',
    apply() {
      // Libraries for modules that are not loaded from files here.
    },
  },
  {
    name: 'ServerRoot',
    arity: 'take1',
    usage: 'Common directory of server-related files (logs, confs, etc.)',
    apply(line, reader) {
      const directory = reader.resolve(line.words[0]?.text ?? '');
      if (!isDirectory(directory)) fail(line, 'ServerRoot must be a valid directory', line.words[0]?.column);
      reader.serverRoot = directory;
    },
  },
  {
    name: 'DefaultRuntimeDir',
    arity: 'take1',
    usage: 'Common directory for run-time files (shared memory, locks, etc.)',
    apply(line, reader) {
      const directory = reader.resolve(line.words[0]?.text ?? '');
      if (!isDirectory(directory)) {
        const text = 'DefaultRuntimeDir must be a valid directory, absolute or relative to ServerRoot';
        fail(line, text, line.words[0]?.column);
      }
      reader.runtimeDir = directory;
    },
  },
  {
    name: 'Use',
    arity: 'raw',
    usage: '',
    apply(line, reader, source, into) {
      reader.readMacro(line, source, into);
    },
  },
  {
    name: 'UndefMacro',
    arity: 'take1',
    usage: 'Remove a macro definition.',
    apply(line, reader) {
      reader.macros.undefine(line.words[0]?.text ?? '');
    },
  },
  {
    name: 'EdgeUnsupported',
    arity: 'take1',
    usage: "'error' or 'warn' for directives that httpd has and drover has not",
    apply(line, reader, _source, into) {
      // LoadModule asks now, everything else when the tree is walked.
      reader.isUnsupportedAllowed = line.words[0]?.text.toLowerCase() === 'warn';
      into.push({ line, isSection: false, hasBracket: true, isClosed: true, children: [] });
    },
  },
];

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** By name in lower case; each checks the number of its words first. */
export const READING_WORDS: ReadonlyMap<string, ReadingWord> = new Map(
  ROWS.map(({ name, arity, usage, apply }) => [
    name.toLowerCase(),
    (line, reader, source, into) => {
      const fault = argumentFault(name, arity, usage, line.words);
      if (fault !== undefined) fail(line, fault);
      apply(line, reader, source, into);
    },
  ]),
);
