"""Names at rest: sealed with a key of their own each, and of no use without the server's key."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, insert

from server.__main__ import main
from server.database import migrate
from server.sealing import KEY_FILE, Sealer, SealError, load_key
from server.stored_rows import call_row
from server.tables import calls, therapists
from tests.server.mail.post import NOW, a_call

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result
    from sqlalchemy import Table


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
    (tmp_path / KEY_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(SealError, match="must hold 32 bytes"):
        load_key(tmp_path, None)


def _serve(folder: Path) -> Result:
    return CliRunner().invoke(main, ["serve", "--data-dir", str(folder)])


def test_a_folder_without_room_for_a_key_stops_the_start(tmp_path: Path) -> None:
    """The operator reads what can't be done, and sees no traceback."""
    (tmp_path / "file").touch()
    result = _serve(tmp_path / "file" / "data")
    assert (result.exit_code, "Traceback" in result.output) == (1, False)
    assert "holdspace.key can't be read, or made: Not a directory." in result.output


@pytest.mark.parametrize("kept", [calls, therapists])
def test_a_database_of_another_key_is_not_served(tmp_path: Path, kept: Table) -> None:
    """A start with a lost key ends with one sentence that names the place for it; the right key opens everything again."""
    sealer = Sealer(b"1" * 32)
    migrate(f"sqlite+aiosqlite:///{tmp_path / 'holdspace.sqlite3'}", sealer)
    key = sealer.new_key()
    row = call_row(sealer, a_call())
    if kept is therapists:
        row = {
            "id": "1",
            "address_hash": "h",
            "data_key": key,
            "email": sealer.seal(key, "t@x"),
            "created_at": NOW,
        }
    engine = create_engine(f"sqlite:///{tmp_path / 'holdspace.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(insert(kept).values(row))
    engine.dispose()
    result = _serve(tmp_path)
    assert result.exit_code == 1
    words = " ".join(result.output.split())
    assert f"{tmp_path / KEY_FILE} does not open the names in the database" in words
    assert "Traceback" not in words
