"""Fixtures of the studio's tests; what they need is imported when one of them is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from studio_world import Studio

    from studio.bench import Bench


@pytest.fixture(scope="module")
def bench() -> Bench:
    """The default models at work for the studio."""
    from studio_world import load_bench

    return load_bench()


@pytest.fixture(scope="module")
def studio(bench: Bench, tmp_path_factory) -> Iterator[Studio]:
    """A running server of its own sessions."""
    from studio_world import running

    with running(bench, tmp_path_factory.mktemp("sessions")) as made:
        yield made


@pytest.fixture(scope="module")
def browser():
    """Chromium; tests that need it are skipped where it is absent."""
    from studio_page import chromium

    with chromium() as made:
        yield made
