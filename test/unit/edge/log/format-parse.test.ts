import assert from 'node:assert/strict';
import { parseErrorLogFormat, parseLogFormat } from '../../../../edge/log/format-parse.js';

describe('LogFormat', () => {
  it('is text and codes with their modifiers', () => {
    assert.deepEqual(parseLogFormat('a\\t"%{X-A}i" %>s %!200,304{Referer}i%%').items, [
      { text: 'a\t"' },
      { code: 'i', arg: 'X-A' },
      { text: '" ' },
      { code: 's', which: 'final' },
      { text: ' ' },
      { code: 'i', arg: 'Referer', statuses: { codes: [200, 304], negate: true } },
      { text: '%' },
    ]);
  });

  it('knows the codes of two letters', () => {
    assert.deepEqual(parseLogFormat('%^FB%{a}^ti').items, [{ code: '^FB' }, { code: '^ti', arg: 'a' }]);
  });

  it('keeps the text it was made of', () => {
    assert.equal(parseLogFormat('%h %l').source, '%h %l');
  });

  it('of requests has no message', () => {
    const message = '%M cannot be used in once-per-request or once-per-connection formats';
    assert.throws(() => parseErrorLogFormat('%L %M', 'request'), { message });
  });

  // Each message as `apache2 -t` prints it.
  const RAN_OFF = 'Ran off end of LogFormat parsing args to some directive';
  for (const [format, message] of [
    ['%y', 'Unrecognized LogFormat directive %y'],
    ['%d', 'Unrecognized LogFormat directive %d'],
    ['%^FX', 'Unrecognized LogFormat directive %^'],
    ['a%', RAN_OFF],
    ['%{a', RAN_OFF],
    ['%{a}', RAN_OFF],
    ['%400', RAN_OFF],
  ] as const)
    it(`refuses ${format} as httpd does`, () => assert.throws(() => parseLogFormat(format), { message }));
});

describe('ErrorLogFormat', () => {
  it('separates fields at spaces, not at escaped ones', () => {
    assert.deepEqual(parseErrorLogFormat('[client\\ %a] %-M% %7F').items, [
      { text: '[client ' },
      { code: 'a' },
      { text: ']' },
      { text: ' ', isSeparator: true },
      { code: 'M', hasDash: true },
      { text: '', isSeparator: true },
      { code: 'F', fromRank: 7 },
    ]);
  });

  it('may require a field in the lines about requests and connections', () => {
    assert.deepEqual(parseErrorLogFormat('%+{A}e', 'request').items, [
      { code: 'e', arg: 'A', isRequired: true },
    ]);
  });

  // Each message as `apache2 -t` prints it.
  for (const [format, message] of [
    ['%y', 'Unrecognized error log format directive %y'],
    ['%h %M', 'Unrecognized error log format directive %h'],
    ['a%', 'Ran off end of error log format parsing args to some directive'],
    ['%{a', 'Ran off end of error log format parsing args to some directive'],
    ['%{a}', 'Ran off end of error log format parsing args to some directive'],
    ['%+{a}e %M', "The '+' flag cannot be used in the main error log format"],
    ['%l', "main ErrorLogFormat must contain message format string '%M'"],
    ['%99M', 'The specified loglevel modifier is out of range'],
  ] as const)
    it(`refuses ${format} as httpd does`, () =>
      assert.throws(() => parseErrorLogFormat(format), { message }));
});
