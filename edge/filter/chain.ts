/**
 * The output filters of a place as one choice per plan: SetOutputFilter for every response, AddOutputFilterByType and
 * FilterChain for those that succeed. A smart filter (FilterDeclare) is a list of conditions, each with the filter that it
 * leads to; the first that holds decides. Filters stand one after the other: each looks at the fields as those before
 * it have left them, so that nothing is encoded twice.
 * Source: httpd 2.4, core, mod_filter; observed on 2.4.71. Thread: worker.
 */
import type { BoolExpr } from '../expr/ast.js';
import { compileBool } from '../expr/compile.js';
import type { Request } from '../request.js';
import type { BodyFilter, FilterChoice } from './body-filter.js';
import { type CompressionSettings, choose, type FilterName, mediaType } from './compression.js';
import { Sequence } from './sequence.js';

/** AddOutputFilterByType: filters for a media type, which is compared without its parameters. */
export interface TypeFilter {
  filters: FilterName[];
  types: string[];
}

/** A word of FilterChain: a smart filter, or the end of all that stands before it. */
export type ChainWord = { smart: string } | { empties: true };

/** FilterProvider, in the order in which they are tried. */
export interface Provider {
  filter: FilterName;
  condition: BoolExpr;
}

/** What of a place says which filters its responses pass. */
export interface FilterPlace {
  /** SetOutputFilter; an empty list takes away what is around it. */
  outputFilters?: FilterName[];
  /** AddOutputFilterByType and FilterChain, in order. */
  typeFilters?: (TypeFilter | ChainWord)[];
  /** FilterDeclare, by name. */
  smartFilters?: Record<string, Provider[]>;
}

/** Names of the filters that a response is to pass, if it succeeds. */
type Link = (r: Request) => readonly FilterName[];

const NONE: readonly FilterName[] = [];

/** Undefined where a place has none. */
export function compileFilters(place: FilterPlace, settings: CompressionSettings): FilterChoice | undefined {
  const { outputFilters: fixed = NONE, typeFilters = [], smartFilters = {} } = place;
  const empties = typeFilters.findLastIndex((word) => 'empties' in word);
  const links = typeFilters.slice(empties + 1).flatMap((word) => linkOf(word, smartFilters));
  if (fixed.length + links.length === 0) return undefined;
  return (r, size) => {
    let filter = pass(fixed, undefined, r, size, settings);
    if (links.length === 0 || (r.status !== 200 && !r.hasFlag('filter-errordocs'))) return filter;
    for (const link of links) filter = pass(link(r), filter, r, size, settings);
    return filter;
  };
}

function linkOf(word: TypeFilter | ChainWord, smart: Readonly<Record<string, Provider[]>>): Link[] {
  if ('empties' in word) return [];
  if ('types' in word) {
    const { filters, types } = word;
    return [(r) => (types.includes(mediaType(r) ?? '') ? filters : NONE)];
  }
  const providers = (smart[word.smart] ?? []).map(({ filter, condition }) => ({
    filters: [filter],
    holds: compileBool(condition),
  }));
  if (providers.length === 0) return [];
  return [(r) => providers.find(({ holds }) => holds(r))?.filters ?? NONE];
}

function pass(
  names: readonly FilterName[],
  before: BodyFilter | undefined,
  r: Request,
  size: number,
  settings: CompressionSettings,
): BodyFilter | undefined {
  let filter = before;
  for (const name of names) {
    const next = choose(name, r, filter === undefined ? size : -1, settings);
    if (next !== undefined) filter = filter === undefined ? next : new Sequence(filter, next);
  }
  return filter;
}
