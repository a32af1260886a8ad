/**
 * Second phase of reading: each line of the tree gets its meaning. A line is looked up in the rows (rows.ts); its place
 * and the number of its words are checked in httpd's words, then its handler runs. What has no row is irrelevant to a
 * balancer, known to httpd but not to drover, or a misspelling. A fault is kept and the next line taken, so that one run
 * shows every fault.
 *
 * The content of file-system sections (<Directory>, <Files>) is inert: its words must exist, and do nothing.
 *
 * Source: httpd 2.4, messages and their order from a running httpd. Thread: whichever reads the configuration.
 */
import { argumentFault } from './arity.js';
import { ConfError, fail } from './error.js';
import { acceptedWord } from './irrelevant.js';
import { type KnownWord, knownWord, knownWords } from './known.js';
import type { ModuleSet } from './modules.js';
import { nearestOf } from './nearest.js';
import { directiveNames, findRow, findSection } from './rows.js';
import { type Reading, type ReadingScope, refuseUnsupported } from './scope.js';
import type { Context, DirectiveLine, DirectiveRow } from './table.js';
import type { TreeNode } from './tree.js';
import { effectOf } from './unsupported.js';

const UNKNOWN = 'perhaps misspelled or defined by a module not included in the server configuration';

export class Walker {
  readonly errors: ConfError[] = [];
  readonly #reading: Reading;
  readonly #modules: ModuleSet;

  constructor(reading: Reading, modules: ModuleSet) {
    this.#reading = reading;
    this.#modules = modules;
  }

  walk(nodes: readonly TreeNode[], scope: ReadingScope, only?: readonly string[]): void {
    for (const node of nodes) {
      try {
        if (node.isSection) this.#section(node, scope, only);
        else this.#directive(node.line, scope, only);
      } catch (error) {
        if (!(error instanceof ConfError)) throw error;
        this.errors.push(error);
      }
    }
  }

  #directive(line: DirectiveLine, scope: ReadingScope, only: readonly string[] | undefined): void {
    const row = findRow(line.name);
    if (row === undefined) {
      this.#withoutRow(line, line.name, scope, []);
      return;
    }
    this.#checkModule(line, line.name, row.module);
    checkContext(line, row.name, row.contexts, scope, only);
    const fault = argumentFault(row.name, row.arity, row.usage, line.words);
    if (fault !== undefined) fail(line, fault);
    this.#reading.module = shortModule(row.module);
    row.apply({ ...line, name: row.name }, scope);
  }

  #section(node: TreeNode, scope: ReadingScope, only: readonly string[] | undefined): void {
    const { line } = node;
    if (!node.isClosed) {
      this.#inert([node]);
      return;
    }
    const row = findSection(line.name);
    if (row === undefined) {
      this.#withoutRow(line, `<${line.name}`, scope, node.children);
      return;
    }
    const before = this.errors.length;
    let inside: ReadingScope | undefined;
    try {
      this.#checkModule(line, `<${line.name}`, row.module);
      checkContext(line, `<${row.name}`, row.contexts, scope, only);
      if (!node.hasBracket) fail(line, `<${row.name}> directive missing closing '>'`);
      this.#reading.module = shortModule(row.module);
      inside = row.open({ ...line, name: row.name }, scope) as ReadingScope | undefined;
    } catch (error) {
      // Only words that exist nowhere are told, the rest would be noise.
      if (error instanceof ConfError) this.#inert(node.children);
      throw error;
    }
    if (row.content === 'inert') this.#inert(node.children);
    else if (inside !== undefined) this.walk(node.children, inside, row.only);
    if (inside === undefined) return;
    this.#reading.module = shortModule(row.module);
    try {
      row.close?.({ ...line, name: row.name }, inside, scope);
    } catch (error) {
      // What is missing at the end of a section may be what was refused inside it.
      if (!(error instanceof ConfError) || this.errors.length === before) throw error;
    }
  }

  #checkModule(line: DirectiveLine, word: string, module: string): void {
    if (this.#modules.hasWordsOf(module)) return;
    throw new ConfError(`Invalid command '${word}', ${UNKNOWN}`, line, { hint: loadHint(module) });
  }

  #withoutRow(line: DirectiveLine, word: string, scope: ReadingScope, children: readonly TreeNode[]): void {
    const known = knownWord(word);
    const accepted = acceptedWord(word, line.words[0]?.text);
    if (known === undefined && accepted === undefined) refuseUnknown(line, word);
    if (known !== undefined) this.#checkModule(line, word, known.module);
    if (accepted !== undefined) {
      scope.note(accepted.kind, line, accepted.reason);
      this.#inert(children);
      return;
    }
    if (known !== undefined) this.#unsupported(line, known, scope, children);
  }

  #unsupported(
    line: DirectiveLine,
    known: KnownWord,
    scope: ReadingScope,
    children: readonly TreeNode[],
  ): void {
    const word = known.isSection ? `<${known.name}>` : known.name;
    const effect = effectOf(known);
    const text = `${word} of httpd's ${known.module} is not supported by drover: ${effect}`;
    this.#inert(children);
    refuseUnsupported(line, scope, text);
  }

  /** Words must exist; they do nothing. */
  #inert(nodes: readonly TreeNode[]): void {
    for (const { line, isSection, children } of nodes) {
      const word = isSection ? `<${line.name}` : line.name;
      try {
        const row = isSection ? findSection(line.name) : findRow(line.name);
        const module = row?.module ?? knownWord(word)?.module;
        if (module === undefined) refuseUnknown(line, word);
        this.#checkModule(line, word, module);
      } catch (error) {
        if (!(error instanceof ConfError)) throw error;
        this.errors.push(error);
      }
      this.#inert(children);
    }
  }
}

function refuseUnknown(line: DirectiveLine, word: string): never {
  const isSection = word.startsWith('<');
  const candidates = [...directiveNames(), ...knownWords()].filter(
    (name) => name.startsWith('<') === isSection,
  );
  const near = nearestOf(word, candidates);
  const hint = near === undefined ? {} : { hint: `nearest known word: ${near}` };
  throw new ConfError(`Invalid command '${word}', ${UNKNOWN}`, line, hint);
}

function loadHint(module: string): string {
  const name = module.replace(/^mod_/, '');
  return `it belongs to ${module}: LoadModule ${name}_module modules/${module}.so`;
}

/**
 * httpd's three ways of saying that a directive stands in the wrong place.
 * name  as httpd spells it, with `<` for a section
 */
function checkContext(
  line: DirectiveLine,
  name: string,
  contexts: DirectiveRow['contexts'],
  scope: ReadingScope,
  only: readonly string[] | undefined,
): void {
  const section = scope.sections.at(-1)?.name ?? '';
  const isOutsideOnly = only?.includes(name.toLowerCase()) === false;
  const isInPlace = scope.context !== 'server' && scope.context !== 'vhost';
  const shown = name.startsWith('<') ? `${name}>` : name;
  if (/^limit(?:except)?$/i.test(section) && /^ProxyPass(?:Match)?$/.test(name)) {
    fail(line, `${name} cannot occur within <Limit> or <LimitExcept> section`);
  }
  if (isOutsideOnly) fail(line, `${name} not allowed in <${section}> context`);
  if (contexts.includes(scope.context)) return;
  if (isInPlace) {
    const hasPlaces = contexts.some((context: Context) => context !== 'server' && context !== 'vhost');
    if (hasPlaces) fail(line, `${shown} cannot occur within <${section}> section`);
    fail(line, `${name} not allowed in <${section}> context`);
  }
  if (scope.context === 'vhost' && contexts.includes('server')) {
    fail(line, `${shown} cannot occur within <VirtualHost> section`);
  }
  fail(line, `${name} not allowed here`);
}

/** `mod_proxy` → `proxy`, as the error log names it. */
function shortModule(module: string): string {
  return module.replace(/^mod_/, '');
}
