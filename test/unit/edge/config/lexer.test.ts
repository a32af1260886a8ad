import assert from 'node:assert/strict';
import { logicalLines, splitWords } from '../../../../edge/config/lexer.js';

function lines(text: string): [string, number][] {
  return [...logicalLines(text)].map(({ text: line, line: number }) => [line, number]);
}

function words(text: string): string[] {
  return splitWords(text).map((word) => word.text);
}

describe('logical lines', () => {
  it('carry the number of their last physical line', () => {
    assert.deepEqual(lines('a\nb \\\n c\\\nd\n\ne'), [
      ['a', 1],
      ['b  cd', 4],
      ['', 5],
      ['e', 6],
    ]);
  });

  it('end in a line feed with or without a carriage return', () => {
    assert.deepEqual(lines('a\r\nb\\\r\nc\r\n'), [
      ['a', 1],
      ['bc', 3],
    ]);
  });

  it('keep a backslash at the very end of a file', () => {
    assert.deepEqual(lines('a\\'), [['a\\', 1]]);
  });

  it('are none in an empty file', () => {
    assert.deepEqual(lines(''), []);
  });
});

describe('words', () => {
  it('stand between blanks and know their columns', () => {
    assert.deepEqual(splitWords('  Listen\t80 "a b"'), [
      { text: 'Listen', column: 3 },
      { text: '80', column: 10 },
      { text: 'a b', column: 13 },
    ]);
  });

  it('may be quoted either way, with the quote itself behind a backslash', () => {
    assert.deepEqual(words(String.raw`"a \"b\" 'c'" 'd "e" \'f\''`), [`a "b" 'c'`, `d "e" 'f'`]);
  });

  it('lose one of two backslashes and keep a single one', () => {
    assert.deepEqual(words(String.raw`a\\b a\b "a\\b" "a\b" a\"b`), [
      'a\\b',
      'a\\b',
      'a\\b',
      'a\\b',
      'a\\"b',
    ]);
  });

  it('end with their closing quote, whatever follows', () => {
    assert.deepEqual(words('"a"b c'), ['a', 'b', 'c']);
  });

  it('take a quote in their middle as any character', () => {
    assert.deepEqual(words('a"b c"d'), ['a"b', 'c"d']);
  });

  it('run to the end of the line when a quote is not closed', () => {
    assert.deepEqual(words('a "b c'), ['a', 'b c']);
  });

  it('may be empty', () => {
    assert.deepEqual(words('a "" \'\''), ['a', '', '']);
  });
});
