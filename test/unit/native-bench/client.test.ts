/** Reading of the load clients' reports. */
import assert from 'node:assert/strict';
import { parseHandshakes, parseWrk } from '../../../native-bench/client.js';

const REPORT = `Running 3s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.02ms  512.00us  11.90ms   80.11%
    Req/Sec    61.00k     2.10k   65.00k    70.00%
  Latency Distribution
     50%    0.98ms
     75%    1.20ms
     90%    1.51ms
     99%  842.00us
  183412 requests in 3.00s, 25.01MB read
Requests/sec:  61137.33
Transfer/sec:      8.34MB
`;

describe('parseWrk', () => {
  it('reads count, time and 99th percentile in their units', () => {
    assert.deepEqual(parseWrk(REPORT), { completed: 183_412, seconds: 3, p99: 0.842 });
  });

  it('reads minutes and seconds, which wrk pads with a blank', () => {
    const long = REPORT.replace('in 3.00s', 'in 1.50m').replace('842.00us', '1.25s ');
    assert.deepEqual(parseWrk(long), { completed: 183_412, seconds: 90, p99: 1250 });
  });

  it('throws when responses were not successes', () => {
    const failed = `${REPORT}\n  Non-2xx or 3xx responses: 12\n`;
    assert.throws(() => parseWrk(failed), /requests failed: Non-2xx or 3xx responses: 12/);
  });

  it('throws on socket errors', () => {
    const failed = `${REPORT}\n  Socket errors: connect 0, read 3, write 0, timeout 0\n`;
    assert.throws(() => parseWrk(failed), /read 3/);
  });
});

describe('parseHandshakes', () => {
  it('reads the count of connections', () => {
    assert.equal(
      parseHandshakes(
        '\n\n1741 connections in 0.91s; 1913.19 …\n1741 connections in 3 real seconds, 0 bytes\n',
      ),
      1741,
    );
  });

  it('throws when there were none', () => {
    assert.throws(() => parseHandshakes('0 connections in 3 real seconds'), /no handshake succeeded/);
  });
});
