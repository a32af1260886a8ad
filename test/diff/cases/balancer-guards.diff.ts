/**
 * Whom balancer-manager listens to: Referer, nonce, method, the names in a form; and the forms of its page as a script
 * reads them. (httpd-semantics 5.1)
 */
import {
  type BalancerCase,
  balancerForm,
  describeBalancers,
  memberForm,
  type Own,
  posted,
  REFERER,
  readForms,
  readXml,
  traffic,
} from '../harness/balancer-page.js';
import { get, request, type Step } from '../harness/case.js';
import { WEB1, WEB2 } from '../harness/places.js';

const PAGE = '/balancer-manager';
const NONCE = `$${'{NONCE}'}`;
const [A, B] = [`http://${WEB1}`, `http://${WEB2}`];
const disabling = ({ name }: Own, nonce = NONCE, balancer = name): string =>
  `w_status_D=1&w=${A}&b=${balancer}&nonce=${nonce}`;

/** A step, and whether the first member still serves. */
function attempt(name: string, step: (own: Own) => Step, isDone: boolean, status = '200'): BalancerCase {
  return {
    name,
    steps: (own) => [step(own), ...traffic(own, 2)],
    expect: [`${status} -`, ...(isDone ? ['200 web2', '200 web2'] : ['200 web1', '200 web2'])],
  };
}

const silent = (step: Step): Step => ({ ...step, reads: () => '' });

describeBalancers('whom it listens to', [
  attempt('a form with nonce and Referer', (own) => posted(disabling(own)), true),
  attempt('a wrong nonce changes nothing', (own) => posted(disabling(own, '12345')), false),
  attempt('no nonce changes nothing', (own) => posted(`w_status_D=1&w=${A}&b=${own.name}`), false),
  attempt('no Referer changes nothing', (own) => posted(disabling(own), []), false),
  attempt(
    'a Referer of another host changes nothing',
    (own) => posted(disabling(own), ['Referer: http://elsewhere.example.com/balancer-manager']),
    false,
  ),
  attempt(
    'a Referer of this host with another path and port is good',
    (own) => posted(disabling(own), ['Referer: http://www.example.com:8080/menu']),
    true,
  ),
  attempt(
    'a Referer is compared in any case',
    (own) => posted(disabling(own), ['Referer: http://WWW.Example.COM/']),
    true,
  ),
  attempt(
    'a Referer that is no URL changes nothing',
    (own) => posted(disabling(own), ['Referer: menu']),
    false,
  ),
  attempt(
    'a balancer that is not there changes nothing',
    (own) => posted(disabling(own, NONCE, 'nosuch')),
    false,
  ),
  attempt(
    'the name of a balancer in another case is good',
    (own) => posted(disabling(own, NONCE, own.name.toUpperCase())),
    true,
  ),
  attempt('GET changes nothing', (own) => silent(get(`${PAGE}?${disabling(own)}`, [REFERER])), false),
  attempt(
    'a form whose fields stand in the query changes nothing but by its body',
    (own) => posted(`b=${own.name}&w=${A}&nonce=${NONCE}`, [REFERER], `${PAGE}?w_status_D=1`),
    false,
  ),
  attempt(
    'what stands in the query of a POST does not count',
    (own) => posted('w_status_D=1', [REFERER], `${PAGE}?b=${own.name}&w=${A}&nonce=${NONCE}`),
    false,
  ),
  attempt('a form of nothing', () => posted(''), false),
  attempt(
    'a form with fields that nobody knows',
    (own) => posted(`${disabling(own).replace('w_status_D', 'dw')}`),
    false,
  ),
  attempt('a field twice: the last counts', (own) => posted(`w_status_D=0&${disabling(own)}`), true),
  attempt(
    'PUT is not allowed',
    (own) => silent(request('PUT', PAGE, [REFERER], { body: disabling(own) })),
    false,
    '405',
  ),
  attempt('DELETE is not allowed', () => silent(request('DELETE', PAGE, [REFERER])), false, '405'),
  attempt('HEAD is GET without a body', () => silent(request('HEAD', PAGE)), false),
  attempt('xml=1 without Referer is the page', () => silent(get(`${PAGE}?xml=1`)), false),
  attempt('xml with any value asks for XML', () => silent(get(`${PAGE}?xml=0`, [REFERER])), false),
  {
    name: 'a form may ask for XML as its answer',
    steps: (own) => [{ ...posted(`xml=1&${disabling(own)}`), reads: (body) => readXml(body, own.name) }],
  },
  attempt(
    'xml=1 in the query of a POST does not',
    (own) => posted(disabling(own), [REFERER], `${PAGE}?xml=1`),
    true,
  ),
  {
    name: 'nonce=None takes all changes away',
    settings: 'ProxySet nonce=None',
    steps: (own) => [posted(disabling(own, '')), ...traffic(own, 2)],
    expect: ['200 -', '200 web1', '200 web2'],
  },
  {
    name: 'a nonce of the configuration counts',
    settings: 'ProxySet nonce=opensesame',
    steps: (own) => [posted(disabling(own, 'opensesame')), ...traffic(own, 2)],
    expect: ['200 -', '200 web2', '200 web2'],
  },
  {
    name: 'the form of a member has the fields and values of httpd',
    members: [`${A} route=a redirect=b loadfactor=3 lbset=2 status=+H`, B],
    steps: (own) => [
      {
        ...get(`${PAGE}?b=${own.name}&w=${A}&nonce=${NONCE}`, [REFERER]),
        reads: (body) => readForms(body, own, 'w_'),
      },
    ],
  },
  {
    name: 'the form of a member with health checks has their fields',
    members: [`${A} hcmethod=GET hcuri=/healthz hcinterval=90 hcpasses=2 hcfails=3`, B],
    steps: (own) => [
      {
        ...get(`${PAGE}?b=${own.name}&w=${A}&nonce=${NONCE}`, [REFERER]),
        reads: (body) => readForms(body, own, 'w_h'),
      },
    ],
  },
  {
    name: 'the form of a balancer has the fields and values of httpd',
    settings:
      'ProxySet growth=1 stickysession=SID|sid timeout=3 maxattempts=2 lbmethod=bytraffic nofailover=On',
    steps: (own) => [
      {
        ...get(`${PAGE}?b=${own.name}&nonce=${NONCE}`, [REFERER]),
        reads: (body) => readForms(body, own, 'b_'),
      },
    ],
  },
  {
    name: 'after a change the form shows it',
    steps: (own) => [
      { ...memberForm(own, 'w_lf=4&w_wr=new'), reads: (body) => readForms(body, own, 'w_') },
      { ...balancerForm(own, 'b_tmo=5'), reads: (body) => readForms(body, own, 'b_') },
    ],
  },
]);
