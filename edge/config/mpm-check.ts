/**
 * The numbers of the process model against each other, in httpd's words: each is put right and told, none is refused.
 *
 * Source: httpd 2.4.71, mpm event, messages as observed at configtest.
 */
/** said  values by directive; returns lines for standard error */
export function checkProcessModel(said: ReadonlyMap<string, number>): string[] {
  const warnings: string[] = [];
  const threadLimit = Math.max(1, said.get('ThreadLimit') ?? 64);
  let threads = said.get('ThreadsPerChild') ?? 25;
  if (threads > threadLimit) {
    warnings.push(
      `AH00507: WARNING: ThreadsPerChild of ${threads} exceeds ThreadLimit of ${threadLimit} threads, decreasing to ` +
        `${threadLimit}. To increase, please see the ThreadLimit directive.`,
    );
    threads = threadLimit;
  } else if (threads < 1) {
    warnings.push(`AH00509: WARNING: ThreadsPerChild of ${threads} not allowed, increasing to 1`);
    threads = 1;
  }
  const workers = said.get('MaxRequestWorkers');
  if (workers !== undefined && workers < threads) {
    warnings.push(
      `AH00511: WARNING: MaxRequestWorkers of ${workers} is less than ThreadsPerChild of ${threads}, increasing to ` +
        `${threads}. MaxRequestWorkers must be at least as large as the number of threads in a single server.`,
    );
  }
  const start = said.get('StartServers');
  if (start !== undefined && start < 1) {
    warnings.push(`AH00517: WARNING: StartServers of ${start} not allowed, increasing to 1.`);
  }
  return warnings;
}
