/**
 * Reporter of the runs that decide over a commit: as mocha's own, and at the end it names each test that failed and
 * passed when it was tried again (--retries), with the error of the first time. Such a test has a race, or has found one:
 * it is a defect like a failed one, only that it does not hold up what else there is. Used by .ci/run alone.
 */
import Mocha = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_PASS, EVENT_TEST_RETRY } = Mocha.Runner.constants;

class SecondTry extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const failed = new Map<string, Error>();
    const passed: string[] = [];
    runner.on(EVENT_TEST_RETRY, (test, error) => failed.set(test.fullTitle(), error));
    runner.on(EVENT_TEST_PASS, (test) => {
      if (failed.has(test.fullTitle())) passed.push(test.fullTitle());
    });
    runner.once(EVENT_RUN_END, () => {
      if (passed.length > 0) console.log(`  ${passed.length} at the second try only\n`);
      for (const title of passed) console.log(`  - ${title}\n    ${failed.get(title)?.stack}\n`);
    });
  }
}

export = SecondTry;
