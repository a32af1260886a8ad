/**
 * The usual mistakes with ProxyPass, which httpd takes without a word: a line that is never reached because an earlier one
 * takes all its requests, and a path that ends in a slash with a URL that does not.
 *
 * Thread: whichever reads the configuration.
 */
import type { ProxyPassSettings, ServerSettings } from '../settings.js';

/** One sentence a mistake, without repetition for vhosts that inherit the line. */
export function lintProxyPass(servers: readonly ServerSettings[]): string[] {
  const found = new Set<string>();
  for (const { proxyPass } of servers) {
    proxyPass.forEach((pass, at) => {
      const earlier = proxyPass.slice(0, at).find((other) => covers(other, pass));
      if (earlier !== undefined) found.add(hiddenText(pass, earlier));
      const slash = slashText(pass);
      if (slash !== undefined) found.add(slash);
    });
  }
  return [...found];
}

/** Does a line take every request that the other would take? */
function covers(earlier: ProxyPassSettings, later: ProxyPassSettings): boolean {
  if (earlier.kind !== 'prefix' || later.kind !== 'prefix') return false;
  if (!later.path.startsWith(earlier.path)) return false;
  return (
    earlier.path.endsWith('/') ||
    later.path.length === earlier.path.length ||
    later.path[earlier.path.length] === '/'
  );
}

function hiddenText(later: ProxyPassSettings, earlier: ProxyPassSettings): string {
  const what = later.target === undefined ? `ProxyPass ${later.path} !` : `ProxyPass ${later.path}`;
  const why = `ProxyPass ${earlier.path} (${earlier.at}) takes its requests`;
  return `${what} (${later.at}) is never reached: ${why}; put the longer path first`;
}

function slashText(pass: ProxyPassSettings): string | undefined {
  const { target, path } = pass;
  if (target === undefined || pass.kind !== 'prefix' || !path.endsWith('/')) return undefined;
  const url =
    target.kind === 'balancer'
      ? `${target.name}${target.path}`
      : target.kind === 'url'
        ? target.url
        : undefined;
  const end = target.kind === 'member' ? target.path : url;
  if (end === undefined || end.endsWith('/') || /[$?]/.test(end)) return undefined;
  // Without a path at all the rest of the request would become part of the host's or balancer's name.
  const example = `${path}x would go to ${url ?? 'its host'}${target.kind === 'member' ? target.path : ''}x`;
  return `ProxyPass ${path} (${pass.at}): the path ends in a slash and the URL does not: ${example}`;
}
