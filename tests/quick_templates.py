"""Does once what every application of the tests would repeat: that took half of a test's time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType, SimpleNamespace

import pyramid_jinja2
import pytest
from jinja2.bccache import Bucket, BytecodeCache


class CompiledTemplates(BytecodeCache):
    """Templates compiled by this process; a changed source is compiled again."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = {"pyramid_oauth2.jinja2.bytecode_caching": CompiledTemplates()}


def _frames() -> Iterator[tuple[FrameType]]:
    """The callers' frames, without the source lines that ``inspect.stack`` reads for each."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield (frame,)
        frame = frame.f_back


def pytest_configure(config: pytest.Config) -> None:
    """Speed up how pyramid_jinja2 finds its includer; the stack of pytest is deep."""
    patch = pytest.MonkeyPatch()
    patch.setattr(pyramid_jinja2._PackageFinder, "inspect", SimpleNamespace(stack=_frames))
    config.add_cleanup(patch.undo)
