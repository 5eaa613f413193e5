"""Adds up what cargo test and pytest ran, for the closing line of scripts/test.

    tally.py CARGO_LOG CARGO_EXIT PYTEST_XML PYTEST_EXIT

Names each test that did not run, with the reason, then prints
`N passed, N failed, N skipped` as the last line. Exits 1 on any failure, on a
run that ended badly though no test failed, and on one that ran no test.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ANSI = re.compile(r"\x1b\[[0-9;]*m")
RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;")
IGNORED = re.compile(r"^test (.+) \.\.\. ignored(?:, (.*))?$")
FAILED = re.compile(r"^test (.+) \.\.\. FAILED$")


@dataclass
class Tally:
    """The sums of one runner, and lines about what failed or did not run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)

    def close(self, runner: str, status: int) -> None:
        """A bad end that no test accounts for counts as one failure; so does a run without a test."""
        if self.passed + self.failed == 0:
            self.notes.append(f"failed: {runner} ran no test (exit {status})")
            self.failed += 1
        elif status != 0 and self.failed == 0:
            self.notes.append(f"failed: {runner} ended with exit {status}, though no test failed")
            self.failed += 1


def of_cargo(log: str, status: int) -> Tally:
    tally = Tally()
    for line in ANSI.sub("", log).splitlines():
        if result := RESULT.match(line):
            passed, failed, ignored = map(int, result.groups())
            tally.passed += passed
            tally.failed += failed
            tally.skipped += ignored
        elif ignored := IGNORED.match(line):
            tally.notes.append(f"skipped: {ignored[1]}: {ignored[2] or 'no reason given'}")
        elif failed := FAILED.match(line):
            tally.notes.append(f"failed: {failed[1]}")
    tally.close("cargo test", status)
    return tally


def of_pytest(report: Path, status: int) -> Tally:
    tally = Tally()
    if report.is_file() and report.stat().st_size > 0:
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            name = f"{case.get('classname', '')}::{case.get('name', '')}".lstrip(":")
            if case.find("failure") is not None or case.find("error") is not None:
                tally.failed += 1
                tally.notes.append(f"failed: {name}")
            elif (skipped := case.find("skipped")) is not None:
                tally.skipped += 1
                tally.notes.append(f"skipped: {name}: {skipped.get('message') or 'no reason given'}")
            else:
                tally.passed += 1
    tally.close("pytest", status)
    return tally


def main(cargo_log: str, cargo_status: str, pytest_report: str, pytest_status: str) -> int:
    tallies = [
        of_cargo(Path(cargo_log).read_text(errors="replace"), int(cargo_status)),
        of_pytest(Path(pytest_report), int(pytest_status)),
    ]
    for note in sorted(note for tally in tallies for note in tally.notes):
        print(note)
    passed, failed, skipped = (sum(getattr(t, name) for t in tallies) for name in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
