/**
 * balancer-manager's parameters of a member (`w_lf`, `w_ls`, `w_wr`, `w_rr`, `w_status_*`): what each does to the requests
 * that follow, which values are ignored, and what the XML says afterwards. (httpd-semantics 5.1)
 */
import { answers, changes, describeBalancers, memberForm, traffic } from '../harness/balancer-page.js';
import { DEAD, WEB1, WEB2, WEB3 } from '../harness/places.js';

const [A, B, C] = [WEB1, WEB2, WEB3].map((place) => `http://${place}`) as [string, string, string];

const change = changes(memberForm);

const STICKY = { settings: 'ProxySet stickysession=SID' };
const SESSION = ['Cookie: SID=1.a'];

describeBalancers('a member', [
  change('w_lf gives a factor, and the counting begins anew', 'w_lf=3', '11121112'),
  change('w_lf in the middle of a turn', 'w_lf=2', '112112', { before: '1' }),
  change('w_lf may have a fraction', 'w_lf=2.5', '1121112112'),
  change('w_lf=1 of a member that had more', 'w_lf=1', '1212', { members: [`${A} loadfactor=5`, B] }),
  change('w_lf below 1 is ignored', 'w_lf=0.5', '1212'),
  change('w_lf above 100 is ignored', 'w_lf=101', '1212'),
  change('w_lf=100 is the most', 'w_lf=100', '111111'),
  change('w_lf that is no number is ignored', 'w_lf=fast', '1212'),
  change('w_lf of a lone member stays 1', 'w_lf=7', '11', { members: [A] }),
  change('w_ls moves a member into another set', 'w_ls=1', '2222'),
  change('w_ls=100 is ignored', 'w_ls=100', '1212'),
  change('w_ls below zero is ignored', 'w_ls=-1', '1212'),
  change('w_wr gives a route, which sessions follow', 'w_wr=new', '111', {
    ...STICKY,
    rows: ['Cookie: SID=1.new'],
  }),
  change('w_wr takes the old route away from sessions', 'w_wr=new', '1212', { ...STICKY, rows: SESSION }),
  change('w_wr without a value takes the route away', 'w_wr=', '1212', { ...STICKY, rows: SESSION }),
  change('w_wr of more than 63 characters takes the route away', `w_wr=${'r'.repeat(70)}`, '12', {
    ...STICKY,
    rows: SESSION,
  }),
  change('w_rr sends the sessions of a member that is out to another', 'w_rr=c&w_status_D=1', '333', {
    ...STICKY,
    members: [`${A} route=a`, `${B} route=b`, `${C} route=c`],
    rows: SESSION,
  }),
  change('w_status_D=1 disables', 'w_status_D=1', '2222', { before: '1' }),
  change('w_status_D=1 disables for its sessions too', 'w_status_D=1', '22', { ...STICKY, rows: SESSION }),
  {
    name: 'w_status_D=0 enables, and the books go on',
    members: [A, B, `${C} status=+D`],
    steps: (own) => [...traffic(own, 1), memberForm(own, 'w_status_D=0', C), ...traffic(own, 4)],
    expect: ['200 web1', '200 -', ...answers('2312')],
  },
  change('w_status_D=0 with bytraffic: the member catches up', 'w_status_D=0', '11112', {
    members: [`${A} status=+D`, B],
    settings: 'ProxySet lbmethod=bytraffic',
    before: '222',
  }),
  change('w_status_S=1 stops', 'w_status_S=1', '2222'),
  change('w_status_S=0 starts', 'w_status_S=0', '1212', { members: [`${A} status=+S`, B], before: '22' }),
  change('w_status_N=1 drains: new requests go elsewhere', 'w_status_N=1', '2222'),
  change('w_status_N=1 drains: sessions stay', 'w_status_N=1', '1111', { ...STICKY, rows: SESSION }),
  change('w_status_N=0 ends a drain', 'w_status_N=0', '1212', {
    members: [`${A} status=+N`, B],
    before: '22',
  }),
  change('w_status_H=1 makes a standby', 'w_status_H=1', '2222'),
  change('w_status_H=0 makes a regular member of one', 'w_status_H=0', '1212', {
    members: [`${A} status=+H`, B],
    before: '22',
  }),
  change('w_status_R=1 makes a spare', 'w_status_R=1', '2222'),
  change('w_status_R=1 makes a spare, which serves in place of one that is out', 'w_status_R=1', '3131', {
    members: [A, `${B} status=+D`, C],
  }),
  change('w_status_C=1 counts as a failed check', 'w_status_C=1', '2222'),
  change('w_status_I=1 ignores errors', 'w_status_I=1', '1212', {
    settings: 'ProxySet failonstatus=500',
    script:
      () =>
      ({ member }) =>
        member === 'web9' ? { status: 500 } : {},
  }),
  change('w_status_E=1 sets nothing', 'w_status_E=1', '1212'),
  change('w_status_D with another number than 0 and 1', 'w_status_D=2', '2222'),
  change('w_status_D without a number is ignored', 'w_status_D=', '1212'),
  change('flags may be set and cleared in one form', 'w_status_D=0&w_status_N=1&w_status_H=0', '2222', {
    members: [`${A} status=+D+H`, B],
  }),
  change('several parameters at once', 'w_lf=2&w_ls=0&w_wr=z&w_rr=b&w_status_I=1', '11211211'),
  change('all members disabled leave nobody', 'w_status_D=1', '-', { members: [A, `${B} status=+D`] }),
  {
    name: 'the second member is changed by its URL',
    steps: (own) => [memberForm(own, 'w_status_D=1', B), ...traffic(own, 3)],
    expect: ['200 -', '200 web1', '200 web1', '200 web1'],
  },
  {
    name: 'a URL may be encoded twice',
    steps: (own) => [
      memberForm(own, 'w_status_D=1', A.replace('://', '%253A%252F%252F')),
      ...traffic(own, 2),
    ],
    expect: ['200 -', '200 web2', '200 web2'],
  },
  {
    name: 'a member that the balancer has not is not changed',
    steps: (own) => [memberForm(own, 'w_status_D=1', C), ...traffic(own, 2)],
    expect: ['200 -', '200 web1', '200 web2'],
  },
  {
    name: 'a member in error tells so, with its retries, and w_status_D=1 beside it',
    members: [`http://${DEAD} retry=600`, B],
    steps: (own) => [
      ...traffic(own, 2),
      memberForm(own, 'w_status_D=1', `http://${DEAD}`),
      ...traffic(own, 1),
    ],
    expect: ['200 web2', '200 web2', '200 -', '200 web2'],
  },
  {
    name: 'the XML tells all parameters of a member',
    members: [
      `${A} min=1 smax=3 max=7 ttl=90 timeout=11 acquire=400 keepalive=On lbset=2 loadfactor=4`,
      `${B} retry=5 connectiontimeout=2500ms disablereuse=On status=+H flushpackets=on route=x redirect=y`,
    ],
    settings: 'ProxySet lbmethod=bytraffic timeout=9 maxattempts=4',
    steps: () => [],
  },
]);
