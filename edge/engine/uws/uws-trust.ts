/**
 * Looks at the uWebSockets.js binary before it is loaded. The registry carries repackaged builds made by individuals, and
 * all trust lies in that one file: a build that is known by its file name but not by its contents is refused, one that
 * is not known at all (another Node.js, an author's release) is used with a warning. Once per edge process, before
 * any worker thread starts; about 15 ms.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EdgeError, messageOf } from '../../errors.js';

/** sha256 of the builds that were tested, by file name. */
export const KNOWN_BUILDS: Readonly<Record<string, string>> = {
  'uws_linux_x64_115.node': 'f4fa5d7b697529b45ac8aa3d57385d9af51bc1d2b26aa9f5b68ca4361542e665',
};

/** The binary that `import 'uWebSockets.js'` will load in this process. */
export function uwsBinary(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
  return join(folder, `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`);
}

/**
 * Compares a binary with the known builds.
 * returns  a warning for a build that is not known, else undefined
 * errors   EdgeError E_UWS_TRUST for a known name with other contents, E_UWS_MISSING when it cannot be read
 */
export function checkUwsBuild(file: string, known = KNOWN_BUILDS): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new EdgeError('E_UWS_MISSING', { file: `${file} (${messageOf(error)})` }, error);
  }
  const name = file.slice(file.lastIndexOf('/') + 1);
  const found = createHash('sha256').update(bytes).digest('hex');
  const expected = known[name];
  if (expected === undefined)
    return `${name} (sha256 ${found}) is a build of uWebSockets.js that was not tested`;
  if (found !== expected) throw new EdgeError('E_UWS_TRUST', { file, found, expected });
  return undefined;
}
