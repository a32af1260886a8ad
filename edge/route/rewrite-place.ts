/**
 * Rewriting as a section says it, and what becomes of it inside another section.
 * Source: httpd 2.4, mod_rewrite, "RewriteOptions", merging as observed on httpd 2.4.71. Pure.
 */
import type { RewriteRule } from './rewrite.js';

/** RewriteOptions in lower case. */
export type RewriteOption =
  | 'inherit'
  | 'inheritbefore'
  | 'inheritdown'
  | 'inheritdownbefore'
  | 'ignoreinherit'
  | 'allownoslash'
  | 'allowanyuri'
  | 'mergebase'
  | 'ignorecontextinfo'
  | 'legacyprefixdocroot';

export interface PlaceRewrite {
  isOn?: boolean;
  options?: RewriteOption[];
  /** RewriteBase */
  base?: string;
  /** The section's path with a slash at its end; absent outside sections, where rules are the server's. */
  directory?: string;
  rules: RewriteRule[];
}

/** What an inner section, or a vhost, makes of what is around it: its own rules alone, unless it inherits. */
export function mergeRewrite(outer: PlaceRewrite, inner: PlaceRewrite): PlaceRewrite {
  const options = inner.options ?? outer.options ?? [];
  const isOn = inner.isOn ?? outer.isOn;
  const base = inner.base ?? (options.includes('mergebase') ? outer.base : undefined);
  return {
    ...(isOn === undefined ? {} : { isOn }),
    options,
    ...(base === undefined ? {} : { base }),
    ...(inner.directory === undefined ? {} : { directory: inner.directory }),
    rules: mergeRules(outer, inner, options),
  };
}

/** Which rules of the outer place join those of the inner one, and on which side. */
export function inheritance(
  outer: readonly RewriteOption[],
  inner: readonly RewriteOption[],
): 'after' | 'before' | undefined {
  const isDown = !inner.includes('ignoreinherit');
  if (inner.includes('inherit') || (isDown && outer.includes('inheritdown'))) return 'after';
  if (inner.includes('inheritbefore') || (isDown && outer.includes('inheritdownbefore'))) return 'before';
  return undefined;
}

function mergeRules(
  outer: PlaceRewrite,
  inner: PlaceRewrite,
  options: readonly RewriteOption[],
): RewriteRule[] {
  switch (inheritance(outer.options ?? [], options)) {
    case 'after':
      return [...inner.rules, ...outer.rules];
    case 'before':
      return [...outer.rules, ...inner.rules];
    case undefined:
      return inner.rules;
  }
}
