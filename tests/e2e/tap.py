"""Runs the unittest cases of a module and reports them as TAP.

    if __name__ == "__main__":
        tap.main()

A test case may have a method `diagnostics()` that returns text, such as the
end of a server's log; it is shown below each of its failures.
"""

import sys
import unittest


class TapResult(unittest.TestResult):
    """Prints one line for each test, and its failures below it. Failures are
    collected until the end of the test: one with subtests can fail several times."""

    def __init__(self):
        super().__init__()
        self.count = 0
        self.failed = 0
        self._begin()

    def _begin(self):
        self._problems = []
        self._skip = None

    def stopTest(self, test):
        super().stopTest(test)
        self._print(test)
        self._begin()

    def addError(self, test, err):
        self._problem(test, err)
        # A failed setUpClass or setUpModule comes without startTest.
        if not isinstance(test, unittest.TestCase):
            self._print(test)
            self._begin()

    def addFailure(self, test, err):
        self._problem(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._problem(subtest, err)

    def addSkip(self, test, reason):
        self._skip = reason
        if not isinstance(test, unittest.TestCase):
            self._print(test)
            self._begin()

    def addUnexpectedSuccess(self, test):
        self._problems.append("passed, though marked as an expected failure")

    def _problem(self, test, err):
        text = self._exc_info_to_string(err, test)
        if isinstance(test, unittest.case._SubTest):
            text = test._subDescription() + "\n" + text
        self._problems.append(text)

    def _print(self, test):
        self.count += 1
        name = test.id().replace("#", "")
        if self._problems:
            self.failed += 1
            print(f"not ok {self.count} - {name}")
            for text in self._problems:
                comment(text)
            if hasattr(test, "diagnostics"):
                comment(test.diagnostics())
        else:
            skip = "" if self._skip is None else f" # SKIP {self._skip}"
            print(f"ok {self.count} - {name}{skip}")
        sys.stdout.flush()

    def wasSuccessful(self):
        return self.failed == 0


def comment(text):
    """Prints `text` as TAP diagnostics."""
    for line in text.rstrip("\n").split("\n"):
        print(f"# {line}")
    sys.stdout.flush()


def main():
    """Runs the tests of the main module, or those named on the command line
    (`Class` or `Class.test_method`), and exits with 0 if all have passed."""
    loader = unittest.defaultTestLoader
    module = sys.modules["__main__"]
    if len(sys.argv) > 1:
        suite = loader.loadTestsFromNames(sys.argv[1:], module)
    else:
        suite = loader.loadTestsFromModule(module)
    result = TapResult()
    suite.run(result)
    print(f"1..{result.count}")
    # An empty run fails, too: it means that no test was found.
    sys.exit(0 if result.count > 0 and result.wasSuccessful() else 1)
