/**
 * A soak as a picture: memory above, descriptors below, over the minutes of the run, with a mark for each reload and each
 * member that was killed. Plain SVG text, as the bench's chart.
 */
import type { Sample } from './samples.js';

const WIDTH = 900;
const LEFT = 70;
const RIGHT = 20;
const PANEL = 220;
const TOP = 104;
const BETWEEN = 60;

interface Line {
  name: string;
  colour: string;
  of(sample: Sample): number;
}

const MEMORY: readonly Line[] = [
  { name: 'all processes', colour: '#adb5bd', of: (s) => s.treeBytes / 1e6 },
  { name: 'serving edge process', colour: '#0b7285', of: (s) => s.edgeBytes / 1e6 },
  { name: 'supervisor', colour: '#e8590c', of: (s) => s.supervisorBytes / 1e6 },
];
const DESCRIPTORS: readonly Line[] = [
  { name: 'all processes', colour: '#adb5bd', of: (s) => s.treeDescriptors },
  { name: 'serving edge process', colour: '#0b7285', of: (s) => s.edgeDescriptors },
];

export function soakChart(samples: readonly Sample[], caption: string): string {
  const height = TOP + 2 * PANEL + BETWEEN + 50;
  const style =
    'text{font:13px system-ui,sans-serif;fill:#212529}.b{font-weight:600}.s{font-size:11px;fill:#495057}';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>Memory and descriptors over a soak</title><style>${style}</style>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff" rx="6"/>`,
    '<text x="16" y="28" class="b" style="font-size:16px">Memory and descriptors over a soak</text>',
    `<text x="16" y="48" class="s">${caption}</text>`,
    '<text x="16" y="66" class="s">grey marks: reloads; red: a member killed</text>',
    panel(samples, MEMORY, TOP, 'MB'),
    panel(samples, DESCRIPTORS, TOP + PANEL + BETWEEN, 'open descriptors'),
    '</svg>',
    '',
  ].join('\n');
}

function panel(samples: readonly Sample[], lines: readonly Line[], top: number, unit: string): string {
  const last = Math.max(samples.at(-1)?.at ?? 0, 1);
  const most = roundUp(Math.max(1, ...samples.flatMap((s) => lines.map((line) => line.of(s)))));
  const x = (seconds: number): string => (LEFT + (seconds / last) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string => (top + PANEL - (value / most) * PANEL).toFixed(1);
  const parts: string[] = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const value = most * share;
    parts.push(`<path d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}" stroke="#e9ecef"/>`);
    parts.push(
      `<text x="${LEFT - 8}" y="${Number(y(value)) + 4}" text-anchor="end" class="s">${Math.round(value)}</text>`,
    );
  }
  for (const { at, events } of samples) {
    if (events.length === 0) continue;
    const colour = events.some((event) => event.includes('killed')) ? '#fa5252' : '#ced4da';
    parts.push(`<path d="M${x(at)} ${top + PANEL}v6" stroke="${colour}" stroke-width="2"/>`);
  }
  for (const [i, line] of lines.entries()) {
    const points = samples.map((s) => `${x(s.at)},${y(line.of(s))}`).join(' ');
    parts.push(`<polyline points="${points}" fill="none" stroke="${line.colour}" stroke-width="1.5"/>`);
    const at = LEFT + 140 + i * 190;
    parts.push(`<rect x="${at}" y="${top - 20}" width="14" height="4" fill="${line.colour}"/>`);
    parts.push(`<text x="${at + 20}" y="${top - 14}" class="s">${line.name}</text>`);
  }
  parts.push(`<text x="${LEFT}" y="${top - 12}" class="b">${unit}</text>`);
  const minutes = last / 60;
  const step = minutes > 12 ? 5 : 1;
  for (let minute = 0; minute <= minutes; minute += step)
    parts.push(
      `<text x="${x(minute * 60)}" y="${top + PANEL + 20}" text-anchor="middle" class="s">${minute} min</text>`,
    );
  return parts.join('\n');
}

/** To a number that divides well. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / (unit / 2)) * (unit / 2);
}
