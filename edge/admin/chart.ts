/**
 * Small charts as inline SVG: an area of what happened, and a line of marks where something failed. Only presentation
 * attributes, so that a strict Content-Security-Policy lets them be. Pure.
 */
import type { Sample } from './history.js';
import { SAMPLES } from './history.js';

/** Units of the drawing; the page scales it. */
export const CHART_WIDTH = SAMPLES;
export const CHART_HEIGHT = 40;

export interface ChartPaths {
  /** `d` of the area under the rate of requests. */
  area: string;
  /** `d` of the line above it. */
  line: string;
  /** `d` of the marks where requests failed. */
  marks: string;
  /** Highest rate, in requests per second. */
  peak: number;
}

/** The newest sample stands at the right edge. */
export function chartPaths(samples: readonly Sample[], secondsPerSample: number): ChartPaths {
  const rates = samples.map(({ requests }) => requests / secondsPerSample);
  const peak = Math.max(...rates, 0);
  const top = Math.max(peak, 1);
  const left = CHART_WIDTH - samples.length;
  const y = (rate: number): string => (CHART_HEIGHT - 2 - (rate / top) * (CHART_HEIGHT - 6)).toFixed(1);
  const points = rates.map((rate, i) => `${left + i + 0.5} ${y(rate)}`);
  const line = points.length < 2 ? '' : `M${points.join('L')}`;
  const floor = CHART_HEIGHT - 2;
  const area = line === '' ? '' : `${line}L${CHART_WIDTH - 0.5} ${floor}L${left + 0.5} ${floor}Z`;
  const marks = samples
    .map(({ errors }, i) => (errors > 0 ? `M${left + i + 0.5} ${CHART_HEIGHT - 1}v-5` : ''))
    .join('');
  return { area, line, marks, peak };
}
