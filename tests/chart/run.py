"""run.py [FILTER]: runs the chart's tests, those whose name contains FILTER.

Their sum is told as cargo tells it, so that the test command can add it to its own.
"""

import os
import sys
import unittest
from pathlib import Path


def chosen(tests, wanted: str):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from chosen(test, wanted)
        elif wanted in test.id():
            yield test


def main() -> int:
    for needed in ("VESTNIK_TEST_HELM", "VESTNIK_TEST_PROGRAM"):
        if not os.access(os.environ.get(needed, ""), os.X_OK):
            sys.exit(f"{needed} names no program; `tests/run --help` says what it is")
    here = str(Path(__file__).parent)
    found = unittest.defaultTestLoader.discover(here, pattern="test_*.py")
    tests = unittest.TestSuite(chosen(found, sys.argv[1] if len(sys.argv) > 1 else ""))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
    # A test with several wrong parts is one failed test.
    failed = len({test.id().split(" ")[0] for test, _ in result.failures + result.errors})
    passed = result.testsRun - failed - len(result.skipped)
    verdict = "FAILED" if failed else "ok"
    print(f"test result: {verdict}. {passed} passed; {failed} failed; {len(result.skipped)} ignored")
    return 1 if failed else 0


sys.exit(main())
