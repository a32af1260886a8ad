/**
 * Compression: which responses (SetOutputFilter, AddOutputFilterByType) and how (mod_deflate, mod_brotli).
 *
 * Source: httpd 2.4 manual, core, mod_filter, mod_deflate, mod_brotli; messages from httpd itself. Thread: main, at load.
 */
import type { AlterEtag, FilterName, FilterNote } from '../../filter/compression.js';
import { fail } from '../error.js';
import { refuseUnsupported } from '../scope.js';
import {
  ANYWHERE,
  type DirectiveLine,
  type DirectiveRow,
  type Scope,
  SERVER_VHOST,
  type Word,
} from '../table.js';
import { choice, firstWord } from './core.js';
import { atoi } from './proxy-params-values.js';

const FILTERS: Readonly<Record<string, FilterName>> = {
  deflate: 'DEFLATE',
  brotli_compress: 'BROTLI_COMPRESS',
  inflate: 'INFLATE',
};
const ETAGS: Readonly<Record<string, AlterEtag>> = {
  addsuffix: 'AddSuffix',
  nochange: 'NoChange',
  remove: 'Remove',
};
const NOTE_TYPES: Readonly<Record<string, FilterNote['type']>> = {
  ratio: 'Ratio',
  input: 'Input',
  output: 'Output',
};

type Setting =
  | 'deflateLevel'
  | 'deflateWindow'
  | 'deflateMemory'
  | 'brotliQuality'
  | 'brotliWindow'
  | 'brotliBlock';

export function filterNamed(
  line: DirectiveLine,
  scope: Scope,
  { text, column }: Word,
): FilterName | undefined {
  const filter = choice({ text, column }, FILTERS);
  if (filter !== undefined) return filter;
  const effect = 'bodies would go through another filter';
  refuseUnsupported(line, scope, `${line.name} ${text} is not supported by drover: ${effect}`, column);
  return undefined;
}

/** `A;B`; undefined: one of them is a filter that drover has not, let pass by EdgeUnsupported. */
function filtersOf(line: DirectiveLine, scope: Scope, word: Word): FilterName[] | undefined {
  const filters: FilterName[] = [];
  for (const name of word.text.split(';').filter((text) => text !== '')) {
    const filter = filterNamed(line, scope, { ...word, text: name });
    if (filter === undefined) return undefined;
    filters.push(filter);
  }
  return filters;
}

interface NumberRow {
  name: string;
  setting: Setting;
  least: number;
  most: number;
  usage: string;
}

function numberRow({ name, setting, least, most, usage }: NumberRow): DirectiveRow {
  const what = name === 'DeflateCompressionLevel' ? 'Compression Level' : name;
  return {
    name,
    module: moduleOf(name),
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage,
    apply(line, scope) {
      const { text, column } = firstWord(line);
      const value = atoi(text);
      if (value < least || value > most) fail(line, `${what} must be between ${least} and ${most}`, column);
      // zlib takes no window of 8 bits for gzip, and writes one of 9.
      scope.server.compression[setting] = setting === 'deflateWindow' ? Math.max(value, 9) : value;
    },
  };
}

function moduleOf(name: string): string {
  return name.startsWith('Brotli') ? 'mod_brotli' : 'mod_deflate';
}

/** The two modules spell it, and say what is wrong with it, each in its own way. */
function etagRow(
  name: string,
  setting: 'deflateEtag' | 'brotliEtag',
  usage: string,
  fault: string,
): DirectiveRow {
  return {
    name,
    module: moduleOf(name),
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage,
    apply(line, scope) {
      const how = choice(firstWord(line), ETAGS);
      if (how === undefined) fail(line, fault, firstWord(line).column);
      scope.server.compression[setting] = how;
    },
  };
}

function noteRow(name: string, setting: 'deflateNotes' | 'brotliNotes'): DirectiveRow {
  return {
    name,
    module: moduleOf(name),
    contexts: SERVER_VHOST,
    arity: 'take12',
    usage: 'Set a note to report on compression ratio',
    apply(line, scope) {
      const [first = firstWord(line), second] = line.words;
      const type = second === undefined ? 'Ratio' : choice(first, NOTE_TYPES);
      if (type === undefined) fail(line, `Unknown note type ${first.text}`, first.column);
      const notes = scope.server.compression[setting] ?? [];
      scope.server.compression[setting] = [...notes, { type, name: (second ?? first).text }];
    },
  };
}

export const FILTER_ROWS: readonly DirectiveRow[] = [
  {
    name: 'SetOutputFilter',
    module: 'core',
    contexts: ANYWHERE,
    arity: 'take1',
    usage: 'filter (or ; delimited list of filters) to be run on the request content',
    apply(line, scope) {
      const word = firstWord(line);
      const filters = word.text.toLowerCase() === 'none' ? [] : filtersOf(line, scope, word);
      if (filters !== undefined) scope.place.outputFilters = filters;
    },
  },
  {
    name: 'AddOutputFilterByType',
    module: 'mod_filter',
    contexts: ANYWHERE,
    arity: 'iterate2',
    usage: 'output filter name followed by one or more content-types',
    apply(line, scope) {
      const filters = filtersOf(line, scope, firstWord(line));
      if (filters === undefined) return;
      const types = line.words.slice(1).map((word) => word.text);
      scope.place.typeFilters = [...(scope.place.typeFilters ?? []), { filters, types }];
    },
  },
  numberRow({
    name: 'DeflateCompressionLevel',
    setting: 'deflateLevel',
    least: 1,
    most: 9,
    usage: 'Set the Deflate Compression Level (1-9)',
  }),
  numberRow({
    name: 'DeflateWindowSize',
    setting: 'deflateWindow',
    least: 1,
    most: 15,
    usage: 'Set the Deflate window size (1-15)',
  }),
  numberRow({
    name: 'DeflateMemLevel',
    setting: 'deflateMemory',
    least: 1,
    most: 9,
    usage: 'Set the Deflate Memory Level (1-9)',
  }),
  {
    name: 'DeflateBufferSize',
    module: 'mod_deflate',
    contexts: SERVER_VHOST,
    arity: 'take1',
    usage: 'Set the Deflate Buffer Size',
    apply(line, scope) {
      if (atoi(firstWord(line).text) <= 0) {
        fail(line, 'DeflateBufferSize should be positive', firstWord(line).column);
      }
      scope.note('irrelevant', line, 'pieces are compressed as they come');
    },
  },
  etagRow(
    'DeflateAlterEtag',
    'deflateEtag',
    "Set how mod_deflate should modify ETAG response headers: 'AddSuffix' (default), 'NoChange' (2.2.x behavior), 'Remove'",
    "DeflateAlterETAG accepts only 'NoChange', 'AddSuffix', and 'Remove'",
  ),
  noteRow('DeflateFilterNote', 'deflateNotes'),
  numberRow({
    name: 'BrotliCompressionQuality',
    setting: 'brotliQuality',
    least: 0,
    most: 11,
    usage: 'Compression quality between 0 and 11 (higher quality means slower compression)',
  }),
  numberRow({
    name: 'BrotliCompressionWindow',
    setting: 'brotliWindow',
    least: 10,
    most: 24,
    usage:
      'Sliding window size between 10 and 24 (larger windows can improve compression, but require more memory)',
  }),
  numberRow({
    name: 'BrotliCompressionMaxInputBlock',
    setting: 'brotliBlock',
    least: 16,
    most: 24,
    usage: 'Maximum input block size between 16 and 24 (larger block sizes require more memory)',
  }),
  etagRow(
    'BrotliAlterETag',
    'brotliEtag',
    "Set how mod_brotli should modify ETag response headers: 'AddSuffix' (default), 'NoChange', 'Remove'",
    "BrotliAlterETag accepts only 'AddSuffix', 'NoChange' and 'Remove'",
  ),
  noteRow('BrotliFilterNote', 'brotliNotes'),
];
