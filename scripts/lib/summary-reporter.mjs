import { writeFileSync } from 'node:fs';

/** A jest reporter that writes the counts to the file that `TIDEMARK_TEST_SUMMARY` names, so that they can be the last line. */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const file = process.env.TIDEMARK_TEST_SUMMARY;
    if (file === undefined) return;
    // A test file that could not even be loaded has no failed test: it counts as one.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const pending = results.numPendingTests + results.numTodoTests;
    writeFileSync(file, JSON.stringify({ passed: results.numPassedTests, failed, pending }));
  }
}
