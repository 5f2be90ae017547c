// A jest reporter: the last line of a test run is `N passed, N failed`, alone, for whatever counts it.
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    // A file that did not even load has failed, although none of its tests ran.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    console.log(`\n${results.numPassedTests} passed, ${failed} failed`);
  }
};
