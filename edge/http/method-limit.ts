/**
 * <Limit> and <LimitExcept>: for which methods a line holds. HEAD is GET without a body and always goes with it.
 * Source: httpd 2.4 core, "Limit", "LimitExcept". Sets are computed at load; compiled once per thread.
 */

/** Names as sent, case-sensitive; HEAD is not among them. Without a limit a line holds for every method. */
export interface MethodLimit {
  methods: string[];
  /** All but these. */
  isExcept: boolean;
}

export function compileLimit({ methods, isExcept }: MethodLimit): (method: string) => boolean {
  const names = new Set(methods);
  return (method) => names.has(method === 'HEAD' ? 'GET' : method) !== isExcept;
}

/** The methods that both have. */
export function intersectLimits(a: MethodLimit | undefined, b: MethodLimit): MethodLimit {
  if (a === undefined) return b;
  if (a.isExcept && b.isExcept) return { methods: union(a.methods, b.methods), isExcept: true };
  const [only, other] = a.isExcept ? [b, a] : [a, b];
  const holds = compileLimit(other);
  return { methods: only.methods.filter(holds), isExcept: false };
}

/** Do both have the same methods? */
export function isSameLimit(a: MethodLimit, b: MethodLimit): boolean {
  const all = union(a.methods, b.methods);
  return a.isExcept === b.isExcept && all.length === a.methods.length && all.length === b.methods.length;
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
