import assert from 'node:assert/strict';
import { compileStrftime } from '../../../../edge/log/strftime.js';

describe('strftime', () => {
  // 2026-11-21 is a Saturday; the texts are those of the C library.
  const AT = new Date(2026, 10, 21, 3, 4, 5).getTime();
  const CONVERSIONS: [string, string][] = [
    ['%Y-%m-%d %H:%M:%S', '2026-11-21 03:04:05'],
    ['%e|%j|%U|%W|%V|%G|%g|%u|%w', '21|325|46|46|47|2026|26|6|6'],
    ['%a %A %b %B %h', 'Sat Saturday Nov November Nov'],
    ['%I %l %k %p %P', '03  3  3 AM am'],
    ['%y %C %D %F', '26 20 11/21/26 2026-11-21'],
    ['%x %X %c', '11/21/26 03:04:05 Sat Nov 21 03:04:05 2026'],
    ['%r %R %T', '03:04:05 AM 03:04 03:04:05'],
    ['%Od %Ey %q %%', '21 26 %q %'],
    ['%s', String(AT / 1000)],
  ];
  for (const [format, text] of CONVERSIONS)
    it(`writes ${format}`, () => assert.equal(compileStrftime(format)(AT), text));

  it('numbers the days and weeks around the new year as ISO 8601 does', () => {
    const weekOf = compileStrftime('%G-%V-%u %j');
    assert.equal(weekOf(new Date(2027, 0, 1).getTime()), '2026-53-5 001');
    assert.equal(weekOf(new Date(2024, 11, 31).getTime()), '2025-01-2 366');
    assert.equal(weekOf(new Date(2026, 11, 31).getTime()), '2026-53-4 365');
  });

  it('writes noon and midnight in twelve hours', () => {
    const hour = compileStrftime('%I %p');
    assert.equal(hour(new Date(2026, 0, 1, 0).getTime()), '12 AM');
    assert.equal(hour(new Date(2026, 0, 1, 12).getTime()), '12 PM');
  });

  it('follows the seconds, forward and back', () => {
    const stamp = compileStrftime('%S');
    assert.deepEqual([AT, AT + 999, AT + 1000, AT].map(stamp), ['05', '05', '06', '05']);
  });
});
