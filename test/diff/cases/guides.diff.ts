/** The three configurations of the guides, unchanged, on what they have in common with this build. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeAlike } from '../harness/alike.js';
import { type DiffGroup, get, request, times } from '../harness/case.js';

/** Beside the repository; the tests run from dist/test/diff/cases. */
const CONFIGS = join(import.meta.dirname, '../../../../../shared/configs');

function guide(name: string): Pick<DiffGroup, 'name' | 'needs' | 'config'> {
  const needs = join(CONFIGS, name);
  return { name, needs, config: () => readFileSync(needs, 'utf8') };
}

describeAlike({
  ...guide('debian-guide.conf'),
  fresh: true,
  cases: [
    {
      name: 'takes turns and sets its cookie',
      steps: times(4, get('/x')),
      expect: ['200 web1', '200 web2', '200 web1', '200 web2'],
    },
    {
      name: 'keeps a client with its cookie on its member, without a new cookie',
      steps: times(3, get('/x', ['Cookie: BALANCEID=balancer.web2'])),
      expect: ['200 web2', '200 web2', '200 web2'],
    },
    {
      name: 'gives a client with an unknown route a new cookie',
      steps: [get('/x', ['Cookie: BALANCEID=balancer.web9'])],
      expect: ['200 web1'],
    },
    {
      name: 'adds the client to X-Forwarded-For',
      steps: [get('/x'), get('/x', ['X-Forwarded-For: 9.8.7.6'])],
      expect: ['200 web1', '200 web2'],
    },
    {
      name: 'takes one address of a longer X-Forwarded-For',
      steps: [get('/x', ['X-Forwarded-For: 9.8.7.6, 5.5.5.5']), get('/x', ['X-Forwarded-For: unknown'])],
      expect: ['200 web1', '200 web2'],
    },
    {
      name: 'puts a member that answers 410 into error',
      script:
        () =>
        ({ member, line }) =>
          member === 'web1' && line.includes('/gone') ? { status: 410, body: 'g\n' } : {},
      steps: [get('/gone'), get('/x'), get('/x')],
      expect: ['410 web1', '200 web2', '200 web2'],
    },
    {
      name: 'maps redirects of its members',
      script:
        () =>
        ({ fields }) => {
          const host = fields.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
          return { status: 302, body: '', fields: [['Location', `http://${host}/next`]] };
        },
      steps: [get('/x', [], { host: 'www.example.com' })],
      expect: ['302 web1'],
    },
    {
      name: 'passes a POST with its body and the client’s Host',
      steps: [
        request('POST', '/form?a=b', ['Content-Type: text/plain'], {
          body: 'hello',
          host: 'www.example.com:8080',
        }),
      ],
      expect: ['200 web1'],
    },
    {
      name: 'serves any host name',
      steps: [get('/x', [], { host: 'else.test' }), request('HEAD', '/x', [], { host: '127.0.0.1' })],
      expect: ['200 web1', '200 web2'],
    },
  ],
});

describeAlike({
  ...guide('guide-tls.conf'),
  fresh: true,
  cases: [
    {
      name: 'spreads plain requests by weight',
      steps: times(10, get('/x', [], { host: 'your-app.com' })),
      expect: ['1', '2', '1', '3', '1', '1', '2', '1', '3', '1'].map((digit) => `200 web${digit}`),
    },
    {
      name: 'serves over TLS with X-Forwarded-Proto',
      steps: times(2, get('/x', [], { host: 'your-app.com', to: 'LISTEN_TLS', tls: 'your-app.com' })),
      expect: ['200 web1', '200 web2'],
    },
    {
      name: 'shares members between both virtual hosts',
      steps: [
        get('/x', [], { host: 'your-app.com' }),
        get('/x', [], { host: 'your-app.com', to: 'LISTEN_TLS', tls: 'your-app.com' }),
        get('/x', [], { host: 'your-app.com' }),
      ],
      expect: ['200 web1', '200 web2', '200 web1'],
    },
    {
      name: 'sticks by cookie and by path over TLS',
      steps: [
        get('/x', ['Cookie: JSESSIONID=a.node3'], {
          host: 'your-app.com',
          to: 'LISTEN_TLS',
          tls: 'your-app.com',
        }),
        get('/x;JSESSIONID=a.node2', [], { host: 'your-app.com', to: 'LISTEN_TLS', tls: 'your-app.com' }),
        get('/x', ['Cookie: JSESSIONID=a.node3'], { host: 'your-app.com' }),
      ],
      expect: ['200 web3', '200 web2', '200 web3'],
    },
    {
      name: 'passes a body over TLS',
      steps: [
        request('POST', '/x', [], {
          body: 'b'.repeat(30_000),
          to: 'LISTEN_TLS',
          tls: 'your-app.com',
          host: 'your-app.com',
        }),
      ],
      expect: ['200 web1'],
    },
    {
      name: 'keeps connections over TLS',
      steps: [1, 2, 3].map((number) =>
        get(`/${number}`, [], { on: 't', to: 'LISTEN_TLS', tls: 'your-app.com', host: 'your-app.com' }),
      ),
      expect: ['200 web1', '200 web2', '200 web1'],
    },
    {
      name: 'maps redirects to https',
      script: () => () => ({ status: 301, body: '', fields: [['Location', 'http://your-app.com/next']] }),
      steps: [get('/x', [], { host: 'your-app.com', to: 'LISTEN_TLS', tls: 'your-app.com' })],
      expect: ['301 web1'],
    },
    {
      name: 'fails over when a member fails to answer, at the next request',
      script:
        () =>
        ({ member }) =>
          member === 'web1' ? { cutAfter: 0 } : {},
      steps: times(3, get('/x', [], { host: 'your-app.com' })),
      expect: ['502 web1', '200 web2', '502 web1'],
    },
  ],
});

describeAlike({
  ...guide('manual.conf'),
  fresh: true,
  cases: [
    {
      name: 'spreads by bybusyness among equals in turn',
      steps: times(4, get('/x')),
      expect: ['200 web1', '200 web1', '200 web1', '200 web2'],
    },
    {
      name: 'rests its standby, but honours its route',
      steps: [get('/x', ['Cookie: JSESSIONID=1.node2']), get('/x;jsessionid=1.spare'), get('/x')],
      expect: ['200 web2', '200 web3', '200 web1'],
    },
    {
      name: 'keeps away from busy members',
      script:
        () =>
        ({ line }) =>
          line.includes('/slow') ? { held: true } : {},
      steps: [get('/slow', [], { beside: [get('/a'), get('/b')] })],
      expect: ['200 web1+web2+web2', '200 -', '200 -'],
    },
    {
      name: 'maps redirects of its members',
      script:
        () =>
        ({ fields }) => {
          const host = fields.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
          return { status: 302, body: '', fields: [['Location', `http://${host}/next`]] };
        },
      steps: [get('/x', [], { host: 'balancer.internal' })],
      expect: ['302 web1'],
    },
  ],
});
