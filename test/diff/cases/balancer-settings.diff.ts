/**
 * balancer-manager's parameters of a balancer (`b_lbm`, `b_tmo`, `b_max`, `b_sforce`, `b_ss`, `b_nwrkr`) and of a member's
 * health check (`w_h*`): what each does, which values are ignored, and what the XML says afterwards. (httpd-semantics 5.1)
 */
import {
  answers,
  type BalancerCase,
  balancerForm,
  changes,
  checks,
  describeBalancers,
  memberForm,
  traffic,
} from '../harness/balancer-page.js';
import { DEAD, DEAD2, WEB1, WEB2, WEB3 } from '../harness/places.js';

const [A, B, C] = [WEB1, WEB2, WEB3].map((place) => `http://${place}`) as [string, string, string];

const change = changes(balancerForm);

const STICKY = { settings: 'ProxySet stickysession=SID' };
const SESSION = ['Cookie: SID=1.b'];
const CHECKED = [`${A} hcmethod=GET hcuri=/healthz hcinterval=60`, B];

/** A health check is changed by one form after the other, and the page tells what came of it. */
function checked(name: string, ...forms: string[]): BalancerCase {
  return {
    name,
    members: CHECKED,
    steps: (own) => [...forms.map((fields) => memberForm(own, fields)), checks(own), ...traffic(own, 2)],
    expect: [...forms.map(() => '200 -'), '200 -', '200 web1', '200 web2'],
  };
}

describeBalancers('a balancer', [
  change('b_lbm=bybusyness changes the method, and the books are cleared', 'b_lbm=bybusyness', '12112112', {
    members: [`${A} loadfactor=2`, B],
    before: '12',
  }),
  change('b_lbm=bytraffic changes the method, and the books are cleared', 'b_lbm=bytraffic', '12', {
    before: '12121',
  }),
  change('b_lbm=byrequests of a balancer by busyness', 'b_lbm=byrequests', '1212', {
    settings: 'ProxySet lbmethod=bybusyness',
    before: '121',
  }),
  change('b_lbm with the method that it has keeps the books', 'b_lbm=byrequests', '212', { before: '1' }),
  change('b_lbm of a method that nobody has is ignored', 'b_lbm=fastest', '1212'),
  change('b_tmo sets the time to wait for a free member', 'b_tmo=7', '12'),
  change('b_tmo=7200 is the most', 'b_tmo=7200', '12'),
  change('b_tmo=7201 is ignored', 'b_tmo=7201', '12'),
  change('b_tmo=0 takes it away', 'b_tmo=0', '12', { settings: 'ProxySet timeout=3' }),
  change('b_tmo below zero is ignored', 'b_tmo=-1', '12', { settings: 'ProxySet timeout=3' }),
  change('b_max=1 bounds failover', 'b_max=1', '-', {
    members: [`http://${DEAD}`, `http://${DEAD2}`, B],
  }),
  change('b_max=2 reaches the third member', 'b_max=2', '2', {
    members: [`http://${DEAD}`, `http://${DEAD2}`, B],
    settings: 'ProxySet maxattempts=1',
  }),
  change('b_max=99 is the most', 'b_max=99', '12'),
  change('b_max=100 is ignored', 'b_max=100', '12'),
  change('numbers without a value count as 0', 'b_tmo=&b_max=', '12', {
    settings: 'ProxySet timeout=3 maxattempts=2',
  }),
  change('b_sforce without a value is Off', 'b_sforce=', '1', {
    members: [`${A} route=a`, `${B} route=b status=+D`],
    settings: 'ProxySet stickysession=SID nofailover=On',
    rows: SESSION,
  }),
  change('b_ss of 62 characters is the longest', `b_ss=${'S'.repeat(62)}`, '1212'),
  change('b_ss of 63 characters is ignored', `b_ss=${'S'.repeat(63)}`, '22', { ...STICKY, rows: SESSION }),
  change('b_ss=| names no cookie', 'b_ss=|', '1212', { ...STICKY, rows: SESSION }),
  change('b_ss with two bars has the second in the parameter', 'b_ss=SID|x|y', '222', { rows: SESSION }),
  {
    name: 'a form of a member changes the balancer too',
    steps: (own) => [memberForm(own, 'w_ls=3&b_max=9&b_lbm=bybusyness'), ...traffic(own, 2)],
    expect: ['200 -', ...answers('22')],
  },
  {
    name: 'numbers and names of a member without a value',
    members: [`${A} lbset=1 route=a redirect=b`, `${B} lbset=1 route=b`],
    steps: (own) => [memberForm(own, 'w_ls=&w_lf=&w_wr=&w_rr='), ...traffic(own, 2)],
    expect: ['200 -', ...answers('11')],
  },
  {
    name: 'a plus sign is one',
    steps: (own) => [memberForm(own, 'w_wr=x+y&w_rr=a%2Bb'), ...traffic(own, 2)],
    expect: ['200 -', ...answers('12')],
  },
  {
    name: 'any number but 0 sets a flag',
    steps: (own) => [memberForm(own, 'w_status_D=-1&w_status_H=yes&w_status_I=2'), ...traffic(own, 2)],
    expect: ['200 -', ...answers('22')],
  },
  change('b_sforce=1 keeps sessions from failing over', 'b_sforce=1', '-', {
    members: [`${A} route=a`, `${B} route=b status=+D`],
    ...STICKY,
    rows: SESSION,
  }),
  change('b_sforce=0 lets them', 'b_sforce=0', '1', {
    members: [`${A} route=a`, `${B} route=b status=+D`],
    settings: 'ProxySet stickysession=SID nofailover=On',
    rows: SESSION,
  }),
  change('b_ss makes sessions stick by cookie', 'b_ss=SID', '222', { before: '1', rows: SESSION }),
  change('b_ss=A|B names the cookie and the parameter', 'b_ss=SID|sid', '222', { rows: SESSION }),
  change('b_ss with another cookie leaves the old one alone', 'b_ss=OTHER', '1212', {
    ...STICKY,
    rows: SESSION,
  }),
  change('b_ss=- ends it', 'b_ss=-', '1212', { ...STICKY, rows: SESSION }),
  change('b_ss without a value changes nothing', 'b_ss=', '22', { ...STICKY, rows: SESSION }),
  change('several parameters at once', 'b_lbm=bybusyness&b_tmo=2&b_max=3&b_sforce=1&b_ss=SID', '22', {
    rows: SESSION,
  }),
  change('b_nwrkr without b_wyes adds nobody', `b_nwrkr=${C}`, '1212', { settings: 'ProxySet growth=2' }),
  change('b_nwrkr with b_wyes adds a member that is disabled', `b_nwrkr=${C}&b_wyes=1`, '1212', {
    settings: 'ProxySet growth=2',
  }),
  {
    name: 'a member that was added serves when it is enabled',
    settings: 'ProxySet growth=2',
    steps: (own) => [
      ...traffic(own, 1),
      balancerForm(own, `b_nwrkr=${C}&b_wyes=1`),
      memberForm(own, 'w_status_D=0', C),
      ...traffic(own, 6),
    ],
    expect: ['200 web1', '200 -', '200 -', ...answers('231231')],
  },
  {
    name: 'a member that was added has settings of its own',
    settings: 'ProxySet growth=1 stickysession=SID',
    steps: (own) => [
      balancerForm(own, `b_nwrkr=${C}&b_wyes=1`),
      memberForm(own, 'w_status_D=0&w_wr=c&w_lf=3&w_ls=1', C),
      ...traffic(own, 2, ['Cookie: SID=1.c']),
      ...traffic(own, 2),
    ],
    expect: ['200 -', '200 -', ...answers('3312')],
  },
  {
    name: 'b_nwrkr beyond the growth is refused',
    settings: 'ProxySet growth=1',
    steps: (own) => [
      balancerForm(own, `b_nwrkr=${C}&b_wyes=1`),
      balancerForm(own, `b_nwrkr=http://${DEAD}&b_wyes=1`),
    ],
    expect: ['200 -', '400 -'],
  },
  {
    name: 'b_nwrkr that is no URL is refused',
    settings: 'ProxySet growth=1',
    steps: (own) => [balancerForm(own, 'b_nwrkr=nonsense&b_wyes=1')],
    expect: ['400 -'],
  },
  checked('w_hi changes the interval of checks', 'w_hi=30000'),
  checked('w_hp and w_hf change how many checks it takes', 'w_hp=3&w_hf=4'),
  checked('w_hm changes the method of checks', 'w_hm=HEAD'),
  checked('w_hu changes the path of checks', 'w_hu=/healthz/2'),
  checked('values out of range are ignored', 'w_hi=10&w_hp=0&w_hf=0&w_hm=LOOK'),
  checked('w_hi takes units', 'w_hi=40s'),
  checked('w_hi is a tenth of a second at least', 'w_hi=99'),
  checked('w_hi of an unknown unit is ignored', 'w_hi=30y'),
  checked('w_hm is known in any case, with HTTP/1.1', 'w_hm=head11'),
  checked('w_hu is taken as it is, up to 63 characters', `w_hu=/healthz/${'u'.repeat(54)}`),
  checked('w_hu that is longer is none', `w_hm=TCP&w_hu=/healthz/${'u'.repeat(55)}`),
  checked('w_he names a condition', 'w_he=fine'),
  checked('w_he of a condition that nobody defined takes the old one away', 'w_he=fine', 'w_he=nobody'),
  checked('w_he is known in its own case alone', 'w_he=fine', 'w_he=FINE'),
  checked('w_hm=TCP has no use for a condition', 'w_he=fine', 'w_hm=TCP'),
  checked('w_hm=NONE ends checks, and w_hm=GET begins them as they were', 'w_hm=NONE&w_hp=5', 'w_hm=GET'),
  checked('w_hm=NONE ends checks', 'w_hm=NONE'),
  {
    name: 'w_hm begins checks of a member that had none',
    members: CHECKED,
    steps: (own) => [
      memberForm(own, 'w_hm=GET&w_hi=20000&w_hp=2&w_hf=3&w_hu=/healthz&w_he=fine', B),
      checks(own),
      ...traffic(own, 2),
    ],
    expect: ['200 -', '200 -', ...answers('12')],
  },
]);
