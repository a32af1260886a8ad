/** The page that a backend of the demonstration shows: who served it, and the request as it arrived there. Text only. */

export interface DemoPageFacts {
  name: string;
  colour: string;
  hits: number;
  requestLine: string;
  /** Name, value, name, value … */
  fields: readonly string[];
  restSeconds: number;
}

export function demoPage(facts: DemoPageFacts): string {
  const { name, colour, hits, requestLine, fields, restSeconds } = facts;
  const rows: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    rows.push(
      `<tr><th scope="row">${escapeHtml(fields[at] ?? '')}</th><td>${escapeHtml(fields[at + 1] ?? '')}</td></tr>`,
    );
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)} · drover demo</title>
<link rel="icon" href="data:,">
<style>
  :root { --own: ${colour}; color-scheme: light dark; }
  * { box-sizing: border-box; }
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
  header { background: var(--own); color: #fff; padding: 3rem 1.5rem 2.5rem; }
  header > * { max-width: 52rem; margin: 0 auto; }
  main { max-width: 55rem; margin: 0 auto; }
  header p { opacity: .9; }
  h1 { font-size: clamp(2rem, 6vw, 3.25rem); line-height: 1.1; margin: 0 auto .5rem; }
  main { padding: 1.5rem; }
  h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
  .actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: .5rem 0 0; }
  form { display: contents; }
  button, .actions a { font: inherit; font-weight: 600; padding: .5rem 1rem; border-radius: .5rem; cursor: pointer;
    border: 2px solid color-mix(in srgb, var(--own) 75%, CanvasText); background: transparent; color: inherit; text-decoration: none; }
  button:hover, .actions a:hover, button:focus-visible, .actions a:focus-visible { background: var(--own); color: #fff; }
  .hint { margin: .5rem 0 0; opacity: .8; font-size: .9rem; }
  .request { overflow-x: auto; border: 1px solid color-mix(in srgb, CanvasText 20%, transparent); border-radius: .5rem; }
  table { border-collapse: collapse; width: 100%; font: .85rem/1.5 ui-monospace, monospace; }
  caption { text-align: left; padding: .75rem 1rem; font-weight: 700; }
  th, td { text-align: left; vertical-align: top; padding: .3rem 1rem; border-top: 1px solid
    color-mix(in srgb, CanvasText 12%, transparent); overflow-wrap: anywhere; }
  th { white-space: nowrap; font-weight: 600; width: 1%; }
  @media (max-width: 40rem) {
    header { padding: 2rem 1.5rem 1.5rem; }
    th, td { display: block; width: auto; }
    td { border-top: 0; padding-top: 0; }
    th { padding-bottom: 0; }
  }
</style>
</head>
<body>
<header>
  <h1>Served by ${escapeHtml(name)}</h1>
  <p>This backend has answered ${hits} ${hits === 1 ? 'request' : 'requests'} since the demonstration began.</p>
</header>
<main>
  <div class="actions">
    <a href="/">Reload</a>
    <form method="post" action="/rest"><button>Send ${escapeHtml(name)} to rest</button></form>
    <button type="button" id="forget" hidden>Forget the session</button>
  </div>
  <p class="hint">A session cookie keeps you on ${escapeHtml(name)}. Forget it and the next request may go to another backend;
    send this one to rest for ${restSeconds} s and the balancer moves you on.</p>
  <h2>The request as it arrived here</h2>
  <div class="request"><table><caption>${escapeHtml(requestLine)}</caption>
${rows.join('\n')}
  </table></div>
</main>
<script>
  const forget = document.getElementById('forget');
  forget.hidden = false;
  forget.addEventListener('click', () => {
    document.cookie = 'ROUTEID=; path=/; max-age=0';
    location.assign('/');
  });
</script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
