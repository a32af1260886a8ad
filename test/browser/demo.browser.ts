/** The demonstration as somebody meets it who has typed `npm start`: in a browser, on http and on https. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describeWithBrowser, Visitor } from './chromium.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');

describeWithBrowser('the demonstration in a browser', (browser) => {
  let demo: ChildProcess | undefined;
  let said = '';
  let http = '';
  let https = '';
  let visitor: Visitor;

  /** The backend that the page names. */
  async function servedBy(): Promise<string> {
    const heading = await visitor.page.locator('h1').innerText();
    return heading.replace('Served by ', '');
  }

  before(async () => {
    demo = spawn(process.execPath, [CLI, 'demo'], { stdio: ['ignore', 'pipe', 'pipe'] });
    demo.stderr?.resume();
    while (!said.includes('Ctrl-C ends it.')) {
      const [chunk] = (await once(demo.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
      said += chunk.toString();
    }
    http = /^ {2}(http:\S+)/m.exec(said)?.[1] ?? '';
    https = /^ {2}(https:\S+)/m.exec(said)?.[1] ?? '';
  });
  after(async () => {
    if (demo === undefined || demo.exitCode !== null || demo.signalCode !== null) return;
    demo.kill('SIGKILL');
    await once(demo, 'exit');
  });
  beforeEach(async () => {
    visitor = await Visitor.come(browser());
  });
  afterEach(() => visitor.go());

  // First: requests of sessions are charged to their backend, so that new visitors later get the others.
  it('gives each new visitor another backend, in turn', async () => {
    const names: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const other = await Visitor.come(browser());
      await other.page.goto(http);
      names.push((await other.cookie('ROUTEID')) ?? '');
      await other.go();
    }
    assert.equal(new Set(names).size, 3, names.join(' '));
  });

  for (const scheme of ['http', 'https'] as const) {
    it(`keeps a visitor on one backend over ${scheme}, however often the page is loaded`, async () => {
      await visitor.page.goto(scheme === 'http' ? http : https);
      const name = await servedBy();
      assert.equal(await visitor.cookie('ROUTEID'), `.${name}`);
      for (let times = 0; times < 6; times += 1) {
        await visitor.page.reload();
        assert.equal(await servedBy(), name);
      }
      assert.match(await visitor.page.title(), new RegExp(`^${name}`));
    });
  }

  it('shows the request as it arrived: the name asked for, and who asked', async () => {
    await visitor.page.goto(https);
    const row = (name: string): Promise<string> =>
      visitor.page
        .locator('tr', { has: visitor.page.locator(`th:text-is("${name}")`) })
        .locator('td')
        .innerText();
    assert.equal(await row('Host'), new URL(https).host);
    assert.equal(await row('X-Forwarded-Proto'), 'https');
    assert.equal(await row('X-Forwarded-For'), '127.0.0.1');
  });

  it('answers twenty requests at once, all from the backend of the session', async () => {
    await visitor.page.goto(http);
    const name = await servedBy();
    const answers = await visitor.page.evaluate(() =>
      Promise.all(
        Array.from({ length: 20 }, async (_, number) => {
          const response = await fetch(`/twenty/${number}`);
          return {
            status: response.status,
            by: response.headers.get('x-served-by'),
            text: await response.text(),
          };
        }),
      ),
    );
    assert.equal(answers.length, 20);
    for (const [number, { status, by, text }] of answers.entries()) {
      assert.equal(status, 200);
      assert.equal(by, name);
      assert.match(text, new RegExp(`^${name} answers GET /twenty/${number},`));
    }
  });

  it('lets a visitor forget the session', async () => {
    await visitor.page.goto(http);
    const before = await servedBy();
    await visitor.page.getByRole('button', { name: 'Forget the session' }).click();
    await visitor.page.waitForLoadState();
    await visitor.page.waitForFunction(`!document.body.textContent.includes('Served by ${before}')`);
    assert.notEqual(await servedBy(), before);
  });

  it('moves a visitor to another backend when theirs goes to rest, and keeps them there', async () => {
    await visitor.page.goto(https);
    const before = await servedBy();
    await visitor.page.getByRole('button', { name: /^Send \w+ to rest$/ }).click();
    await visitor.page.waitForFunction(`!document.body.textContent.includes('Served by ${before}')`);
    const now = await servedBy();
    assert.notEqual(now, before);
    assert.equal(await visitor.cookie('ROUTEID'), `.${now}`);
    await visitor.page.reload();
    assert.equal(await servedBy(), now);
  });

  it('fits a phone: nothing is wider than the window, in light and in dark', async () => {
    await visitor.page.setViewportSize({ width: 360, height: 740 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await visitor.page.emulateMedia({ colorScheme });
      await visitor.page.goto(http);
      assert.equal(await visitor.page.evaluate('document.documentElement.scrollWidth'), 360);
    }
  });

  it('ends clean on Ctrl-C while a browser holds connections', async () => {
    await visitor.page.goto(http);
    demo?.kill('SIGINT');
    const [code] = (await once(demo as ChildProcess, 'exit')) as [number | null];
    assert.equal(code, 0);
  });
});
