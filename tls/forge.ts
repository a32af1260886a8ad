/**
 * node-forge, read from disk when first needed. It takes 36 ms and 11 MB of memory, and every worker thread knows of
 * certificates while few ever look into one: the import would be paid by each thread at each start.
 * Any thread.
 */
import { createRequire } from 'node:module';

export type Forge = typeof import('node-forge');

let loaded: Forge | undefined;

export function loadForge(): Forge {
  loaded ??= createRequire(import.meta.url)('node-forge') as Forge;
  return loaded;
}
