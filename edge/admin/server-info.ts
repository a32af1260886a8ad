/**
 * SetHandler server-info: loaded modules, settings of the server, virtual hosts with their engines, and what of the
 * configuration has no effect; `?list` and `?server` show one part, as httpd's do. Whoever may read it reads paths of
 * files: keep it behind Require. Source: httpd 2.4 manual, mod_info. Worker.
 */

import { serverName } from '../http/variables.js';
import type { Request } from '../request.js';
import { serverToken } from '../server-token.js';
import { PAGE_FIELDS } from './balancers-handler.js';
import { document } from './balancers-page.js';
import type { Handler, HandlerAnswer } from './handler.js';
import { type Html, html } from './html.js';
import type { Overview } from './overview.js';
import { builtAt } from './status-figures.js';

export class ServerInfo implements Handler {
  readonly methods = ['GET'];
  readonly #overview: Overview;

  constructor(overview: Overview) {
    this.#overview = overview;
  }

  async answer(r: Request): Promise<HandlerAnswer> {
    const { settings } = this.#overview;
    // It brings the configuration reader along, which threads have no use for otherwise.
    const { dumpText } = await import('../show.js');
    const dump = dumpText({ settings, env: {}, warnings: '', includes: [] }, ['DUMP_VHOSTS', 'DUMP_RUN_CFG']);
    const parts: Record<string, Html> = {
      list: html`<section class="card"><h2>Loaded Modules</h2><pre tabindex="0">${settings.modules.map(({ name, kind }) => `${name} (${kind})`).join('\n')}</pre></section>`,
      server: this.#server(r),
      config: html`<section class="card"><h2>Configuration</h2><pre tabindex="0">${dump}</pre></section>`,
      notes: html`<section class="card"><h2>Without effect</h2><pre tabindex="0">${settings.notes.map(({ at, word, text }) => `${at}: ${word}: ${text}`).join('\n') || 'nothing'}</pre></section>`,
    };
    const asked = Object.hasOwn(parts, r.query ?? '') ? parts[r.query ?? ''] : undefined;
    const body = html`<header><h1>Server Information for ${serverName(r)}</h1></header><main>${asked ?? Object.values(parts)}</main>`;
    return { status: 200, fields: PAGE_FIELDS.slice(), body: document('Server Information', body) };
  }

  #server(r: Request): Html {
    const { settings, threads } = this.#overview;
    const { timeout, keepAlive, keepAliveTimeout } = r.server;
    const row = (name: string, value: string): Html => html`<dt>${name}</dt><dd>${value}</dd>`;
    return html`<section class="card"><h2>Server Settings</h2><dl class="facts">${row('Server Version', serverToken('Full'))}${row('Server Built', builtAt())}${row('Node.js', process.version)}${row('Architecture', `${process.platform} ${process.arch}`)}${row('Worker threads', String(threads))}${row('Hostname', serverName(r))}${row('Timeouts', `connection: ${timeout / 1000}, keep-alive: ${keepAlive ? keepAliveTimeout / 1000 : 'off'}`)}${row('Server Root', settings.serverRoot)}${row('Config File', settings.file)}</dl></section>`;
  }
}
