import { strict as assert } from 'node:assert';
import { sessionRoute } from '../../../workers/sticky.js';

const JSESSION = { cookie: 'JSESSIONID', parameter: 'jsessionid', separator: '.', scolonpathdelim: false };
const SID = { cookie: 'sid', parameter: 'sid', separator: '.', scolonpathdelim: false };

function route(url: string, cookies: string | undefined, sticky = JSESSION): string {
  const found = sessionRoute(url, cookies, sticky);
  return found === undefined ? '-' : `${found.route} by ${found.name}`;
}

describe('session route', () => {
  const cases: [string, string, string | undefined, typeof SID, string][] = [
    ['is none without a session', '/x', undefined, JSESSION, '-'],
    ['is read from the cookie', '/x', 'JSESSIONID=abc.b2', JSESSION, 'b2 by JSESSIONID'],
    ['is read between other cookies', '/x', 'foo=1; JSESSIONID=abc.b2; z=2', JSESSION, 'b2 by JSESSIONID'],
    ['needs the whole cookie name', '/x', 'xJSESSIONID=abc.b2', JSESSION, '-'],
    ['is none without a separator', '/x', 'JSESSIONID=abc', JSESSION, '-'],
    ['begins after the first separator', '/x', 'JSESSIONID=a.b.b2', JSESSION, 'b.b2 by JSESSIONID'],
    ['keeps the quotes', '/x', 'JSESSIONID="abc.b2"', JSESSION, 'b2" by JSESSIONID'],
    ['is read from a path parameter', '/x;jsessionid=abc.b1', undefined, JSESSION, 'b1 by jsessionid'],
    ['ends at the query', '/x;jsessionid=abc.b1?q=1', undefined, JSESSION, 'b1 by jsessionid'],
    ['is read from the query', '/x?a=1&jsessionid=abc.b2&c=d', undefined, JSESSION, 'b2 by jsessionid'],
    ['tells the parameter from the cookie by case', '/x?JSESSIONID=abc.b1', undefined, JSESSION, '-'],
    ['prefers the URL', '/x?jsessionid=abc.b1', 'JSESSIONID=abc.b2', JSESSION, 'b1 by jsessionid'],
    ['does not look for a boundary before the parameter', '/x?xsid=a.b2', undefined, SID, 'b2 by sid'],
    ['runs over a semicolon', '/x;sid=a.b2;v=2', undefined, SID, 'b2;v=2 by sid'],
    [
      'ends at a semicolon when told',
      '/x;sid=a.b2;v=2',
      undefined,
      { ...SID, scolonpathdelim: true },
      'b2 by sid',
    ],
    ['is the whole value without separator', '/x?sid=b2', undefined, { ...SID, separator: '' }, 'b2 by sid'],
    ['allows blanks round the equals sign', '/x', 'sid = q.b2', SID, 'b2 by sid'],
    ['ends at a comma', '/x', 'sid=q.b2, z', SID, 'b2 by sid'],
  ];
  for (const [title, url, cookies, sticky, expected] of cases) {
    it(title, () => assert.equal(route(url, cookies, sticky), expected));
  }
});
