/**
 * balancer-manager as an operator uses it, in a real browser: every control, and its effect on the requests that follow;
 * without a script, on a phone, in the dark, by keyboard; and no serious finding of axe-core.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { Appliance } from '../reg/appliance.js';
import { plainReply, RawOrigin } from '../reg/raw-origin.js';
import { describeWithBrowser, Visitor } from './chromium.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

/** Serious findings, run past the page's own policy. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = (await page.evaluate(
    'axe.run().then((result) => result.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes })))',
  )) as Finding[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

describeWithBrowser('balancer-manager in a browser', (browser) => {
  let origins: RawOrigin[];
  let urls: string[];
  let edge: Appliance;
  let visitor: Visitor;
  let address: string;

  before(async () => {
    origins = await Promise.all(
      ['a', 'b', 'c'].map((name) => RawOrigin.start((socket) => socket.write(plainReply(name)))),
    );
    urls = origins.map(({ port }) => `http://127.0.0.1:${port}`);
    edge = await Appliance.start(
      `ProxyHCExpr fine {%{REQUEST_STATUS} =~ /^[234]/}
<Location /balancer-manager>\nSetHandler balancer-manager\n</Location>
<Proxy balancer://shop>\nBalancerMember ${urls[0]} route=ra\nBalancerMember ${urls[1]} route=rb
ProxySet growth=1\n</Proxy>\nProxyPass /app balancer://shop/`,
      { threads: 2 },
    );
    address = `http://127.0.0.1:${edge.port}/balancer-manager`;
  });
  after(async () => {
    await edge.stop();
    await Promise.all(origins.map((origin) => origin.stop()));
  });
  beforeEach(async () => {
    visitor = await Visitor.come(browser());
    await visitor.page.goto(address);
  });
  // A question of the page's script that is under way when another page is loaded ends so.
  afterEach(() => visitor.go(/api\/v1\/live: net::ERR_ABORTED/));

  async function served(count: number, headers = {}): Promise<string> {
    const seen: string[] = [];
    for (let n = 0; n < count; n += 1) seen.push((await edge.ask('/app', { headers })).body);
    return seen.sort().join('');
  }
  async function members(): Promise<number> {
    const { body } = await edge.ask('/balancer-manager/api/v1/balancers/shop');
    return (JSON.parse(body) as { members: unknown[] }).members.length;
  }
  const panel = (url: string) =>
    visitor.page.locator('details.member', { has: visitor.page.locator(`summary .url:text-is("${url}")`) });
  async function open(url: string) {
    const found = panel(url);
    if ((await found.getAttribute('open')) === null) await found.locator('summary').first().click();
    return found;
  }
  /** Presses a control after having read what it will do. */
  async function act(url: string, label: string, says: RegExp): Promise<void> {
    const found = (await open(url)).locator('.acts details', {
      has: visitor.page.locator(`summary:text-is("${label}…")`),
    });
    await found.locator('summary').click();
    assert.match(await found.locator('p').innerText(), says);
    await press(found.locator('button'));
  }
  /** Presses a button that sends a form, and waits for the page that answers; the one before it may have told something too. */
  async function press(button: Locator): Promise<void> {
    await visitor.page.evaluate("document.documentElement.setAttribute('data-left', '')");
    await button.click();
    await visitor.page.locator('html:not([data-left]) [role=alert]').waitFor();
  }

  it('drains, disables, stops, and puts in service', async () => {
    const [first = '', second = ''] = urls;
    await act(first, 'Drain', /No new visitors reach/);
    assert.equal(await served(3), 'bbb');
    await act(first, 'Put in service', /gets its share/);
    assert.equal(await served(4), 'aabb');
    await act(second, 'Disable', /No request reaches/);
    assert.equal(await served(3), 'aaa');
    await act(second, 'Put in service', /gets its share/);
    await act(second, 'Stop', /neither tried again/);
    assert.equal(await served(3), 'aaa');
    await act(second, 'Put in service', /gets its share/);
    assert.equal(await served(4), 'aabb');
  });

  it('edits a member: factor, set, route, redirect, flags; and undoes it', async () => {
    const [first = ''] = urls;
    const form = (await open(first)).locator('form.edit');
    await form.getByLabel('Load factor').fill('3');
    await form.getByLabel('Route', { exact: true }).fill('moved');
    await form.getByLabel('Route Redirect').fill('rb');
    await press(form.getByRole('button', { name: 'Submit' }));
    assert.equal(await served(8), 'aaaaaabb');
    const again = (await open(first)).locator('form.edit');
    await again.getByLabel('LB Set').fill('1');
    await again.getByRole('radio', { name: 'Ignore Errors On' }).check();
    await again.getByRole('radio', { name: 'Hot Standby On' }).check();
    await press(again.getByRole('button', { name: 'Submit' }));
    assert.equal(await served(3), 'bbb');
    await act(first, 'Undo live changes', /Back to what the configuration says/);
    assert.equal(await served(4), 'aabb');
  });

  it('sets and clears every flag of a member', async () => {
    const [first = ''] = urls;
    const set = async (label: string, value: 'On' | 'Off'): Promise<void> => {
      const form = (await open(first)).locator('form.edit');
      await form.getByRole('radio', { name: `${label} ${value}` }).check();
      await press(form.getByRole('button', { name: 'Submit' }));
    };
    for (const label of ['Draining Mode', 'Disabled', 'Hot Standby', 'Hot Spare', 'HC Fail', 'Stopped']) {
      await set(label, 'On');
      assert.equal(await served(3), 'bbb', label);
      await set(label, 'Off');
      assert.equal(await served(4), 'aabb', label);
    }
    const { port } = origins[0] as RawOrigin;
    await set('Ignore Errors', 'On');
    await origins[0]?.stop();
    await served(4);
    origins[0] = await RawOrigin.start((socket) => socket.write(plainReply('a')), port);
    assert.equal(await served(4), 'aabb', 'it was not put in error');
    await set('Ignore Errors', 'Off');
  });

  it('begins health checks of a member, changes them, and ends them', async () => {
    const [first = ''] = urls;
    const form = (await open(first)).locator('form.edit');
    await form.getByLabel('Method').selectOption('GET');
    await form.getByLabel('Expr').selectOption('fine');
    await form.getByLabel('Interval (ms)').fill('100');
    await form.getByLabel('Passes trigger').fill('2');
    await form.getByLabel('Fails trigger').fill('2');
    await form.getByLabel('HC uri').fill('/checked');
    await press(form.getByRole('button', { name: 'Submit' }));
    const asked = (): number =>
      origins[0]?.requests.filter(({ head }) => head.line.includes(' /checked ')).length ?? 0;
    while (asked() < 3) await visitor.page.waitForTimeout(20);
    assert.equal(await served(4), 'aabb');
    await act(first, 'Undo live changes', /Back to what the configuration says: hcmethod/);
    // Whoever checks hears of it a moment later; then there is no check in the time of many.
    let before = -1;
    for (let tries = 0; tries < 30 && before !== asked(); tries += 1) {
      before = asked();
      await sleep(1000);
    }
    assert.equal(asked(), before, 'checks go on');
  });

  it('has no control but those that are used here', async () => {
    const names = (await visitor.page.evaluate(
      "[...new Set([...document.querySelectorAll('input:not([type=hidden]), select, textarea')].map((one) => one.name))]",
    )) as string[];
    assert.deepEqual(names.sort(), [
      ...['b_lbm', 'b_max', 'b_nwrkr', 'b_sforce', 'b_ss', 'b_tmo', 'b_wyes'],
      ...['w_he', 'w_hf', 'w_hi', 'w_hm', 'w_hp', 'w_hu', 'w_lf', 'w_ls', 'w_rr'],
      ...['C', 'D', 'H', 'I', 'N', 'R', 'S'].map((letter) => `w_status_${letter}`),
      'w_wr',
    ]);
    const buttons = await visitor.page.locator('.acts summary').allTextContents();
    const known = ['Disable…', 'Drain…', 'Put in service…', 'Stop…', 'Take out…', 'Undo live changes…'];
    assert.deepEqual(
      [...new Set(buttons)].filter((label) => !known.includes(label)),
      [],
    );
  });

  it('changes a balancer: method, sticky session, attempts, and undoes it', async () => {
    const found = await open('Change balancer://shop, or add a member');
    await found.getByLabel('LBmethod').selectOption('bybusyness');
    await found.getByLabel('Sticky Session').fill('SID');
    await found.getByLabel('Timeout (s)').fill('2');
    await found.getByLabel('Failover Attempts').fill('3');
    await found.getByRole('radio', { name: 'Disable Failover On' }).check();
    await press(found.getByRole('button', { name: 'Submit' }));
    assert.equal(await served(3, { Cookie: 'SID=1.rb' }), 'bbb');
    const again = await open('Change balancer://shop, or add a member');
    await press(again.getByRole('button', { name: 'Undo' }));
    assert.equal(await served(4, { Cookie: 'SID=1.rb' }), 'aabb');
  });

  it('adds a member, puts it in service, and takes it out', async () => {
    const third = urls[2] ?? '';
    const found = await open('Change balancer://shop, or add a member');
    await found.getByLabel('Add New Worker').fill(third);
    await found.getByLabel('Are you sure?').check();
    await press(found.getByRole('button', { name: 'Add' }));
    assert.equal(await served(4), 'aabb');
    await act(third, 'Put in service', /gets its share/);
    assert.equal(await served(6), 'aabbcc');
    await act(third, 'Take out', /its place is free/);
    assert.equal(await served(4), 'aabb');
    // Its slot is free a moment later, and a page that was loaded before then asks to be loaded again.
    for (let n = 0; n < 400 && (await members()) > 2; n += 1) await sleep(50);
    assert.equal(await members(), 2);
  });

  it('shows news while one looks: a member disabled elsewhere', async () => {
    const body = '{"flags":{"D":true}}';
    const headers = { 'Content-Type': 'application/json' };
    await visitor.page.locator('.live[data-on]').waitFor();
    await edge.ask('/balancer-manager/api/v1/balancers/shop/members/0', { method: 'PATCH', headers, body });
    await visitor.page.locator('tr[data-member=m0][data-standing=off]').waitFor();
    await visitor.page.locator('td[data-live=m0-state]:text("disabled by an operator")').waitFor();
    await edge.ask('/balancer-manager/api/v1/balancers/shop/members/0/reset', {
      method: 'POST',
      headers,
      body: '{}',
    });
    await visitor.page.locator('tr[data-member=m0][data-standing=ok]').waitFor();
  });

  it('works without a script, and by keyboard', async () => {
    const context = await browser().newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(address);
    const summary = page.locator('details.member summary').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    const disable = page.locator('.acts summary:text-is("Disable…")').first();
    await disable.focus();
    await page.keyboard.press('Enter');
    await page.locator('.acts button:visible').first().focus();
    await Promise.all([page.waitForLoadState(), page.keyboard.press('Enter')]);
    await page.locator('[role=alert]').waitFor();
    assert.equal(await served(3), 'bbb');
    await context.close();
    await visitor.page.goto(address);
    await act(urls[0] ?? '', 'Put in service', /gets its share/);
  });

  for (const [name, options] of [
    ['a desktop', { viewport: { width: 1360, height: 900 } }],
    ['a phone', { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 }],
    ['the dark', { viewport: { width: 1360, height: 900 }, colorScheme: 'dark' as const }],
  ] as const) {
    it(`has nothing serious for axe-core on ${name}, and fits its width`, async () => {
      // The checker is put into the page, which the page's own policy would not let in.
      const context = await browser().newContext({ ...options, bypassCSP: true });
      const page = await context.newPage();
      await page.goto(address);
      await page.locator('details.member summary').first().click();
      assert.deepEqual(await seriousFindings(page), []);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      assert.equal(overflow, 0);
      await context.close();
    });
  }
});
