/**
 * Holds an answer of the JSON API against its schema in the API's own description. Of JSON Schema only what the
 * description uses is known; an unknown word is a fault, so that nothing is passed over in silence.
 */
import { OPENAPI } from '../../edge/admin/openapi.js';

type Schema = Readonly<Record<string, unknown>>;

const KNOWN = new Set([
  ...['type', 'format', 'description', 'enum', 'items', 'properties', 'required', 'additionalProperties'],
  ...['anyOf', '$ref', 'minimum', 'maximum'],
]);

/** Every breach as `place: what`; empty when the value is as described. name: of components.schemas */
export function breachesOf(value: unknown, name: string): string[] {
  return check(value, { $ref: `#/components/schemas/${name}` }, name);
}

function check(value: unknown, schema: Schema, at: string): string[] {
  const odd = Object.keys(schema).filter((word) => !KNOWN.has(word));
  if (odd.length > 0) return [`${at}: the description has ${odd.join(', ')}`];
  const { $ref, anyOf } = schema;
  if (typeof $ref === 'string') return check(value, resolve($ref), at);
  if (Array.isArray(anyOf)) {
    const all = (anyOf as Schema[]).map((each) => check(value, each, at));
    return all.some((found) => found.length === 0) ? [] : all.flat();
  }
  if (Array.isArray(schema['enum']) && !(schema['enum'] as unknown[]).includes(value))
    return [`${at}: ${String(value)} is not one of ${schema['enum'].join(', ')}`];
  if (!isOfType(value, schema['type']))
    return [`${at}: ${JSON.stringify(value)} is no ${String(schema['type'])}`];
  if (schema['format'] === 'date-time' && Number.isNaN(Date.parse(String(value))))
    return [`${at}: ${String(value)} is no time`];
  if (Array.isArray(value))
    return value.flatMap((item, n) => check(item, schema['items'] as Schema, `${at}[${n}]`));
  return typeof value === 'object' && value !== null ? checkObject(value, schema, at) : [];
}

function checkObject(value: object, schema: Schema, at: string): string[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = (schema['required'] ?? []) as string[];
  const rest = schema['additionalProperties'];
  const missing = required
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => `${at}: ${key} is missing`);
  const found = Object.entries(value).flatMap(([key, item]) => {
    const own = properties[key] ?? (typeof rest === 'object' ? (rest as Schema) : undefined);
    if (own !== undefined) return check(item, own, `${at}.${key}`);
    return rest === false ? [`${at}: ${key} is not described`] : [];
  });
  return [...missing, ...found];
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function resolve($ref: string): Schema {
  const name = $ref.slice('#/components/schemas/'.length);
  const schema = OPENAPI.components.schemas[name];
  if (schema === undefined) throw new Error(`the description has no ${name}`);
  return schema;
}
