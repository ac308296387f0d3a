"""Which version this is."""

from importlib.metadata import PackageNotFoundError, version


def product_version() -> str:
    """Return the installed version; `0+source` when run from files that were never installed."""
    try:
        return version("holdspace")
    except PackageNotFoundError:
        return "0+source"
