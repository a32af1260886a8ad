/**
 * balancer-manager's parameters of a balancer (`b_lbm`, `b_tmo`, `b_max`, `b_sforce`, `b_ss`, `b_nwrkr`) and of a member's
 * health check (`w_h*`): what each does, which values are ignored, and what the XML says afterwards. (httpd-semantics 5.1)
 */
import {
  answers,
  type BalancerCase,
  balancerForm,
  changes,
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

/** A health check is changed, and the XML tells what it has to tell. */
function checked(name: string, fields: string): BalancerCase {
  return {
    name,
    members: CHECKED,
    steps: (own) => [memberForm(own, fields), ...traffic(own, 2)],
    expect: ['200 -', '200 web1', '200 web2'],
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
]);
