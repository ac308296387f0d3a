"""Names at rest: sealed with a key of their own each, and of no use without the server's key."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from server.sealing import KEY_FILE, Sealer, SealError, load_key

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_sealed_opens_with_its_own_key_alone() -> None:
    """Another record's key, or another server's, opens nothing."""
    sealer = Sealer(bytes(32))
    key = sealer.new_key()
    sealed = sealer.seal(key, "Ada")
    assert sealer.open(key, sealed) == "Ada"
    assert b"Ada" not in sealed
    with pytest.raises(SealError):
        sealer.open(sealer.new_key(), sealed)
    with pytest.raises(SealError):
        Sealer(b"1" * 32).open(key, sealed)


def test_the_same_name_looks_different_each_time() -> None:
    """Nobody can tell from the file that two people have the same name."""
    sealer = Sealer(bytes(32))
    key = sealer.new_key()
    assert sealer.seal(key, "Ada") != sealer.seal(key, "Ada")


def test_addresses_are_found_whatever_their_case() -> None:
    """People write their address as they like; another server's hashes are of no use."""
    sealer = Sealer(bytes(32))
    assert sealer.address_hash("Ada@Example.org ") == sealer.address_hash("ada@example.ORG")
    assert sealer.address_hash("ada@example.org") != Sealer(b"1" * 32).address_hash("ada@example.org")


def test_servers_that_start_together_share_one_key(tmp_path: Path) -> None:
    """Whoever is first makes it; it is the owner's alone, and stays."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key(tmp_path / "data", None), range(8)))
    assert len(keys) == 1
    assert stat.S_IMODE((tmp_path / "data" / KEY_FILE).stat().st_mode) == 0o600
    assert load_key(tmp_path / "data", None) in keys
    assert [path.name for path in (tmp_path / "data").iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("text", ["", "no key", "AAAA", "ä" * 44])
def test_a_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """The operator is told which setting or file, and what it must hold."""
    with pytest.raises(SealError, match="HOLDSPACE_SECRET_KEY must hold 32 bytes"):
        load_key(tmp_path, text)
    (tmp_path / KEY_FILE).write_text(text)
    with pytest.raises(SealError, match="must hold 32 bytes"):
        load_key(tmp_path, None)
