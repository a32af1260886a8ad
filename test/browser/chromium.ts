/**
 * Debian's chromium under playwright-core, for one suite: a browser with a profile of its own in a temporary folder, and
 * pages that remember everything that went wrong on them. Without chromium a suite is skipped and says so; with CI=true
 * it fails instead.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const PROGRAM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Of a page that does not come to what is waited for: it only ends what hangs. */
const PATIENCE_MS = 100_000;
/** Nothing but what a test asks for goes over the wire; certificates are the tests' own. */
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
];

/** Declares a suite that needs a browser. */
export function describeWithBrowser(name: string, declare: (browser: () => Browser) => void): void {
  describe(name, () => {
    let browser: Browser | undefined;
    before(async function () {
      if (!existsSync(PROGRAM)) {
        if (process.env['CI'] === 'true')
          throw new Error(`${PROGRAM} is missing, and CI must not pass without it`);
        console.log(`    skipped: ${PROGRAM} is missing`);
        this.skip();
      }
      browser = await chromium.launch({ executablePath: PROGRAM, args: ARGS });
    });
    after(() => browser?.close());
    declare(() => browser as Browser);
  });
}

/** A person at the browser: cookies of their own, one page, and a list of what went wrong on it. */
export class Visitor {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #faults: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.#faults.push(message.text());
    });
    page.on('pageerror', (error) => this.#faults.push(error.message));
    page.on('requestfailed', (request) => {
      this.#faults.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText ?? 'failed'}`);
    });
  }

  static async come(browser: Browser): Promise<Visitor> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(PATIENCE_MS);
    return new Visitor(context, await context.newPage());
  }

  async cookie(name: string): Promise<string | undefined> {
    return (await this.#context.cookies()).find((cookie) => cookie.name === name)?.value;
  }

  /**
   * Part of every test: nothing may have gone wrong, on the page, in the console or on the wire.
   * but  what a test brings about on purpose
   */
  async go(but?: RegExp): Promise<void> {
    await this.#context.close();
    assert.deepEqual(
      this.#faults.filter((fault) => but?.test(fault) !== true),
      [],
    );
  }
}
