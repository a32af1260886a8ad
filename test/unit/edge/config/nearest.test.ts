import assert from 'node:assert/strict';
import { distanceBetween, nearestOf } from '../../../../edge/config/nearest.js';

describe('the distance between words', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'ab', 1],
    ['abc', 'axc', 1],
    ['abc', 'acb', 1],
    ['abc', 'xyz', 3],
    ['', 'abc', 3],
  ];
  for (const [a, b, steps] of cases) {
    it(`is ${steps} from '${a}' to '${b}'`, () => assert.equal(distanceBetween(a, b), steps));
  }
});

describe('the nearest word', () => {
  const known = ['ProxyPass', 'ProxyPassMatch', 'ProxyVia', 'Listen'];

  it('is found whatever the case', () => {
    assert.equal(nearestOf('proxypas', known), 'ProxyPass');
    assert.equal(nearestOf('LISTNE', known), 'Listen');
  });

  it('is none when all are far', () => {
    assert.equal(nearestOf('Foo', known), undefined);
    assert.equal(nearestOf('SomethingElse', known), undefined);
  });
});
