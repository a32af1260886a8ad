/**
 * Vary for conditions on request fields: a response that a condition has shaped differs by the fields it looked at.
 * Source: httpd 2.4 manual, "Expressions", functions req and http. Any thread.
 */
import { indexOfField } from '../http/fields.js';
import type { Request } from '../request.js';

/** Adds a field name to the response's Vary unless it is there already; Host, which every cache knows, is no news. */
export function addVary(r: Request, name: string): void {
  if (name.length === 4 && name.toLowerCase() === 'host') return;
  const fields = r.responseFields;
  const at = indexOfField(fields, 'Vary');
  if (at < 0) {
    fields.push('Vary', name);
    return;
  }
  const value = fields[at + 1] as string;
  const wanted = name.toLowerCase();
  const isThere = value.split(',').some((item) => item.trim().toLowerCase() === wanted);
  if (!isThere) fields[at + 1] = `${value},${name}`;
}
