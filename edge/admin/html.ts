/**
 * HTML by a tagged template: what is put into it is escaped, unless it came from this template itself. Lists are joined,
 * undefined and false leave nothing. Pure.
 */
import { escapeHtml } from '../http/pages.js';

/** A piece of HTML that may be put into another one as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Insert = string | number | undefined | false | Html | readonly Html[];

export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  let text = parts[0] ?? '';
  for (let i = 0; i < inserts.length; i += 1) text += textOf(inserts[i]) + (parts[i + 1] ?? '');
  return new Html(text);
}

function textOf(insert: Insert): string {
  if (insert === undefined || insert === false) return '';
  if (insert instanceof Html) return insert.text;
  if (typeof insert === 'string' || typeof insert === 'number')
    return escapeHtml(String(insert)).replaceAll("'", '&#39;');
  return insert.map(({ text }) => text).join('');
}
