/** Blocks of README.md, as an operator would copy them: what is tested is what is written there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const README = join(import.meta.dirname, '../../../README.md');

/** All of them. */
export function blocks(): string[] {
  const text = readFileSync(README, 'utf8');
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

/** The block whose first line begins so. */
export function blockOf(beginning: string): string {
  const found = blocks().filter((block) => block.startsWith(beginning));
  assert.equal(found.length, 1, `${found.length} blocks of README.md begin with "${beginning}"`);
  return found[0] as string;
}
