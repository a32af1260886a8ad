/**
 * Sections by URL and by condition: <Location>, <Proxy>, <If> and their kin; and those by file name, whose content does
 * nothing here.
 *
 * Regular expressions are translated from PCRE here, to a source that needs no flags.
 *
 * Source: httpd 2.4 manual, core and mod_proxy, "Configuration Sections"; messages from httpd itself.
 * Thread: main, at load.
 */
import { parseBool } from '../../expr/parse.js';
import { translateRegex } from '../../expr/regex.js';
import { isGlob } from '../../route/glob.js';
import type { ConditionSection, LocationSection, Place } from '../../settings.js';
import { fail } from '../error.js';
import {
  ANYWHERE,
  type Context,
  type DirectiveLine,
  type Scope,
  SERVER_VHOST,
  type SectionRow,
  type Word,
} from '../table.js';
import { openProxySection } from './proxy-pools-rows.js';

function needArgument(line: DirectiveLine): Word {
  const word = line.words[0];
  if (word === undefined) fail(line, `<${line.name}> directive requires additional arguments`);
  return word;
}

function regexOf(line: DirectiveLine, word: Word): string {
  try {
    const { source, flags } = translateRegex(word.text, '');
    if (flags === '') return source;
    // A letter that does not take part in `(?i)` makes the translation write out both cases of those that do.
    return translateRegex(`(?:${word.text})(?:z{0})`, '').source;
  } catch {
    fail(line, 'Regex could not be compiled', word.column);
  }
}

function sectionOf(line: DirectiveLine, word: Word, isRegex: boolean, place: Place): LocationSection {
  const kind = isRegex ? 'regex' : isGlob(word.text) ? 'glob' : 'prefix';
  const pattern = isRegex ? regexOf(line, word) : word.text;
  return { kind, pattern, place, at: `${line.file}:${line.line}` };
}

function locationRow(name: 'Location' | 'LocationMatch'): SectionRow {
  return {
    name,
    module: 'core',
    contexts: SERVER_VHOST,
    open(line, scope) {
      const words = [...line.words];
      needArgument(line);
      const isTilde = name === 'Location' && words[0]?.text === '~';
      if (isTilde) words.shift();
      const [word = { text: '', column: line.column }, extra] = words;
      if (extra !== undefined) {
        fail(line, `Multiple <${name}> arguments not (yet) supported.`, extra.column);
      }
      const isRegex = isTilde || name === 'LocationMatch';
      const place: Place = {};
      const section = sectionOf(line, word, isRegex, place);
      scope.server.own.locations = [...(scope.server.own.locations ?? []), section];
      // Seen from inside, `<Location ~ x>` is `<LocationMatch x>`.
      const opened = { ...line, name: isRegex ? 'LocationMatch' : name };
      return scope.inside(opened, { place, context: 'location', sectionArgument: word.text });
    },
  };
}

function proxyRow(name: 'Proxy' | 'ProxyMatch'): SectionRow {
  return {
    name,
    module: 'mod_proxy',
    contexts: SERVER_VHOST,
    open(line, scope) {
      const word = line.words[0] ?? { text: '', column: line.column };
      const place: Place = {};
      const section = sectionOf(line, word, name === 'ProxyMatch', place);
      if (section.kind === 'prefix') section.pattern = lowerHost(section.pattern);
      scope.server.own.proxySections = [...(scope.server.own.proxySections ?? []), section];
      return scope.inside(line, { place, context: 'proxy', sectionArgument: word.text });
    },
    close(line, _inside, outside) {
      openProxySection(line, outside);
    },
  };
}

/** Scheme and host of a URL in lower case, as requests are compared with it. */
function lowerHost(url: string): string {
  return url.replace(/^[^/:]+:\/\/[^/]*/, (head) => head.toLowerCase());
}

function conditionRow(name: 'If' | 'ElseIf' | 'Else'): SectionRow {
  return {
    name,
    module: 'core',
    contexts: ANYWHERE,
    open(line, scope) {
      const kind = name.toLowerCase() as ConditionSection['kind'];
      const place: Place = {};
      const section: ConditionSection = { kind, place, at: `${line.file}:${line.line}` };
      if (kind === 'else') {
        const extra = line.words[0];
        if (extra !== undefined) fail(line, '<Else> does not take an argument', extra.column);
      } else section.condition = conditionOf(line);
      const before = scope.place.conditions?.at(-1);
      if (kind !== 'if' && (before === undefined || before.kind === 'else')) {
        const text = '<Else> or <ElseIf> section without previous <If> or <ElseIf> section in same scope';
        fail(line, text);
      }
      scope.place.conditions = [...(scope.place.conditions ?? []), section];
      return scope.inside(line, { place, context: 'if' });
    },
  };
}

function conditionOf(line: DirectiveLine): NonNullable<ConditionSection['condition']> {
  const word = needArgument(line);
  const extra = line.words[1];
  if (extra !== undefined) fail(line, `Multiple <${line.name}> arguments not supported.`, extra.column);
  try {
    return parseBool(word.text);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    fail(line, `Cannot parse condition clause: ${text}`, word.column);
  }
}

function fileRow(name: string, contexts: readonly Context[]): SectionRow {
  return {
    name,
    module: 'core',
    contexts,
    content: 'inert',
    open(line: DirectiveLine, scope: Scope) {
      needArgument(line);
      scope.note('irrelevant', line, 'drover serves no files from disk');
      return undefined;
    },
  };
}

export const SECTION_ROWS: readonly SectionRow[] = [
  locationRow('Location'),
  locationRow('LocationMatch'),
  proxyRow('Proxy'),
  proxyRow('ProxyMatch'),
  conditionRow('If'),
  conditionRow('ElseIf'),
  conditionRow('Else'),
  fileRow('Directory', SERVER_VHOST),
  fileRow('DirectoryMatch', SERVER_VHOST),
  fileRow('Files', ANYWHERE),
  fileRow('FilesMatch', ANYWHERE),
];
