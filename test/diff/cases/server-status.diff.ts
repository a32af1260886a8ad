/**
 * server-status as monitoring agents ask for it: the keys of `?auto` in their order, what counts as an access, ProxyStatus and
 * ExtendedStatus, `?refresh`, methods. (httpd-semantics 5.2)
 */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, request, type Step, times } from '../harness/case.js';
import { DEAD, LISTEN, WEB1, WEB2 } from '../harness/places.js';
import { readAuto, readKeys } from '../harness/status-text.js';

const STATUS = '/server-status';
const config = (extended: 'On' | 'Off', proxy: 'On' | 'Off'): string =>
  [
    `Listen ${LISTEN}`,
    `ExtendedStatus ${extended}`,
    `ProxyStatus ${proxy}`,
    `<Location ${STATUS}>`,
    '  SetHandler server-status',
    '</Location>',
    '<Proxy balancer://one>',
    `  BalancerMember http://${WEB1} route=a loadfactor=2`,
    `  BalancerMember http://${WEB2} status=+D`,
    '</Proxy>',
    '<Proxy balancer://two>',
    `  BalancerMember http://${DEAD} retry=600`,
    `  BalancerMember http://${WEB2} status=+H`,
    '  ProxySet stickysession=SID lbmethod=bybusyness timeout=3',
    '</Proxy>',
    `ProxyPass ${STATUS} !`,
    'ProxyPass /one balancer://one',
    'ProxyPass /two balancer://two',
  ].join('\n');

const read = (
  query: string,
  reads: (body: string) => string,
  step: Step = get(`${STATUS}?${query}`),
): Step => ({
  ...step,
  reads,
});
const nothing = (): string => '';

function shown(name: string, steps: Step[], expect?: string[]): DiffCase {
  return { name, steps, expect: expect ?? steps.map(() => '200 -') };
}

const served = times(3, get('/one/x', [], { on: 'kept' }));
const onKept = get(`${STATUS}?auto`, [], { on: 'kept' });

describeAlike({
  name: 'server-status',
  config: config('On', 'On'),
  cases: [
    shown('auto has httpd’s keys in httpd’s order, and their forms', [read('auto', readAuto)]),
    shown(
      'auto counts each request as an access, those to itself too',
      // On the connection of the others: httpd counts an access after its last byte, and takes the next one then.
      [...served, read('auto', (body) => readKeys(body, 'Total Accesses'), onKept)],
      ['200 web1', '200 web1', '200 web1', '200 -'],
    ),
    shown(
      'auto tells members of balancers: status, elected, busy',
      [
        get('/two/x', [], { on: 'kept' }),
        read('auto', (body) => readKeys(body, 'Proxy').replace(/(Sent|Rcvd): \d+K/g, '$1: {n}K'), onKept),
      ],
      ['200 web2', '200 -'],
    ),
    shown('auto among other parameters', [read('notable&auto', readAuto)]),
    shown('auto with a value', [read('auto=1', readAuto)]),
    shown('the page is HTML', [read('', nothing)]),
    shown('notable is a page too', [read('notable', nothing)]),
    shown('HEAD has no body', [read('', nothing, request('HEAD', `${STATUS}?auto`))]),
    shown('POST is declined', [request('POST', `${STATUS}?auto`, [], { body: 'x=1' })], ['404 -']),
    shown('PUT is not allowed', [request('PUT', STATUS)], ['405 -']),
    ...['refresh=7', 'refresh', 'refresh=0', 'auto&refresh=3', 'refresh=x'].map((query) =>
      shown(`?${query} asks to be read again`, [read(query, nothing)]),
    ),
  ],
});
describeAlike({
  name: 'server-status without ProxyStatus and ExtendedStatus',
  config: config('Off', 'Off'),
  cases: [shown('auto has fewer keys', [read('auto', readAuto)])],
});
