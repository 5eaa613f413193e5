"""The closing line of scripts/test counts truly, and nothing that went wrong adds up to a pass."""

import pytest
from tally import main

CARGO = """
running 4 tests
test a ... ok
test b ... ignored, needs an engine
test c ... \x1b[31mFAILED\x1b[m
test src/lib.rs - d (line 3) ... ignored
test result: FAILED. 1 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""
GREEN = "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
CASES = """<testsuites><testsuite><testcase classname="t" name="a"/>
<testcase classname="t" name="b"><skipped message="no engine here"/></testcase>
<testcase classname="t" name="c"><error message="x"/></testcase></testsuite></testsuites>"""
PASSING = '<testsuites><testsuite><testcase classname="t" name="a"/></testsuite></testsuites>'


@pytest.fixture
def tally(tmp_path, capsys):
    def run(cargo, cargo_status, report, pytest_status):
        (tmp_path / "log").write_text(cargo)
        if report is not None:
            (tmp_path / "xml").write_text(report)
        return summed("cargo", tmp_path / "log", cargo_status, "pytest", tmp_path / "xml", pytest_status)

    def summed(*words):
        code = main(*map(str, words))
        return code, capsys.readouterr().out.splitlines()

    run.summed = summed
    return run


def test_sums_both_runners_and_names_what_did_not_run(tally):
    assert tally(CARGO, 101, CASES, 1) == (
        1,
        [
            "failed: c",
            "failed: t::c",
            "skipped: b: needs an engine",
            "skipped: src/lib.rs - d (line 3): no reason given",
            "skipped: t::b: no engine here",
            "7 passed, 2 failed, 3 skipped",
        ],
    )


def test_a_clean_run_passes(tally):
    assert tally(GREEN, 0, PASSING, 0) == (0, ["6 passed, 0 failed, 0 skipped"])


@pytest.mark.parametrize(
    ("cargo", "cargo_status", "report", "pytest_status", "note"),
    [
        pytest.param("", 101, PASSING, 0, "cargo test ran no test (exit 101)", id="does-not-compile"),
        pytest.param("", 0, PASSING, 0, "cargo test ran no test (exit 0)", id="no-cargo-test"),
        pytest.param(GREEN, 101, PASSING, 0, "cargo test ended with exit 101", id="a-test-binary-aborted"),
        pytest.param(GREEN, 0, None, 5, "pytest ran no test (exit 5)", id="no-pytest"),
        pytest.param(GREEN, 0, PASSING, 3, "pytest ended with exit 3", id="pytest-broke"),
    ],
)
def test_a_bad_end_is_a_failure(tally, cargo, cargo_status, report, pytest_status, note):
    code, lines = tally(cargo, cargo_status, report, pytest_status)
    assert code == 1
    assert any(note in line for line in lines)
    assert ", 1 failed, " in lines[-1]


SKIPPING = """<testsuites><testsuite><testcase classname="t" name="b"><skipped message="no engine here"/></testcase></testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("report", "status", "last"),
    [
        pytest.param(SKIPPING, 0, "0 passed, 0 failed, 1 skipped", id="no-engine"),
        pytest.param(PASSING, 0, "1 passed, 0 failed, 0 skipped", id="an-engine"),
        pytest.param(SKIPPING, 3, "0 passed, 1 failed, 1 skipped", id="pytest-broke"),
        pytest.param("", 5, "0 passed, 1 failed, 0 skipped", id="nothing-collected"),
    ],
)
def test_acceptance_may_skip_all_but_not_lack_all(tally, tmp_path, report, status, last):
    (tmp_path / "xml").write_text(report)
    code, lines = tally.summed("acceptance", tmp_path / "xml", status)
    assert (code, lines[-1]) == (int(", 0 failed, " not in last), last)


@pytest.mark.parametrize(
    ("first", "first_status", "second", "second_status", "last"),
    [
        pytest.param("...\n9 passed, 0 failed, 1 skipped\n", 0, "x\n0 passed, 0 failed, 7 skipped\n", 0, "9 passed, 0 failed, 8 skipped", id="clean"),
        pytest.param("9 passed, 2 failed, 1 skipped\n", 1, "3 passed, 0 failed, 0 skipped\n", 0, "12 passed, 2 failed, 1 skipped", id="failed"),
        pytest.param("cannot install\n", 2, "3 passed, 0 failed, 0 skipped\n", 0, "3 passed, 1 failed, 0 skipped", id="ended-early"),
        pytest.param("9 passed, 0 failed, 0 skipped\n", 1, "3 passed, 0 failed, 0 skipped\n", 0, "12 passed, 1 failed, 0 skipped", id="bad-end"),
        pytest.param("9 passed, 0 failed, 0 skipped\nwords\n", 0, "3 passed, 0 failed, 0 skipped\n", 0, "3 passed, 1 failed, 0 skipped", id="not-the-last"),
    ],
)  # fmt: skip
def test_closing_lines_are_summed(tally, tmp_path, first, first_status, second, second_status, last):
    (tmp_path / "test").write_text(first)
    (tmp_path / "acceptance").write_text(second)
    code, lines = tally.summed("closed", tmp_path / "test", first_status, "closed", tmp_path / "acceptance", second_status)
    assert (code, lines[-1]) == (int(", 0 failed, " not in last), last)
