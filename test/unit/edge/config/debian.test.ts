/**
 * The configuration that Debian's httpd package installs, read as it lies on disk with the modules that a guide enables,
 * and the guide's site. The layout is copied, since a test changes nothing outside its own directory.
 */
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../../../edge/config/read.js';

const INSTALLED = '/etc/apache2';
const ENABLED = ['headers', 'proxy', 'proxy_http', 'proxy_balancer', 'lbmethod_byrequests', 'slotmem_shm'];

/** As in guides: a site of two members with sticky sessions set by the balancer itself. */
const SITE = `<VirtualHost *:80>
    ServerName www.example.com
    ErrorLog \${APACHE_LOG_DIR}/error.log
    CustomLog \${APACHE_LOG_DIR}/access.log combined
    ProxyRequests off
    ProxyPreserveHost on
    <Proxy balancer://default>
        ProxySet lbmethod=byrequests
        ProxySet stickysession=BALANCEID
        BalancerMember http://10.0.0.1:8080 route=web1 retry=60 timeout=300 connectiontimeout=25
        BalancerMember http://10.0.0.2:8080 route=web2 retry=60 timeout=300 connectiontimeout=25
        Require all granted
    </Proxy>
    ProxyPass /balancer-manager !
    <Location /balancer-manager>
        SetHandler balancer-manager
        Require ip 127.0.0.1
    </Location>
    ProxyPass / balancer://default/
    ProxyPassReverse / balancer://default/
    Header add Set-Cookie "BALANCEID=balancer.%{BALANCER_WORKER_ROUTE}e; path=/;" env=BALANCER_ROUTE_CHANGED
</VirtualHost>
`;

describe('the configuration of Debian', () => {
  let directory = '';
  before(function () {
    if (existsSync(join(INSTALLED, 'mods-available/proxy.load'))) {
      directory = mkdtempSync(join(tmpdir(), 'drover-debian-'));
      return;
    }
    assert.notEqual(process.env['CI'], 'true', 'CI must have apache2');
    console.log(`      ${INSTALLED} has no package's files: nothing to read`);
    this.skip();
  });
  after(() => {
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  /** As `a2enmod` and `a2ensite` leave it. */
  function installed(site: string): string {
    const root = join(directory, 'apache2');
    rmSync(root, { recursive: true, force: true });
    cpSync(INSTALLED, root, { recursive: true, verbatimSymlinks: true });
    rmSync(join(root, 'sites-enabled'), { recursive: true, force: true });
    mkdirSync(join(root, 'sites-enabled'));
    writeFileSync(join(root, 'sites-available/000-default.conf'), site);
    symlinkSync('../sites-available/000-default.conf', join(root, 'sites-enabled/000-default.conf'));
    for (const name of ENABLED) {
      for (const end of ['load', 'conf']) {
        const [from, to] = [`../mods-available/${name}.${end}`, join(root, `mods-enabled/${name}.${end}`)];
        if (existsSync(join(root, `mods-available/${name}.${end}`)) && !existsSync(to)) symlinkSync(from, to);
      }
    }
    return join(root, 'apache2.conf');
  }

  function read(file: string): ReturnType<typeof readConfiguration> {
    const env = {
      APACHE_RUN_USER: 'www-data',
      APACHE_RUN_GROUP: 'www-data',
      APACHE_PID_FILE: join(directory, 'apache2.pid'),
      APACHE_RUN_DIR: directory,
      APACHE_LOCK_DIR: directory,
      APACHE_LOG_DIR: directory,
    };
    return readConfiguration({ file, defines: [], before: [], after: [], env, program: 'drover' });
  }

  it('is read as it lies on disk, with the site of a guide', () => {
    const result = read(installed(SITE));
    assert.equal(result.errors === undefined ? '' : result.text(false), '');
    const { settings } = result;
    assert.equal(settings?.user, 'www-data');
    assert.equal(settings.pidFile, join(directory, 'apache2.pid'));
    assert.deepEqual(
      settings.listens.map((listen) => listen.port),
      [80],
    );
    assert.deepEqual(
      settings.servers.map((server) => server.name),
      ['', 'www.example.com'],
    );
    assert.deepEqual(
      settings.balancers.map((balancer) => balancer.members.length),
      [2],
    );
    const [log] = settings.servers[1]?.accessLogs ?? [];
    assert.match(log?.format.source ?? '', /^%h %l %u %t .*User-Agent/, 'combined is what apache2.conf says');
    assert.equal(
      settings.modules.some((module) => module.name === 'proxy_balancer_module'),
      true,
    );
    assert.equal(
      settings.modules.some((module) => module.name === 'ssl_module'),
      false,
    );
  });

  it('refuses words of a module that is not enabled', () => {
    const result = read(installed(`${SITE}RewriteEngine On\n`));
    const lines = SITE.split('\n').length;
    const [first, second] = (result.errors === undefined ? '' : result.text(false)).split('\n');
    assert.match(
      first ?? '',
      new RegExp(`^AH00526: Syntax error on line ${lines} of .*/sites-enabled/000-default.conf:$`),
    );
    assert.match(second ?? '', /^Invalid command 'RewriteEngine', perhaps misspelled/);
  });

  it('names what is without effect', () => {
    const { settings } = read(installed(SITE));
    const words = new Set(settings?.notes.map((note) => note.word));
    for (const word of ['Directory', 'AccessFileName']) assert.ok(words.has(word), word);
    assert.ok(readFileSync(join(directory, 'apache2/apache2.conf'), 'utf8').includes('<Directory'));
  });
});
