/**
 * The report as a picture: one group of horizontal bars per scenario, the peers side by side in microseconds of
 * processor time per request, shorter is better. Each group has a scale of its own, since a handshake costs a dozen
 * requests; the number stands at the end of its bar and the spread is drawn as a thin line across it. Plain SVG text,
 * without a script or a font of its own, readable on light and dark pages.
 */
import type { PeerReport, ScenarioReport } from './report.js';

const WIDTH = 760;
const LABEL = 96;
const VALUE = 150;
const BAR = 18;
const GAP = 6;
const TITLE = 30;
const COLOURS: Record<string, string> = {
  drover: '#0b7285',
  nginx: '#8ce99a',
  haproxy: '#74c0fc',
  httpd: '#ffa8a8',
  varnish: '#d0bfff',
  floor: '#dee2e6',
};

export function chartOf(reports: readonly ScenarioReport[], caption: string): string {
  const parts: string[] = [];
  let top = 64;
  for (const report of reports) {
    parts.push(group(report, top));
    top += TITLE + report.peers.length * (BAR + GAP) + 18;
  }
  const style =
    'text{font:13px system-ui,sans-serif;fill:#212529}.b{font-weight:600}.s{font-size:11px;fill:#495057}';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" role="img">`,
    `<title>CPU time per request</title><style>${style}</style>`,
    `<rect width="${WIDTH}" height="${top}" fill="#fff" rx="6"/>`,
    '<text x="16" y="28" class="b" style="font-size:16px">CPU time per request, µs (shorter is better)</text>',
    `<text x="16" y="48" class="s">${escapeText(caption)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function group(report: ScenarioReport, top: number): string {
  const most = Math.max(...report.peers.map(({ cpu }) => cpu.max));
  const scale = (WIDTH - LABEL - VALUE - 32) / most;
  const bars = report.peers.map((peer, index) => bar(peer, top + TITLE + index * (BAR + GAP), scale));
  return [`<text x="16" y="${top + 20}" class="b">${escapeText(report.scenario)}</text>`, ...bars].join('\n');
}

function bar({ peer, cpu, ratio }: PeerReport, y: number, scale: number): string {
  const x = LABEL + 16;
  const at = (value: number): string => (x + value * scale).toFixed(1);
  const middle = y + BAR / 2;
  const aside = ratio === undefined ? '' : `  (drover ${ratio.median.toFixed(2)}×)`;
  return [
    `<text x="${x - 8}" y="${y + 14}" text-anchor="end"${peer === 'drover' ? ' class="b"' : ''}>${escapeText(peer)}</text>`,
    `<rect x="${x}" y="${y}" width="${(cpu.median * scale).toFixed(1)}" height="${BAR}" rx="2" fill="${COLOURS[peer] ?? '#ced4da'}"/>`,
    `<path d="M${at(cpu.min)} ${middle}H${at(cpu.max)}" stroke="#343a40" stroke-width="1.5"/>`,
    `<text x="${(x + cpu.max * scale + 8).toFixed(1)}" y="${y + 14}">${cpu.median.toFixed(1)}${aside}</text>`,
  ].join('\n');
}

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[letter] ?? letter);
}
