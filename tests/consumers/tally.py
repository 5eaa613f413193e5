"""Adds up what test runners ran, for the closing lines of scripts/test, scripts/acceptance and .ci/run.

    tally.py KIND FILE EXIT [KIND FILE EXIT]...

KIND is what ended with EXIT and left FILE:

    cargo       cargo test, its output
    pytest      pytest, its report as XML
    acceptance  the same, where all tests may be skipped
    closed      a script that ended with the closing line of this program, its output

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
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


@dataclass
class Tally:
    """The sums of one runner, and lines about what failed or did not run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)

    def close(self, runner: str, status: int, may_skip_all: bool = False) -> None:
        """A bad end that no test accounts for counts as one failure; so does a run without a test."""
        if self.passed + self.failed + (self.skipped if may_skip_all else 0) == 0:
            self.notes.append(f"failed: {runner} ran no test (exit {status})")
            self.failed += 1
        elif status != 0 and self.failed == 0:
            self.notes.append(f"failed: {runner} ended with exit {status}, though no test failed")
            self.failed += 1


def of_cargo(log: Path, status: int) -> Tally:
    tally = Tally()
    for line in ANSI.sub("", log.read_text(errors="replace")).splitlines():
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


def of_pytest(report: Path, status: int, may_skip_all: bool = False) -> Tally:
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
    tally.close("pytest", status, may_skip_all)
    return tally


def of_acceptance(report: Path, status: int) -> Tally:
    return of_pytest(report, status, may_skip_all=True)


def of_closed(log: Path, status: int) -> Tally:
    """What it named is on its own output already: only the sums are taken."""
    tally = Tally()
    lines = log.read_text(errors="replace").splitlines()
    if closing := CLOSING.match(lines[-1] if lines else ""):
        tally.passed, tally.failed, tally.skipped = map(int, closing.groups())
    tally.close(log.stem, status, may_skip_all=True)
    return tally


KINDS = {"cargo": of_cargo, "pytest": of_pytest, "acceptance": of_acceptance, "closed": of_closed}


def main(*words: str) -> int:
    tallies = [
        KINDS[kind](Path(file), int(status)) for kind, file, status in zip(words[::3], words[1::3], words[2::3], strict=True)
    ]
    for note in sorted(note for tally in tallies for note in tally.notes):
        print(note)
    passed, failed, skipped = (sum(getattr(t, name) for t in tallies) for name in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
