import assert from 'node:assert/strict';
import type { LogTarget } from '../../../../edge/log/format.js';
import { redirectStandardOutput, STDOUT_FD } from '../../../../edge/process/standard-output.js';
import type { ServerSettings, Settings } from '../../../../edge/settings.js';

function targetsAfter(
  errorLog: LogTarget,
  accessLog: LogTarget,
): [LogTarget | undefined, LogTarget | undefined] {
  const server = { errorLog, accessLogs: [{ target: accessLog }] } as unknown as ServerSettings;
  const moved = redirectStandardOutput({ servers: [server] } as unknown as Settings).servers[0];
  return [moved?.errorLog, moved?.accessLogs[0]?.target];
}

const THERE: LogTarget = { kind: 'file', path: `/dev/fd/${STDOUT_FD}` };

describe('a log on standard output', () => {
  it('is moved to the number that standard output has in an edge process', () => {
    const out: LogTarget = { kind: 'file', path: '/dev/stdout' };
    assert.deepEqual(targetsAfter(out, { kind: 'file', path: '/proc/self/fd/1' }), [THERE, THERE]);
  });

  it('is told from any other log', () => {
    const file: LogTarget = { kind: 'file', path: '/var/log/x' };
    const stderr: LogTarget = { kind: 'stderr' };
    assert.deepEqual(targetsAfter(stderr, file), [stderr, file]);
  });
});
