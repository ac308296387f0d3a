"""What the tests of this folder share with those of the call page."""

from tests.web.call.conftest import chromium

__all__ = ["chromium"]
