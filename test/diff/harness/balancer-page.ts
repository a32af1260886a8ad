/**
 * balancer-manager as a script drives it: the nonce is scraped from the page's first link of a balancer, forms are posted
 * with a Referer, and `?xml=1` tells what came of it. All cases of a file share one pair of servers, on which each has a
 * balancer of its own, named and reached by its number, so that a case costs requests and no start.
 * Source: httpd 2.4, mod_proxy_balancer, balancer_handler.
 */
import { describeAlike } from './alike.js';
import { type DiffCase, get, request, type Step, times } from './case.js';
import type { Script } from './origins.js';
import { LISTEN, WEB1, WEB2 } from './places.js';

const PAGE = '/balancer-manager';
export const REFERER = `Referer: http://www.example.com${PAGE}`;
const FORM = 'Content-Type: application/x-www-form-urlencoded';

/** Members of a balancer that says nothing else. */
const TWO = [`http://${WEB1} route=a`, `http://${WEB2} route=b`];

/** The balancer that a case has to itself. */
export interface Own {
  /** `c3`, as parameters name it. */
  name: string;
  /** Any path of it. */
  path: string;
}

export interface BalancerCase {
  /** A sentence of behaviour. */
  name: string;
  members?: string[];
  /** Further lines of `<Proxy>`. */
  settings?: string;
  script?: () => Script;
  steps: (own: Own) => Step[];
  /** One step each; undefined where a step is a form or a page that is answered 200. */
  expect?: string[];
}

/** More balancers on one page, and the pages get slow to make and to read. */
const MOST = 14;

/** Declares groups for all of them; each gets `?xml=1` as its last step. */
export function describeBalancers(name: string, cases: readonly BalancerCase[]): void {
  for (let first = 0; first < cases.length; first += MOST) {
    const some = cases
      .slice(first, first + MOST)
      .map((one, index) => ({ one, own: ownOf(first + index + 1) }));
    const config = [
      `Listen ${LISTEN}`,
      'ProxyHCExpr fine {%{REQUEST_STATUS} =~ /^[234]/}',
      `<Location ${PAGE}>`,
      '  SetHandler balancer-manager',
      '</Location>',
      ...some.flatMap(({ one: { members = TWO, settings = '' }, own }) => [
        `<Proxy balancer://${own.name}>`,
        ...members.map((member) => `  BalancerMember ${member}`),
        settings,
        '</Proxy>',
        `ProxyPass /${own.name} balancer://${own.name}`,
      ]),
    ];
    describeAlike({
      name: `balancer-manager: ${name}`,
      config: config.join('\n'),
      cases: some.map(({ one, own }) => caseOf(one, own)),
    });
  }
}

function ownOf(number: number): Own {
  return { name: `c${number}`, path: `/c${number}/x` };
}

function caseOf({ name, steps, expect, script }: BalancerCase, own: Own): DiffCase {
  const asked = steps(own);
  const said = expect ?? asked.map(() => '200 -');
  return {
    name,
    steps: [page(own), ...asked, xml(own)],
    expect: ['200 -', ...said, '200 -'],
    ...(script === undefined ? {} : { script }),
  };
}

/** The page; of it only the nonce counts, which later steps send. */
export function page({ name }: Own): Step {
  return {
    ...get(PAGE),
    keep: { NONCE: new RegExp(`\\?b=${name}&amp;nonce=([^"&]*)"`) },
    reads: () => '',
  };
}

const NONCE = `$${'{NONCE}'}`;

/** A form as the page has it: fields of the first member, or of the member whose URL is given. */
export function memberForm({ name }: Own, fields: string, url = `http://${WEB1}`): Step {
  return posted(`${fields}&w=${url}&b=${name}&nonce=${NONCE}`);
}

/** A form of the balancer itself. */
export function balancerForm({ name }: Own, fields: string): Step {
  return posted(`${fields}&b=${name}&nonce=${NONCE}`);
}

export function posted(body: string, rows: string[] = [REFERER], target: string = PAGE): Step {
  return { ...request('POST', target, [FORM, ...rows], { body }), reads: () => '' };
}

/** The balancer's own part of the XML. */
export function xml(own: Own): Step {
  return { ...get(`${PAGE}?xml=1`, [REFERER]), reads: (body) => readXml(body, own.name) };
}

/** What the page tells of the health checks of each of the balancer's members; how many have passed so far is left out. */
export function checks({ name }: Own): Step {
  return { ...get(PAGE), reads: (body) => readChecks(body, name) };
}

/** Method, interval, passes, fails, path, expression. Where nobody is checked drover's page has no such columns. */
function readChecks(body: string, name: string): string {
  const rows = [...body.matchAll(/<tr\b[\s\S]*?<\/tr>/g)].map(([row]) => row);
  return rows
    .filter((row) => row.includes(`?b=${name}&amp;w=`))
    .map((row) => {
      const cells = [...row.matchAll(/<td[^>]*>([\s\S]*?)<\/td>/g)].map(([, text = '']) => text.trim());
      const hasChecks = cells.length === 17 || row.includes('data-label="HC Method"');
      const [method = 'NONE', ...rest] = hasChecks ? cells.slice(11, 17) : [];
      return method === 'NONE' ? method : [method, ...rest].join(' ').replace(/ \(\d+\)/g, '');
    })
    .join('\n');
}

/** `n` requests that no session binds. */
export function traffic({ path }: Own, count: number, rows: string[] = []): Step[] {
  return times(count, get(path, rows));
}

/**
 * Nonces, ports and moments are of each server, and bytes to and from members are counted over heads that differ in a
 * field; what is left of those is whether there were any. A member without `max` has as many connections as httpd's child
 * has threads (25 here), and in drover no limit, 0. Of connectiontimeout httpd shows what is beyond whole seconds.
 */
export function readXml(body: string, name: string): string {
  const found = body
    .split('<httpd:balancer>')
    .find((part) => part.includes(`<httpd:name>balancer://${name}</httpd:name>`));
  return (found ?? body)
    .replace(/(<httpd:nonce>)[0-9a-f-]{36}</g, '$1{nonce}<')
    .replace(/(<httpd:port>)\d+</g, '$1{port}<')
    .replace(/(<httpd:s?max>)(?:0|25)</g, '$1{no limit}<')
    .replace(
      /(<httpd:connectiontimeout>)\d*(\d{3})</g,
      (_, tag: string, ms: string) => `${tag}${Number(ms)}<`,
    )
    .replace(/(<httpd:error_time>)[^<]+</g, '$1{time}<')
    .replace(/(<httpd:(?:transferred|read)>)[1-9]\d*</g, '$1{some}<')
    .replace(/\s*<\/httpd:balancers>[\s\S]*/, '');
}

/**
 * What the first form of the balancer would send, as a browser would: lines `name=value`, sorted. httpd's page shows the
 * form that was asked for alone, drover's all of them. Only parameters whose names begin so are read; those of health
 * checks (`w_h`) are not among those of a member (`w_`), since httpd shows them for every member, nor is `b_nwrkr` among
 * those of a balancer, which has a form of its own in drover's page.
 */
export function readForms(body: string, { name }: Own, prefix: string): string {
  const forms = [...body.matchAll(/<form\b[\s\S]*?<\/form>/gi)].map(([form]) => sentBy(form));
  const found = forms.find(
    (fields) => fields.includes(`b=${name}`) && fields.filter((field) => field.startsWith(prefix)).length > 3,
  );
  return (found ?? forms.flat())
    .filter(
      (field) =>
        field.startsWith(prefix) &&
        (prefix !== 'w_' || !field.startsWith('w_h')) &&
        !field.startsWith('b_nwrkr'),
    )
    .map((field) => field.replace(' | ', '|'))
    .sort()
    .join('\n');
}

function sentBy(form: string): string[] {
  const fields: string[] = [];
  for (const [tag] of form.matchAll(/<input\b[^>]*>/gi)) {
    const type = attribute(tag, 'type') ?? 'text';
    const isChecked = /\bchecked\b/.test(tag);
    if (type !== 'submit' && ((type !== 'radio' && type !== 'checkbox') || isChecked))
      fields.push(`${attribute(tag, 'name')}=${attribute(tag, 'value') ?? ''}`);
  }
  for (const [select = '', options = ''] of form.matchAll(/<select\b[^>]*>([\s\S]*?)<\/select>/gi)) {
    const chosen = [...options.matchAll(/<option\b[^>]*>/gi)].find(([tag]) => /\bselected\b/.test(tag));
    if (chosen !== undefined) fields.push(`${attribute(select, 'name')}=${attribute(chosen[0], 'value')}`);
  }
  return fields;
}

function attribute(tag: string, name: string): string | undefined {
  const [, double, single, bare] =
    new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`).exec(tag) ?? [];
  return double ?? single ?? bare;
}

/** Makes cases of a form: it is posted, and the requests after it are served by these, `-` for a 503. */
export function changes(form: (own: Own, fields: string) => Step) {
  return (
    name: string,
    fields: string,
    serves: string,
    more: Pick<BalancerCase, 'members' | 'settings' | 'script'> & { before?: string; rows?: string[] } = {},
  ): BalancerCase => {
    const { before = '', rows = [], ...rest } = more;
    return {
      name,
      ...rest,
      steps: (own) => [
        ...traffic(own, before.length, rows),
        form(own, fields),
        ...traffic(own, serves.length, rows),
      ],
      expect: [...answers(before), '200 -', ...answers(serves)],
    };
  };
}

/** `12-` as steps expect it: web1 answers, then web2, then nobody. */
export function answers(members: string): string[] {
  return [...members].map((digit) => (digit === '-' ? '503 -' : `200 web${digit}`));
}
