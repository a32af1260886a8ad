/**
 * SetHandler balancer-manager: the page, httpd's parameters, and the JSON API below the handler's own address.
 *
 * Who may change something: the parameters count only with a Referer of this very host (httpd), only by POST, only with
 * the nonce of the balancer they name; and a request that a browser calls cross-site is never listened to.
 * `nonce=None` takes all changes away. Source: httpd 2.4, mod_proxy_balancer; observed on 2.4.71. Worker.
 */
import { createHash } from 'node:crypto';
import type { MemberSettings } from '../../workers/member.js';
import type { Fields } from '../exchange.js';
import { serverName } from '../http/variables.js';
import type { Request } from '../request.js';
import { serverToken } from '../server-token.js';
import { apiAnswer } from './api.js';
import { applyForm, type Selected } from './balancers-form.js';
import { managerPage, shortName } from './balancers-page.js';
import { managerXml } from './balancers-xml.js';
import { ChangeRefused } from './changes.js';
import { type Form, hasOwnReferer, isForeign, parseForm } from './form.js';
import type { Handler, HandlerAnswer } from './handler.js';
import type { RequestLog } from './handlers.js';
import { liveValues } from './live-values.js';
import type { Overview } from './overview.js';
import { SCRIPT } from './page-script.js';
import { STYLE } from './page-style.js';
import { stateOf } from './state.js';

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** Nothing but what stands in the page itself; no frame may hold it. */
const POLICY =
  `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; connect-src 'self'; ` +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Fields of every page of drover's own look. */
export const PAGE_FIELDS: Fields = [
  ...[
    'Content-Type',
    'text/html; charset=utf-8',
    'Content-Security-Policy',
    POLICY,
    'Cache-Control',
    'no-store',
  ],
  ...['X-Content-Type-Options', 'nosniff', 'Referrer-Policy', 'same-origin', 'X-Frame-Options', 'DENY'],
];

/** Where the API begins, below the handler's own path. */
const API = /\/api\/v1(?=\/|$)/;

export class BalancerManager implements Handler {
  readonly methods = undefined;
  readonly #overview: Overview;
  readonly #log: RequestLog;

  constructor(overview: Overview, log: RequestLog) {
    this.#overview = overview;
    this.#log = log;
  }

  async answer(r: Request, body: string): Promise<HandlerAnswer> {
    const rows = Object.values(r.server.proxy.balancers);
    const { method } = r.exchange;
    const api = API.exec(r.uri);
    if (api !== null) {
      const path = r.uri.slice(api.index + api[0].length);
      const foreign = isForeign(r, serverName(r));
      const type = r.header('content-type') ?? '';
      return apiAnswer(this.#overview, { method, path, query: r.query ?? '', body, type, rows, foreign });
    }
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
      return { status: 405, fields: ['Allow', 'POST,OPTIONS,HEAD,GET,TRACE'], body: '' };
    const form = this.#formOf(r, body);
    const selected = this.#select(rows, form);
    let notice: { text: string; isBad: boolean } | undefined;
    if (method === 'POST' && selected !== undefined) {
      try {
        await applyForm(this.#overview, selected, form);
        notice = {
          text: `${form.get('act')?.replaceAll('+', ' ') ?? 'The change'}: done, in force with the next request.`,
          isBad: false,
        };
      } catch (error) {
        if (!(error instanceof ChangeRefused)) throw error;
        // httpd's code, for whoever watches its log.
        this.#log(r, 'proxy_balancer', `AH10164: balancer-manager: ${error.message}`);
        return { status: 400, fields: [], body: '' };
      }
    }
    if (form.has('xml')) {
      const xml = managerXml(this.#overview, rows, (row) => this.#nonceOf(row));
      return { status: 200, fields: ['Content-Type', 'text/xml'], body: xml };
    }
    return { status: 200, fields: PAGE_FIELDS.slice(), body: this.#page(r, rows, selected, notice) };
  }

  /** Parameters that count: all of a POST's body, of another's query b, w, nonce and xml. */
  #formOf(r: Request, body: string): Form {
    const form = new Map<string, string>();
    if (r.exchange.method === 'POST') for (const [name, value] of parseForm(body)) form.set(name, value);
    else {
      for (const [name, value] of parseForm(r.query ?? ''))
        if (['b', 'w', 'nonce', 'xml'].includes(name)) form.set(name, value);
    }
    if (form.size === 0) return form;
    const host = serverName(r);
    if (hasOwnReferer(r, host) && !isForeign(r, host)) return form;
    const referer = r.header('referer');
    this.#log(
      r,
      'proxy_balancer',
      referer === undefined
        ? 'AH10187: ignoring params in balancer-manager cross-site access: no Referer'
        : `AH10187: ignoring params in balancer-manager cross-site access ${referer}: ${host}`,
    );
    return new Map();
  }

  /** What the form names, if its nonce fits. */
  #select(rows: readonly number[], form: Form): Selected | undefined {
    const { live } = this.#overview;
    live.refresh();
    const name = form.get('b')?.toLowerCase();
    const row = rows.find((each) => shortName(live.balancers[each]?.name ?? '') === name);
    if (row === undefined || this.#isReadOnly(row) || form.get('nonce') !== this.#nonceOf(row))
      return undefined;
    const url = form.get('w');
    if (url === undefined || url === '') return { row, slot: undefined };
    const asked = url.toLowerCase();
    let best: MemberSettings | undefined;
    for (const member of live.membersOf(row)) {
      const isLonger = member.name.length > (best?.name.length ?? 0);
      if (isLonger && asked.startsWith(member.name.toLowerCase())) best = member;
    }
    return best === undefined ? undefined : { row, slot: best.slot };
  }

  /** As the page and the XML show it. */
  #nonceOf(row: number): string {
    const nonce = this.#overview.live.balancers[row]?.nonce ?? '';
    return nonce === 'None' ? '' : nonce;
  }

  /** nonce=None; what httpd's manual calls no nonce lets nobody change anything there. */
  #isReadOnly(row: number): boolean {
    return this.#nonceOf(row) === '';
  }

  #page(
    r: Request,
    rows: readonly number[],
    selected: Selected | undefined,
    notice: { text: string; isBad: boolean } | undefined,
  ): string {
    const { proxy } = r.server;
    const now = Date.now();
    const balancers = stateOf(this.#overview, rows, now);
    return managerPage({
      host: serverName(r),
      product: serverToken('Full'),
      path: r.uri,
      persists: proxy.balancerPersist,
      inheritsBalancers: proxy.balancerInherit,
      inheritsProxyPass: proxy.proxyPassInherit,
      balancers,
      healthOf: (slot) => this.#overview.live.healthOf(slot),
      healthExpressions: Object.keys(this.#overview.settings.healthExpressions),
      nonceOf: (row) => this.#nonceOf(row),
      pathOf: (row) =>
        r.server.proxyPass.find(({ target }) => target?.kind === 'balancer' && target.row === row)?.path ??
        '',
      isReadOnly: (row) => this.#isReadOnly(row),
      values: liveValues(this.#overview, balancers, now),
      selected,
      notice,
    });
  }
}
