/**
 * First phase of reading: files to one tree of lines and sections. What decides what is read at all acts here, in the
 * order in which it stands: Define, Include, LoadModule, ServerRoot, macros and the conditions (<IfModule> …). All other
 * lines only become nodes, with their variables in place; the second phase (walk.ts) gives them meaning, when every
 * LoadModule line has been seen.
 *
 * A stack of frames holds what is open: a section, a condition whose content is read, a condition whose content is
 * skipped, or a macro whose lines are being collected. Each file begins with a stack of its own, since a section may not
 * end in another file. After a fault the reader goes on as well as it can, so that one run shows every fault.
 *
 * Source: httpd 2.4 manual, "Configuration Files"; messages and the lines they name: a running httpd.
 * Thread: whichever reads the configuration.
 */
import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CONDITIONS, ConditionError, decideCondition } from './conditions.js';
import { ConfError, type ErrorFamily, type Position } from './error.js';
import { closeThrough, type Frame, type Frames, isLost, isSame, newFrames, nodesOf } from './frames.js';
import { reasonOf } from './include.js';
import { type LogicalLine, logicalLines, nextWord, splitWords } from './lexer.js';
import { MacroError, Macros } from './macro.js';
import type { ModuleSet } from './modules.js';
import { READING_WORDS } from './reading-words.js';
import type { DirectiveLine } from './table.js';
import type { Variables } from './variables.js';

/** A directive, or a section with what it contains. */
export interface TreeNode {
  line: DirectiveLine;
  isSection: boolean;
  /** Does the section's first line end in `>`? */
  hasBracket: boolean;
  /** Was its end found? What stands in an endless section was hardly meant to. */
  isClosed: boolean;
  children: TreeNode[];
}

export interface TreeOptions {
  variables: Variables;
  modules: ModuleSet;
  serverRoot: string;
  /** Is a word one of drover's own or of httpd's? */
  isDirective(name: string): boolean;
  warn(module: string, text: string): void;
}

/** What httpd calls the lines given by -C and -c. */
export const COMMAND_LINE = '-c/-C directives';
const DEEPEST_INCLUDE = 128;

/** The file being read, and how it was reached. */
export interface Source {
  file: string;
  chain: readonly Position[];
}

/** Nothing more can be read: include files that include each other. */
class Endless extends Error {}

export class TreeReader {
  readonly variables: Variables;
  readonly modules: ModuleSet;
  readonly errors: ConfError[] = [];
  readonly macros: Macros;
  /** Files read, with the position of the Include line that led there. */
  readonly includes: { file: string; from: Position | undefined; depth: number }[] = [];
  /** A condition was answered while no LoadModule line had been met. */
  hasGuessedModules = false;
  isUnsupportedAllowed = false;
  serverRoot: string;
  runtimeDir: string | undefined;
  readonly #options: TreeOptions;
  readonly #lines = new Map<string, Map<number, string>>();
  readonly #used: string[] = [];

  constructor(options: TreeOptions) {
    this.#options = options;
    this.variables = options.variables;
    this.modules = options.modules;
    this.serverRoot = options.serverRoot;
    this.macros = new Macros((text) => this.warn('macro', text));
  }

  warn(module: string, text: string): void {
    this.#options.warn(module, text);
  }

  /** Path relative to ServerRoot → absolute; bytes of the configuration → the names of the file system. */
  resolve(path: string): string {
    const name = Buffer.from(path, 'latin1').toString('utf8');
    return isAbsolute(name) ? join(name) : join(this.serverRoot, name);
  }

  /** The logical line at a place, for messages. */
  lineAt(file: string, line: number): string | undefined {
    return this.#lines.get(file)?.get(line);
  }

  /** -C or -c: each argument is a line. */
  readCommandLine(directives: readonly string[]): TreeNode[] {
    const lines = directives.map((text, at) => ({ text, line: at + 1 }));
    return this.#whole({ file: COMMAND_LINE, chain: [] }, lines);
  }

  /** -f. */
  readMainFile(file: string): TreeNode[] {
    this.includes.push({ file, from: undefined, depth: 0 });
    const content = this.#contentOf(file, { file, line: 0, column: 0 }, []);
    return content === undefined ? [] : this.#whole({ file, chain: [] }, logicalLines(content));
  }

  /** A file named by Include; its nodes come at the end of `into`. */
  readIncluded(file: string, line: DirectiveLine, source: Source, into: TreeNode[]): void {
    const at: Position = { file: line.file, line: line.line, column: line.words[0]?.column ?? line.column };
    const chain = [...source.chain, at];
    if (chain.length > DEEPEST_INCLUDE) {
      const text = `Exceeded maximum include depth of ${DEEPEST_INCLUDE}, There appears to be a recursion.`;
      this.errors.push(new ConfError(text, at, { family: 'reading', chain: source.chain }));
      throw new Endless();
    }
    this.includes.push({ file, from: at, depth: chain.length });
    const content = this.#contentOf(file, at, source.chain);
    if (content !== undefined) this.#read({ file, chain }, logicalLines(content), into);
  }

  /** The lines of a macro, as if they stood where it is used. */
  readMacro(line: DirectiveLine, source: Source, into: TreeNode[]): void {
    const words = line.words.map((word) => word.text);
    const macro = this.macros.use(words, line.file, line.line);
    if (this.#used.includes(macro.name)) {
      throw new MacroError(`recursive use of macro '${macro.name}' is invalid`);
    }
    this.#used.push(macro.name);
    try {
      this.#read({ file: macro.file, chain: source.chain }, macro.lines, into);
    } finally {
      this.#used.pop();
    }
  }

  fault(message: string, at: Position, source: Source): void {
    const family: ErrorFamily = at.file === COMMAND_LINE ? 'command-line' : 'reading';
    this.errors.push(new ConfError(message, at, { family, chain: source.chain }));
  }

  #whole(source: Source, lines: Iterable<LogicalLine>): TreeNode[] {
    const nodes: TreeNode[] = [];
    try {
      this.#read(source, lines, nodes);
    } catch (error) {
      if (!(error instanceof Endless)) throw error;
    }
    return nodes;
  }

  #contentOf(file: string, at: Position, chain: readonly Position[]): string | undefined {
    const family: ErrorFamily =
      at.line === 0 ? 'bare' : at.file === COMMAND_LINE ? 'command-line' : 'reading';
    const refuse = (reason: string): undefined => {
      const text = `Could not open configuration file ${file}: ${reason}`;
      this.errors.push(new ConfError(text, at, { family, chain }));
      return undefined;
    };
    try {
      if (!statSync(file).isFile()) {
        this.warn('core', `AH00554: Access to file ${file} denied by server: not a regular file`);
        return refuse('Bad file descriptor');
      }
      // A byte a character: what the file says goes out as it is, whatever its encoding.
      return readFileSync(file, 'latin1');
    } catch (error) {
      return refuse(reasonOf(error));
    }
  }

  #read(source: Source, lines: Iterable<LogicalLine>, into: TreeNode[]): void {
    const frames = newFrames();
    const known = this.#lines.get(source.file) ?? new Map<number, string>();
    this.#lines.set(source.file, known);
    for (const line of lines) {
      const top = frames.at(-1);
      if (top?.kind === 'macro') {
        this.#collect(source, frames, top, line);
        continue;
      }
      const first = line.text.trimStart()[0];
      if (first === undefined || first === '#') continue;
      if (top?.kind === 'skipped') {
        known.set(line.line, line.text);
        this.#skip(source, frames, line);
        continue;
      }
      const text = this.variables.expand(line.text, (name) =>
        this.warn('core', `AH00111: Config variable \${${name}} is not defined`),
      );
      known.set(line.line, text);
      this.#take(source, frames, { text, line: line.line }, into);
    }
    this.#end(source, frames);
  }

  #take(source: Source, frames: Frames, logical: LogicalLine, into: TreeNode[]): void {
    const found = nextWord(logical.text, 0);
    if (found === undefined) return;
    const at: Position = { file: source.file, line: logical.line, column: found.word.column };
    if (found.word.text.startsWith('</')) {
      this.#close(source, frames, found.word.text, at);
      return;
    }
    const nodes = nodesOf(frames, into);
    if (found.word.text.startsWith('<')) {
      this.#open(source, frames, found.word.text, logical.text, found.next, at, nodes);
      return;
    }
    const line: DirectiveLine = {
      ...at,
      name: found.word.text,
      words: splitWords(logical.text, found.next),
      raw: logical.text.slice(found.next).trimEnd(),
    };
    const row = READING_WORDS.get(line.name.toLowerCase());
    if (row === undefined) {
      nodes.push({ line, isSection: false, hasBracket: true, isClosed: true, children: [] });
      return;
    }
    this.#guard(source, at, () => row(line, this, source, nodes));
  }

  /** Faults of what acts while reading are `reading` faults, wherever they come from. */
  #guard(source: Source, at: Position, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error instanceof Endless || !(error instanceof Error)) throw error;
      if (error instanceof ConfError) this.fault(error.message, error.at, source);
      else if (error instanceof MacroError || error instanceof ConditionError) {
        this.fault(error.message, at, source);
      } else throw error;
    }
  }

  #open(
    source: Source,
    frames: Frames,
    word: string,
    text: string,
    next: number,
    at: Position,
    nodes: TreeNode[],
  ): void {
    const name = word.slice(1).replace(/>$/, '');
    const end = word.endsWith('>') ? next : text.lastIndexOf('>');
    const hasBracket = word.endsWith('>') || end >= next;
    const inner = word.endsWith('>') ? '' : text.slice(next, hasBracket ? end : text.length);
    const key = name.toLowerCase();
    if (!CONDITIONS.has(key) && key !== 'macro') {
      const words = splitWords(inner).map((each) => ({ text: each.text, column: each.column + next }));
      const line: DirectiveLine = { ...at, name, words, raw: inner.trim() };
      const node: TreeNode = { line, isSection: true, hasBracket, isClosed: true, children: [] };
      nodes.push(node);
      frames.push({ kind: 'section', name, at, node });
      return;
    }
    const argument = inner.trim();
    const missesBracket = !hasBracket && argument !== '';
    if (missesBracket) this.fault(`<${name}> directive missing closing '>'`, at, source);
    if (key === 'macro') {
      const words = splitWords(inner).map((each) => each.text);
      if (!missesBracket && words.length === 0) {
        this.fault('<Macro macro definition: empty name', at, source);
      }
      frames.push({ kind: 'macro', name, at, words, body: [], depth: 0 });
      return;
    }
    if (argument === '' && key !== 'ifversion') {
      this.fault(`<${name}> directive requires additional arguments`, at, source);
    }
    const frame: Frame = { kind: 'skipped', name, at };
    frames.push(frame);
    this.#guard(source, at, () => {
      const isComplete = argument !== '' || key === 'ifversion';
      if (isComplete && this.#decide(key, argument)) frame.kind = 'read';
    });
  }

  #decide(name: string, argument: string): boolean {
    if (name === 'ifmodule' && this.modules.isPlain) this.hasGuessedModules = true;
    return decideCondition(name, argument, {
      isModuleLoaded: (module) => this.modules.hasNamed(module),
      isDefined: (variable) => this.variables.isDefined(variable),
      isDirective: (word) => this.#options.isDirective(word),
      resolve: (path) => this.resolve(path),
    });
  }

  #close(source: Source, frames: Frames, word: string, at: Position): void {
    const name = word.slice(2).replace(/>$/, '');
    if (!word.endsWith('>')) this.fault(`</${name}> directive missing closing '>'`, at, source);
    const top = frames.at(-1);
    if (top !== undefined && isSame(top.name, name)) {
      frames.pop();
      return;
    }
    if (isLost(frames, name)) return;
    if (word.endsWith('>')) {
      // A condition is no section: what closes inside one must have been opened inside it.
      if (top?.kind === 'section') this.fault(`Expected </${top.name}> but saw ${word}`, at, source);
      else this.fault(`</${name}> without matching <${name}> section`, at, source);
    }
    closeThrough(frames, name);
  }

  #skip(source: Source, frames: Frames, line: LogicalLine): void {
    const word = nextWord(line.text, 0)?.word;
    if (word === undefined || !word.text.startsWith('<')) return;
    const at: Position = { file: source.file, line: line.line, column: word.column };
    if (!word.text.startsWith('</')) {
      frames.push({ kind: 'skipped', name: word.text.slice(1).replace(/>$/, ''), at });
      return;
    }
    const name = word.text.slice(2).replace(/>$/, '');
    const top = frames.at(-1);
    if (top !== undefined && isSame(top.name, name)) {
      frames.pop();
      return;
    }
    if (isLost(frames, name)) return;
    // httpd names the line where skipping began.
    const start = frames[frames.findLastIndex((frame) => frame.kind !== 'skipped') + 1]?.at ?? at;
    this.fault(`Expected </${top?.name ?? ''}> but saw </${name}>`, start, source);
    closeThrough(frames, name);
  }

  #collect(source: Source, frames: Frames, macro: Frame & { kind: 'macro' }, line: LogicalLine): void {
    const word = nextWord(line.text, 0)?.word.text.toLowerCase() ?? '';
    if (word.startsWith('<macro')) macro.depth++;
    if (word.startsWith('</macro')) {
      if (macro.depth === 0) {
        frames.pop();
        this.#guard(source, macro.at, () => {
          if (macro.words.length === 0) return;
          this.macros.define(macro.words, macro.body, macro.at.file, macro.at.line);
        });
        return;
      }
      macro.depth--;
    }
    macro.body.push(line);
  }

  /** End of a file or macro: everything must be closed. */
  #end(source: Source, frames: readonly Frame[]): void {
    const sections = frames.filter((frame) => frame.kind === 'section');
    const outermost = sections[0];
    for (const { node } of sections) node.isClosed = false;
    if (outermost !== undefined) {
      const open = [...sections].reverse();
      const lines = open.map(({ at, name }) => `${at.file}:${at.line}: <${name}> was not closed.`);
      this.fault(lines.join('\n'), outermost.at, source);
      return;
    }
    const rest = frames.find((frame) => frame.kind !== 'section');
    if (rest === undefined) return;
    if (rest.kind === 'macro') {
      const title = `macro '${rest.words[0] ?? ''}' (defined on line ${rest.at.line} of "${rest.at.file}")`;
      this.fault(`${title}\n\tcontents error: expected token not found: </Macro>`, rest.at, source);
      return;
    }
    this.fault(`Expected </${rest.name}> before end of configuration`, rest.at, source);
  }
}
