/**
 * Variants (RFC 9111 4.1). Where a response varies, its URL's key leads to the list of the fields it varies by, and the
 * variant lies under a key of its own: the URL's, the number of the list, and what the request says in these fields. A
 * new list has a new number, so that no variant of an older one is ever found.
 * Any thread; pure.
 */

/** Variants of one URL that are kept. */
export const MOST_VARIANTS = 64;

/**
 * The key of a request's variant.
 * names      in lower case, sorted
 * fields     of the request: name, value, name, value …
 * normalise  Accept-Encoding counts as the best coding of those that servers use, and the order within Accept-Language says
 *            nothing (CacheVaryNormalize)
 */
export function variantKey(
  key: string,
  sequence: number,
  names: readonly string[],
  fields: readonly string[],
  normalise: boolean,
): string {
  let out = `${key}\n${sequence}`;
  for (const name of names) {
    const value = fieldOf(fields, name);
    // A field that is not there is not the same as one that says nothing.
    if (normalise && name === 'accept-encoding') out += `\n${bestCoding(value ?? '')}`;
    else if (value === undefined) out += '\n-';
    else if (name === 'accept-language') out += `\n=${languages(value, normalise)}`;
    else out += `\n=${normalised(value)}`;
  }
  return out;
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).length !== name.length || (fields[i] as string).toLowerCase() !== name)
      continue;
    value = value === undefined ? (fields[i + 1] as string) : `${value},${fields[i + 1] as string}`;
  }
  return value;
}

/** RFC 9111 4.1: blanks around commas and joining of lines change nothing. */
function normalised(value: string): string {
  return value
    .split(',')
    .map((part) => part.trim())
    .join(',');
}

/** RFC 4647 2: the case of a language range says nothing. isSorted: nor does its place (RFC 9110 12.5.4: weights do) */
function languages(value: string, isSorted: boolean): string {
  const text = normalised(value.toLowerCase());
  return isSorted ? text.split(',').sort().join(',') : text;
}

const CODINGS = ['br', 'zstd', 'gzip'];

/** br, zstd or gzip, the first of them that is accepted at all; empty for none. */
export function bestCoding(accepted: string): string {
  const refused = new Set<string>();
  const wanted = new Set<string>();
  for (const part of accepted.toLowerCase().split(',')) {
    const [coding = '', ...params] = part.split(';').map((text) => text.trim());
    const isRefused = params.some((param) => /^q\s*=\s*0(?:\.0*)?$/.test(param));
    if (isRefused) refused.add(coding);
    else wanted.add(coding);
  }
  return CODINGS.find((coding) => wanted.has(coding) || (wanted.has('*') && !refused.has(coding))) ?? '';
}

/**
 * The names of a response's Vary joined to those that its URL varied by before, sorted.
 * A response that varies by less than others of its URL is kept by all the names: never wrong, at worst stored twice.
 */
export function joinNames(before: readonly string[], now: readonly string[]): string[] {
  return [...new Set([...before, ...now])].sort();
}
