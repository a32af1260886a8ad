/**
 * Varnish with one pool of threads, for what is cached. It writes no access log itself: varnishncsa does, and is counted with it,
 * because whoever wants the log pays for both. A shell holds the two and ends them together.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Peer, REQUEST_RULE, RESPONSE_RULE, SERVER_NAME, type Site, USUAL_CACHE } from './peer.js';
import { versionOf } from './version.js';

const LOG_FORMAT = '%h %l %u %t "%r" %s %b "%{Referer}i" "%{User-agent}i"';

export const varnish: Peer = {
  name: 'varnish',
  takesPart: ({ isCached, isTls }) => isCached === true && !isTls,
  version: () => versionOf('varnishd', '-V', /varnish-([\d.]+)/),
  prepare(site) {
    const { directory, port } = site;
    const vcl = join(directory, 'site.vcl');
    writeFileSync(vcl, vclText(site));
    const script = join(directory, 'varnish.sh');
    const server =
      `varnishd -F -j none -n ${directory}/run -a 127.0.0.1:${port} -f ${vcl} -s malloc,${site.cacheBytes ?? USUAL_CACHE} ` +
      '-p thread_pools=1 -p thread_pool_min=100 -p thread_pool_max=2000 -p listen_depth=4096';
    const log = `varnishncsa -n ${directory}/run -t off -w ${directory}/access.log -F '${LOG_FORMAT}'`;
    const ends = "trap 'kill $server $log' TERM INT";
    writeFileSync(script, `${server} &\nserver=$!\n${log} &\nlog=$!\n${ends}\nwait $server\nwait\n`);
    return { command: 'sh', arguments: [script] };
  },
};

function vclText({ members, isRich }: Site): string {
  const backends = members.map(
    (member, index) => `backend m${index} { .host = "127.0.0.1"; .port = "${member}"; }`,
  );
  return `vcl 4.1;
import directors;
${backends.join('\n')}
sub vcl_init {
  new pool = directors.round_robin();
${members.map((_, index) => `  pool.add_backend(m${index});`).join('\n')}
}
sub vcl_recv { set req.backend_hint = pool.backend(); }
sub vcl_backend_fetch {
  set bereq.http.X-Forwarded-Host = bereq.http.Host;
  set bereq.http.X-Forwarded-Server = "${SERVER_NAME}";
${isRich ? `  set bereq.http.${REQUEST_RULE.name} = "${REQUEST_RULE.value}";` : ''}
}
sub vcl_deliver {
${isRich ? `  set resp.http.${RESPONSE_RULE.name} = "${RESPONSE_RULE.value}";` : '  unset resp.http.X-Varnish;'}
}
`;
}
