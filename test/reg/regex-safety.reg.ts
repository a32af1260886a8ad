/**
 * Patterns that backtrack without bound, on the one worker of a running drover: a client with the wrong header cannot
 * hold it. V8 would take longer than this machine lives; the process is started such that it goes over to its linear
 * engine, and what that cannot do is given up after a moment.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Appliance } from './appliance.js';

/** `aaa…!`: 2 to the power of its length ways to fail. */
const BAD = `${'a'.repeat(60)}!`;

describe('a pattern that backtracks without bound', () => {
  let origin: Server;
  let appliance: Appliance;

  before(async function () {
    this.timeout(120_000);
    origin = createServer((request, response) =>
      response.end(`${request.url} ${request.headers['x-e'] ?? '-'}`),
    );
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    const { port } = origin.address() as AddressInfo;
    const text = `
SetEnvIf X-Env ^(a+)+$ found
SetEnvIfNoCase X-Env ^([a-c]+)+$ found
BrowserMatchNoCase ^(a|b|ab)*$ found
RequestHeader edit X-E ^(a+)+$ matched
RequestHeader edit X-Look "^(?=a)(a+)+$" matched
RequestHeader edit X-Look "^(a+)+\\Z" matched
RequestHeader edit X-Look "^(a+){20,}$" matched
RequestHeader edit X-Look "(?i)^(a+)+(b)?\\2$" matched
RewriteEngine On
RewriteCond %{HTTP:X-Cond} ^(a|aa)+$
RewriteRule ^/cond /matched [PT]
RewriteRule ^/rule/(a+)+$ /matched [PT]
<LocationMatch ^/section/(a*)*$>
  Require all denied
</LocationMatch>
<If "%{HTTP:X-If} =~ /^(a+)+$/">
  Require all denied
</If>
RedirectMatch ^/redirect/([a-z]+)*$ /elsewhere
ProxyPassMatch ^/match/(.*a)*$ http://127.0.0.1:${port}/matched
<Location /open>
  ProxyPass http://127.0.0.1:${port}
</Location>
ProxyPass /redirect !
ProxyPass / http://127.0.0.1:${port}/`;
    appliance = await Appliance.start(text);
  });

  after(async function () {
    this.timeout(120_000);
    await appliance.stop();
    await new Promise((resolve) => origin.close(resolve));
  });

  for (const [what, path, headers] of [
    ['of SetEnvIf', '/open', { 'x-env': BAD }],
    ['of RequestHeader edit', '/open', { 'x-e': BAD }],
    ['of SetEnvIfNoCase', '/open', { 'x-env': BAD }],
    ['of BrowserMatchNoCase', '/open', { 'user-agent': BAD }],
    ['that looks around, refers or counts', '/open', { 'x-look': BAD }],
    ['of RewriteCond', '/cond', { 'x-cond': BAD }],
    ['of RewriteRule', `/rule/${BAD}`, {}],
    ['of LocationMatch', `/section/${BAD}`, {}],
    ['of an expression', '/open', { 'x-if': BAD }],
    ['of RedirectMatch', `/redirect/${BAD}`, {}],
    ['of ProxyPassMatch', `/match/${'a'.repeat(60)}`, {}],
  ] as [string, string, Record<string, string>][])
    it(`${what} does not hold the worker`, async () => {
      const { status } = await appliance.ask(path, { headers });
      assert.equal(status, what === 'of RedirectMatch' ? 404 : 200);
      assert.equal((await appliance.ask('/open/other')).status, 200);
    }).timeout(120_000);
});
