/**
 * A number that pages, `?auto` and metrics all show: one row says how each of them names it, so that all have the same ones
 * in the same order. Any thread.
 */
export interface Figure<Counts> {
  of: keyof Counts;
  /** Key of server-status?auto. */
  key: string;
  /** Name of the metric, after `drover_`; one that ends in `_total` is a counter, others are gauges. */
  metric: string;
  /** In words, for the page. */
  label: string;
  help: string;
}
