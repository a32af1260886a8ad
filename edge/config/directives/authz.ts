/**
 * Require and its containers. The Require lines of one place are one decision: any of them, unless a container says
 * otherwise. A container is read into a place of its own, from which its decision is taken when it closes.
 *
 * Source: httpd 2.4 manual, mod_authz_core, mod_authz_host; messages from httpd itself.
 * Thread: main, at load.
 */
import type { AuthzNode } from '../../http/access.js';
import { fail } from '../error.js';
import type { Context, DirectiveLine, DirectiveRow, Scope, SectionRow } from '../table.js';
import { readProvider } from './authz-providers.js';

const IN_SECTIONS: readonly Context[] = ['location', 'proxy', 'if', 'directory'];

type Container = 'RequireAll' | 'RequireAny' | 'RequireNone';
const CONTAINERS: readonly Container[] = ['RequireAll', 'RequireAny', 'RequireNone'];
const KINDS = { RequireAll: 'all', RequireAny: 'any', RequireNone: 'none' } as const;

const ALLOWED_INSIDE: readonly string[] = [
  'require',
  'authmerging',
  'authzsendforbiddenonfailure',
  '<limit',
  '<limitexcept',
  ...CONTAINERS.map((name) => `<${name.toLowerCase()}`),
];

/** The container that a line stands in; outside of all, what httpd makes by itself. */
function containerOf(scope: Scope): Container {
  const section = scope.sections.findLast(({ name }) => !/^Limit(?:Except)?$/.test(name))?.name.toLowerCase();
  return CONTAINERS.find((name) => name.toLowerCase() === section) ?? 'RequireAny';
}

/** Negative decisions only take something away, so they need others beside them. */
function isNegative(node: AuthzNode): boolean {
  if (node.kind === 'limited') return isNegative(node.child);
  return node.kind === 'not' || node.kind === 'none';
}

/** Add a decision to a place; `what` is what httpd calls it when it makes no sense there. */
function add(line: DirectiveLine, scope: Scope, node: AuthzNode, what: string): void {
  const container = containerOf(scope);
  if (isNegative(node) && container !== 'RequireAll') {
    fail(line, `${what} directive has no effect in <${container}> directive`);
  }
  const { authz } = scope.place;
  const before = authz !== undefined && 'children' in authz ? authz.children : [];
  const child: AuthzNode = scope.limit ? { kind: 'limited', limit: scope.limit, child: node } : node;
  scope.place.authz = { kind: 'any', children: [...before, child] };
}

function applyRequire(line: DirectiveLine, scope: Scope): void {
  const [, isNot, rest = ''] = /^\s*(not(?:\s+|$))?(.*)$/is.exec(line.raw) ?? [];
  const words = isNot === undefined ? line.words : line.words.slice(1);
  const node = readProvider(line, words, rest);
  if (isNot === undefined) add(line, scope, node, 'Require');
  else add(line, scope, { kind: 'not', child: node }, 'negative Require');
}

function containerRow(name: Container): SectionRow {
  return {
    name,
    module: 'mod_authz_core',
    contexts: IN_SECTIONS,
    only: ALLOWED_INSIDE,
    open(line, scope) {
      if (line.words.length > 0) {
        fail(line, `<${name}> directive doesn't take additional arguments`, line.words[0]?.column);
      }
      return scope.inside(line, { place: {} });
    },
    close(line, inside, outside) {
      const { authz } = inside.place;
      if (authz === undefined || !('children' in authz)) {
        fail(line, `<${name}> directive contains no authorization directives`);
      }
      if (name === 'RequireAll' && authz.children.every(isNegative)) {
        fail(line, `AH01624: <${name}> directive contains only negative authorization directives`);
      }
      add(line, outside, { kind: KINDS[name], children: authz.children }, `<${name}>`);
    },
  };
}

export const AUTHZ_SECTIONS: readonly SectionRow[] = CONTAINERS.map(containerRow);

export const AUTHZ_ROWS: readonly DirectiveRow[] = [
  {
    name: 'Require',
    module: 'mod_authz_core',
    contexts: IN_SECTIONS,
    arity: 'raw',
    usage: 'specifies authorization directives which one must pass (or not) for a request to suceeed',
    apply: applyRequire,
  },
  {
    name: 'AuthMerging',
    module: 'mod_authz_core',
    contexts: IN_SECTIONS,
    arity: 'take1',
    usage:
      "controls how a <Directory>, <Location>, or similar directive's authorization directives are combined with " +
      'those of its predecessor',
    apply(line, scope) {
      const word = line.words[0];
      const text = word?.text.toLowerCase() ?? '';
      if (!['off', 'and', 'or'].includes(text)) {
        fail(line, 'AuthMerging must be one of: Off | And | Or', word?.column);
      }
      scope.place.authMerging = text as 'off' | 'and' | 'or';
    },
  },
];
