/**
 * Expressions: text to plain data, by recursive descent over edge/expr/lexer.ts.
 *
 *   cond  := and ('||' and)*            and := not ('&&' not)*
 *   not   := '!' not | true | false | '(' cond ')' | -U word | word comparison
 *   word  := part ('.' part)*           part := digits | 'string' | %{…} | $n | name '(' word ')'
 *
 * A wrong name (variable, function, operator) does not stop httpd's parser, a wrong token does, and then both are
 * reported; the messages here are put together likewise. Everything that can be wrong is found here, so that a parsed
 * expression always compiles and a compiled one never throws.
 * Source: httpd 2.4 manual, "Expressions in Apache HTTP Server". Main thread, at load.
 */
import { parseNetwork } from '../http/access-address.js';
import { isVariable } from '../http/variables.js';
import type { BoolExpr, ListExpr, RegexSource, StringExpr } from './ast.js';
import { ExprError, RegexError } from './error.js';
import { Lexer, type Piece, type Token } from './lexer.js';
import {
  BINARY_OPERATORS,
  HEALTH_FUNCTIONS,
  STRING_FUNCTIONS,
  UNARY_OPERATORS,
  UNSUPPORTED,
} from './names.js';
import { translateRegex } from './regex.js';

export { ExprError } from './error.js';

export interface ParseOptions {
  /** A mod_proxy_hcheck expression: `hc('body')` exists. */
  health?: boolean;
  /** SSLRequire, where every comparison is of texts. */
  sslRequire?: boolean;
}

/** Nested constructs and operators in one expression: keeps the stack of parser and closures small. */
const MAX_NODES = 1000;

const STRING_COMPARISONS = new Map([
  ['T_OP_STR_EQ', '=='],
  ['T_OP_STR_NE', '!='],
  ['T_OP_STR_LT', '<'],
  ['T_OP_STR_LE', '<='],
  ['T_OP_STR_GT', '>'],
  ['T_OP_STR_GE', '>='],
] as const);

const INTEGER_COMPARISONS = new Map([
  ['T_OP_EQ', 'eq'],
  ['T_OP_NE', 'ne'],
  ['T_OP_LT', 'lt'],
  ['T_OP_LE', 'le'],
  ['T_OP_GT', 'gt'],
  ['T_OP_GE', 'ge'],
] as const);

const TEXT_COMPARISONS = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' } as const;

/** A condition: `<If>`, `expr=`, `Require expr`. Throws ExprError. */
export function parseBool(text: string, options: ParseOptions = {}): BoolExpr {
  const parser = new Parser(text, options);
  return parser.condition();
}

/** A value with `%{…}` and `$n` in it: `Header set … expr=`, `Require user`. Throws ExprError. */
export function parseString(text: string, options: ParseOptions = {}): StringExpr {
  const parser = new Parser(text, options);
  return parser.value();
}

class Parser {
  readonly #lexer: Lexer;
  readonly #options: ParseOptions;
  #next: Token | undefined;
  #nodes = 0;
  /** First wrong name or argument; reported at the end unless a syntax error comes first. */
  #wrong: ExprError | undefined;

  constructor(text: string, options: ParseOptions) {
    this.#lexer = new Lexer(text);
    this.#options = options;
  }

  condition(): BoolExpr {
    const expr = this.#or();
    if (this.#peek().kind !== '$end') this.#fail(', expecting $end');
    if (this.#wrong !== undefined) throw this.#wrong;
    return expr;
  }

  value(): StringExpr {
    const expr = this.#string(undefined);
    if (this.#wrong !== undefined) throw this.#wrong;
    return expr;
  }

  #or(): BoolExpr {
    let left = this.#and();
    while (this.#accept('T_OP_OR')) left = { op: 'or', left, right: this.#and() };
    return left;
  }

  #and(): BoolExpr {
    let left = this.#not();
    while (this.#accept('T_OP_AND')) left = { op: 'and', left, right: this.#not() };
    return left;
  }

  #not(): BoolExpr {
    this.#count();
    const token = this.#peek();
    switch (token.kind) {
      case 'T_OP_NOT':
        this.#take();
        return { op: 'not', expr: this.#not() };
      case 'T_TRUE':
      case 'T_FALSE':
        this.#take();
        return { op: 'const', value: token.kind === 'T_TRUE' };
      case "'('": {
        this.#take();
        const expr = this.#or();
        if (!this.#accept("')'")) this.#fail(", expecting T_OP_OR or T_OP_AND or ')'");
        return expr;
      }
      case 'T_OP_UNARY':
        this.#take();
        return this.#unary(token);
      case 'T_ERROR':
        throw new ExprError(token.text, token.at + 1);
      default:
        return this.#comparison();
    }
  }

  #unary(token: Token): BoolExpr {
    const arg = this.#word();
    const shown = `-${token.text}`;
    if (UNSUPPORTED.has(shown)) this.#unsupported(shown, token.at);
    else if (!UNARY_OPERATORS.has(token.text))
      this.#note(`Unary operator '${shown}' does not exist`, token.at);
    return {
      op: 'unary',
      name: token.text,
      arg: token.text === 'R' ? this.#network(shown, arg, token.at) : arg,
    };
  }

  get #stringOp(): 'string' | 'sslstring' {
    return this.#options.sslRequire === true ? 'sslstring' : 'string';
  }

  #comparison(): BoolExpr {
    const left = this.#word();
    const token = this.#peek();
    const kind = token.kind;
    const cmp = STRING_COMPARISONS.get(kind as never);
    if (cmp !== undefined) {
      this.#take();
      return { op: this.#stringOp, cmp, left, right: this.#word() };
    }
    const integer = INTEGER_COMPARISONS.get(kind as never);
    if (integer !== undefined) {
      this.#take();
      const right = this.#word();
      if (this.#options.sslRequire === true)
        return { op: 'sslstring', cmp: TEXT_COMPARISONS[integer], left, right };
      return { op: 'integer', cmp: integer, left, right };
    }
    if (kind === 'T_OP_REG' || kind === 'T_OP_NRE') {
      this.#take();
      return { op: 'match', negate: kind === 'T_OP_NRE', left, regex: this.#regex() };
    }
    if (kind === 'T_OP_IN') {
      this.#take();
      return { op: 'in', left, list: this.#list() };
    }
    if (kind === 'T_OP_BINARY') {
      this.#take();
      return this.#binary(token, left, this.#word());
    }
    return this.#fail('');
  }

  #binary(token: Token, left: StringExpr, right: StringExpr): BoolExpr {
    const name = token.text.toLowerCase();
    if (!BINARY_OPERATORS.has(name)) this.#note(`Binary operator '-${token.text}' does not exist`, token.at);
    const arg = name === 'ipmatch' ? this.#network('-ipmatch', right, token.at) : right;
    return { op: 'binary', name, left, right: arg };
  }

  /** The constant network of -R and -ipmatch, in canonical text. */
  #network(operator: string, arg: StringExpr, at: number): StringExpr {
    if (arg.op !== 'text') {
      this.#note(`${operator} requires subnet/netmask as constant argument`, at);
      return arg;
    }
    const network = parseNetwork(arg.value);
    if (network === undefined) this.#note('parsing of subnet/netmask failed', at);
    return { op: 'text', value: network ?? '' };
  }

  #regex(): RegexSource {
    const token = this.#peek();
    if (token.kind !== 'T_REGEX') this.#fail(', expecting T_REGEX or T_REGEX_I');
    const patternAt = token.at + (this.#lexer.text.charAt(token.at) === 'm' ? 2 : 1);
    // Before the next token is looked at: the flags stick to the pattern.
    const flags = this.#lexer.regexFlags();
    this.#take();
    try {
      return translateRegex(token.text, flags.replaceAll('g', ''));
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      throw new ExprError(`Failed to compile regular expression: ${error.message}`, patternAt + error.column);
    }
  }

  #list(): ListExpr {
    const token = this.#peek();
    if (token.kind === 'T_ID') {
      this.#take();
      const arg = this.#argument();
      if (UNSUPPORTED.has(token.text)) this.#unsupported(token.text, token.at);
      else this.#note(`Function '${token.text}' does not exist`, token.at);
      return { op: 'listcall', fn: token.text, arg };
    }
    if (!this.#accept("'{'")) this.#fail(", expecting T_ID or '{'");
    const items = [this.#word()];
    while (this.#accept("','")) items.push(this.#word());
    if (!this.#accept("'}'")) this.#fail(", expecting ',' or '}' or T_OP_CONCAT");
    return { op: 'list', items };
  }

  #word(): StringExpr {
    const parts = [this.#part()];
    while (this.#accept('T_OP_CONCAT')) parts.push(this.#part());
    return joined(parts);
  }

  #part(): StringExpr {
    this.#count();
    const token = this.#peek();
    switch (token.kind) {
      case 'T_DIGIT':
        this.#take();
        return { op: 'text', value: token.text };
      case 'T_REGEX_BACKREF':
        this.#take();
        return { op: 'backref', index: Number(token.text.slice(1)) };
      case 'T_STR_BEGIN':
        this.#take();
        return this.#string(token.text);
      case 'T_VAR_BEGIN':
        this.#take();
        return this.#variable();
      case 'T_ID': {
        this.#take();
        return this.#call(token.text, this.#argument(), token.at);
      }
      default:
        return this.#fail('');
    }
  }

  #argument(): StringExpr {
    if (!this.#accept("'('")) this.#fail(", expecting '('");
    const arg = this.#word();
    if (!this.#accept("')'")) this.#fail(", expecting T_OP_CONCAT or ')'");
    return arg;
  }

  /** Inside quotes, behind `%{name:`, or the whole text in string mode. */
  #string(delimiter: string | undefined): StringExpr {
    const parts: StringExpr[] = [];
    for (;;) {
      this.#count();
      const piece: Piece = this.#lexer.piece(delimiter);
      if (piece.kind === 'end') return joined(parts);
      if (piece.kind === 'T_ERROR') throw new ExprError(piece.text, piece.at + 1);
      if (piece.kind === 'T_STRING') parts.push({ op: 'text', value: piece.text });
      else if (piece.kind === 'T_REGEX_BACKREF')
        parts.push({ op: 'backref', index: Number(piece.text.slice(1)) });
      else parts.push(this.#variable());
    }
  }

  /** Behind `%{`. */
  #variable(): StringExpr {
    this.#count();
    const id = this.#lexer.name();
    if (id.kind !== 'T_ID') this.#fail(', expecting T_ID', id);
    const end = this.#lexer.nameEnd();
    if (end.kind === "':'") {
      const from = this.#lexer.at;
      const arg = this.#string('}');
      if (this.#lexer.at === from + 1)
        this.#fail(', expecting T_ERROR or T_STRING or T_REGEX_BACKREF or T_VAR_BEGIN', {
          kind: 'T_VAR_END',
          text: '}',
          at: from,
        });
      return this.#call(id.text, arg, id.at);
    }
    if (end.kind !== 'T_VAR_END') this.#fail(", expecting T_VAR_END or ':'", end);
    const name = id.text.toUpperCase();
    if (!isVariable(name)) this.#note(`Variable '${id.text}' does not exist`, id.at);
    return { op: 'var', name };
  }

  #call(name: string, arg: StringExpr, at: number): StringExpr {
    const fn = name.toLowerCase();
    if (UNSUPPORTED.has(fn)) this.#unsupported(name, at);
    else if (!STRING_FUNCTIONS.has(fn) && !(this.#options.health === true && HEALTH_FUNCTIONS.has(fn)))
      this.#note(`Function '${name}' does not exist`, at);
    return { op: 'call', fn, arg };
  }

  #peek(): Token {
    this.#next ??= this.#lexer.token();
    return this.#next;
  }

  #take(): void {
    this.#next = undefined;
  }

  #accept(kind: string): boolean {
    if (this.#peek().kind !== kind) return false;
    this.#take();
    return true;
  }

  #count(): void {
    if (++this.#nodes > MAX_NODES) throw new ExprError('Expression is too long', this.#lexer.at + 1);
  }

  #note(message: string, at: number): void {
    this.#wrong ??= new ExprError(message, at + 1);
  }

  #unsupported(name: string, at: number): void {
    this.#note(`'${name}' is not supported at an edge: ${UNSUPPORTED.get(name) ?? ''}`, at);
  }

  #fail(expecting: string, token: Token = this.#peek()): never {
    const why = token.kind === 'T_ERROR' ? token.text : this.#wrong?.message;
    const cause = why === undefined ? '' : `: ${why}`;
    throw new ExprError(`syntax error, unexpected ${token.kind}${expecting}${cause}`, token.at + 1);
  }
}

/** One expression out of several that follow each other; neighbouring texts become one. */
function joined(parts: StringExpr[]): StringExpr {
  const merged: StringExpr[] = [];
  for (const part of parts.flatMap((item) => (item.op === 'concat' ? item.parts : [item]))) {
    const last = merged.at(-1);
    if (part.op === 'text' && last?.op === 'text') merged[merged.length - 1] = text(last.value + part.value);
    else merged.push(part);
  }
  if (merged.length === 1) return merged[0] as StringExpr;
  return merged.length === 0 ? text('') : { op: 'concat', parts: merged };
}

function text(value: string): StringExpr {
  return { op: 'text', value };
}
