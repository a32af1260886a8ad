import assert from 'node:assert/strict';
import { ConfError, type ConfErrorExtra } from '../../../../edge/config/error.js';
import { formatErrors, printable } from '../../../../edge/config/error-text.js';

const AT = { file: '/a.conf', line: 3, column: 8 };

function text(extra: ConfErrorExtra, source?: string, isColoured = false): string {
  const lineAt = (): string | undefined => source;
  return formatErrors([new ConfError('is wrong', AT, extra)], { program: 'drover', isColoured, lineAt });
}

describe('the text of an error', () => {
  it('has its number and line first, then the message', () => {
    assert.equal(text({}), 'AH00526: Syntax error on line 3 of /a.conf:\nis wrong\n');
  });

  it('names every file on the way when it was found while reading', () => {
    const chain = [{ file: '/m.conf', line: 9, column: 1 }];
    assert.equal(
      text({ family: 'reading', chain }),
      'drover: Syntax error on line 9 of /m.conf: Syntax error on line 3 of /a.conf: is wrong\n',
    );
  });

  it('says where -C and -c come from', () => {
    assert.equal(text({ family: 'command-line' }), 'drover: Syntax error in -C/-c directive: is wrong\n');
    assert.equal(text({ family: 'coded', code: 'AH1' }), 'AH1: drover: is wrong\n');
  });

  it('shows the line with a caret under the word, and the hint', () => {
    assert.equal(
      text({ hint: 'try this' }, '  Word value'),
      'AH00526: Syntax error on line 3 of /a.conf:\nis wrong\n    Word value\n         ^\n    try this\n',
    );
  });

  it('keeps tabs before the caret', () => {
    assert.ok(text({}, 'a\tb\tcdefgh').includes('    a\tb\tcdefgh\n     \t \t   ^\n'));
  });

  it('shows the part of a long line that matters', () => {
    const source = `${'x'.repeat(200)} bad ${'y'.repeat(200)}`;
    const error = new ConfError('m', { ...AT, column: 202 });
    const shown = formatErrors([error], { program: 'drover', isColoured: false, lineAt: () => source }).split(
      '\n',
    );
    const [, , line = '', caret = ''] = shown;
    assert.ok(line.length < 130);
    assert.equal(line.slice(caret.indexOf('^'), caret.indexOf('^') + 3), 'bad');
  });

  it('is coloured only when asked', () => {
    assert.ok(text({}, 'Word', true).includes('\u001b['));
    assert.ok(!text({}, 'Word').includes('\u001b['));
  });

  it('separates errors by an empty line', () => {
    const error = new ConfError('m', AT);
    const two = formatErrors([error, error], { program: 'drover', isColoured: false });
    assert.equal(two.split('\n\n').length, 2);
  });
});

describe('printable text', () => {
  it('has no control characters and no bytes above ASCII', () => {
    assert.equal(printable('a\u0000\u001b[1m\n\r\u00e9\tb'), 'a\\x00\\x1b[1m\\n\\r\\xe9\tb');
  });
});
