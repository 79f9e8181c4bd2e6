"""Runs the judge's tests and tells jest about them: one JSON object for each test, on stdout.

With --list, prints the names alone. The SDK prints its progress to stdout too, so the tests' own stdout goes to stderr.
"""

import json
import sys
import unittest

HERE = __file__.rsplit("/", 1)[0]
out = sys.stdout
sys.stdout = sys.stderr


class Reporter(unittest.TestResult):
    def tell(self, test, outcome, detail=""):
        print(json.dumps({"name": name_of(test), "outcome": outcome, "detail": detail}), file=out, flush=True)

    def addSuccess(self, test):
        self.tell(test, "passed")

    def addFailure(self, test, err):
        self.tell(test, "failed", self._exc_info_to_string(err, test))

    def addError(self, test, err):
        self.tell(test, "failed", self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        self.tell(test, "failed", f"skipped: {reason}")


def name_of(test):
    return test.id().split(".", 1)[1] if test.id().startswith("sdk.") else test.id()


def each(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


suite = unittest.TestLoader().discover(HERE + "/sdk", pattern="check_*.py", top_level_dir=HERE)
if "--list" in sys.argv:
    for test in each(suite):
        print(json.dumps({"name": name_of(test)}), file=out)
else:
    suite.run(Reporter())
