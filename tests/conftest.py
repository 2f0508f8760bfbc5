"""For all tests: under CI=true nothing may be left out (a test that skips has failed), and Hypothesis does not time a busy machine."""

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

ON_CI = os.environ.get("CI", "").lower() == "true"


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile("batten", deadline=None, derandomize=ON_CI, print_blob=True)
    settings.load_profile("batten")
    # What one test finds out is not for another to know; those of the cache name one.
    os.environ["BATTEN_NO_CACHE"] = "1"
    if ON_CI:
        config.pluginmanager.register(NothingLeftOut(), "nothing-left-out")


class NothingLeftOut:
    """A plugin of its own, so that it speaks for the examples of rule pages, too."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        if report.skipped and not hasattr(report, "wasxfail"):
            report.outcome = "failed"
            report.longrepr = f"skipped, and CI leaves nothing out: {_reason(report.longrepr)}"
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        report = yield
        if report.skipped:
            report.outcome = "failed"
            report.longrepr = f"{collector.nodeid}: skipped, and CI leaves nothing out: {_reason(report.longrepr)}"
        return report


def _reason(longrepr: object) -> str:
    return str(longrepr[-1]) if isinstance(longrepr, tuple) else str(longrepr)
