const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

/** Where `.ci/run` finds the line. */
const SUMMARY_FILE = join(__dirname, '..', '..', '.cache', 'test', 'summary');

/** Ends a run with `N passed, N failed, N skipped`; a skipped test makes the run red, as it proves nothing. */
class SummaryReporter {
  constructor(globalConfig) {
    // With a name pattern all other tests count as skipped: that is what was asked for.
    this.partial = Boolean(globalConfig.testNamePattern);
    this.skipped = 0;
  }

  onRunComplete(_contexts, results) {
    this.skipped = results.numPendingTests + results.numTodoTests;
    // A file that could not be loaded has no tests to count, so it counts itself.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const line = `${results.numPassedTests} passed, ${failed} failed, ${this.skipped} skipped\n`;
    mkdirSync(dirname(SUMMARY_FILE), { recursive: true });
    writeFileSync(SUMMARY_FILE, line);
    process.stderr.write(line);
  }

  getLastError() {
    if (this.skipped > 0 && !this.partial) return new Error(`${this.skipped} tests were skipped: run them or delete them.`);
  }
}

module.exports = SummaryReporter;
