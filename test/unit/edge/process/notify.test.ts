import assert from 'node:assert/strict';
import { notifierOf, notifyWords } from '../../../../edge/process/notify.js';

describe('the words for the service manager', () => {
  it('say ready with the pid of the supervisor', () => {
    assert.deepEqual(notifyWords('ready', 'serving', 42), ['READY=1', 'MAINPID=42', 'STATUS=serving']);
  });

  it('give the clock with reloading', () => {
    const words = notifyWords('reloading', 'x', 42);
    assert.equal(words[0], 'RELOADING=1');
    assert.match(words[1] ?? '', /^MONOTONIC_USEC=\d+$/);
  });

  it('say stopping', () => {
    assert.deepEqual(notifyWords('stopping', 'bye', 42), ['STOPPING=1', 'STATUS=bye']);
  });

  it('keep a status on one line, so that it cannot become an assignment', () => {
    assert.deepEqual(notifyWords('degraded', 'a\nREADY=1', 42), ['STATUS=a READY=1']);
  });

  it('are not sent where nobody asked for them', () => {
    const problems: string[] = [];
    notifierOf({}, (problem) => problems.push(problem))('ready', 'serving');
    assert.deepEqual(problems, []);
  });
});
