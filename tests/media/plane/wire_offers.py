"""Offers that a broken or hostile browser could send: a good one, mutated by a seeded hand."""

import random
from collections.abc import Callable

Mutation = Callable[[random.Random, list[str]], list[str]]

NUMBERS = ("-1", "0", "127", "128", "255", "65536", "4294967296", "9" * 30, "9" * 5000, "٣", "")
WORDS = (
    "",
    " ",
    "\x00",
    "sendrecv",
    "rtpmap:96 opus/48000/2",
    "mid:0",
    "group:BUNDLE",
    "\u2028",
    "ssrc:1 cname:x",
    "é" * 40,
)


def mutated(offer: str, seed: int) -> str:
    """The offer with one to six seeded mutations."""
    chance = random.Random(seed)
    lines = offer.split("\r\n")
    for _ in range(chance.randrange(1, 7)):
        lines = chance.choice(MUTATIONS)(chance, lines)
    return chance.choice(("\r\n", "\r\n", "\r\n", "\n")).join(lines)


def _at(chance: random.Random, lines: list[str]) -> int:
    return chance.randrange(max(1, len(lines)))


def _drop(chance: random.Random, lines: list[str]) -> list[str]:
    i = _at(chance, lines)
    return lines[:i] + lines[i + 1 :]


def _repeat(chance: random.Random, lines: list[str]) -> list[str]:
    i = _at(chance, lines)
    return lines[:i] + lines[i : i + 1] * chance.choice((2, 3, 40)) + lines[i + 1 :]


def _move(chance: random.Random, lines: list[str]) -> list[str]:
    i, j = _at(chance, lines), _at(chance, lines)
    rest = lines[:i] + lines[i + 1 :]
    return rest[:j] + lines[i : i + 1] + rest[j:]


def _truncate(chance: random.Random, lines: list[str]) -> list[str]:
    i = _at(chance, lines)
    return [*lines[:i], lines[i][: chance.randrange(len(lines[i]) + 1)]] if lines else lines


def _new_number(chance: random.Random, lines: list[str]) -> list[str]:
    i = _at(chance, lines)
    return [_renumbered(chance, line) if j == i else line for j, line in enumerate(lines)]


def _renumbered(chance: random.Random, line: str) -> str:
    digits = [i for i, letter in enumerate(line) if letter.isdigit()]
    if not digits:
        return line
    at = chance.choice(digits)
    return line[:at] + chance.choice(NUMBERS) + line[at + 1 :]


def _new_word(chance: random.Random, lines: list[str]) -> list[str]:
    i = _at(chance, lines)
    return [*lines[:i], "a=" + chance.choice(WORDS), *lines[i:]]


def _flip(chance: random.Random, lines: list[str]) -> list[str]:
    i = _at(chance, lines)
    if not lines or not lines[i]:
        return lines
    at = chance.randrange(len(lines[i]))
    flipped = lines[i][:at] + chr(chance.randrange(1, 0x250)) + lines[i][at + 1 :]
    return [*lines[:i], flipped, *lines[i + 1 :]]


def _swap_words(chance: random.Random, lines: list[str]) -> list[str]:
    pairs = (
        ("opus", "OPUS"), ("VP8", "VP9"), ("recvonly", "sendrecv"), ("sendonly", "inactive"), ("audio", "video"),
        ("sha-256", "sha-1"), ("actpass", "passive"), ("actpass", "active"), ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        ("m=audio 9", "m=audio 0"), ("m=video", "m=application"), ("a=mid:", "a=mid:x"), ("IP4", "IP6"), (":", ": "),
    )  # fmt: skip
    old, new = chance.choice(pairs)
    return [line.replace(old, new) for line in lines]


MUTATIONS: tuple[Mutation, ...] = (
    _drop, _repeat, _move, _truncate, _new_number, _new_number, _new_word, _flip, _flip, _swap_words,
)  # fmt: skip


def enormous_offers(offer: str) -> dict[str, str]:
    """Offers of ten thousand of something, and of what else might cost a reader dearly."""
    candidate = "a=candidate:1 1 udp 2130706431 {}.local {} typ host\r\n"
    return {
        "lines": offer + "a=x\r\n" * 10_000,
        "candidates": offer + "".join(candidate.format(i, 1024 + i) for i in range(10_000)),
        "short candidates": offer + "a=candidate:1 1 udp 1 h 9 typ host\r\n" * 1_400,
        "line separators": offer + "a\x0b" * 20_000 + "\x85" * 10_000,
        "one line": offer + "a=" + "x" * 60_000,
        "sections": offer + "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n" * 1_500,
        "attributes": offer + "".join(f"a=extmap:{i} u{i}\r\n" for i in range(3_000)),
        "ssrcs": offer + "a=ssrc:x\r\n" * 3_900,
        "fingerprints": offer.replace(
            "a=fingerprint:", "a=fingerprint:sha-256 x\r\n" * 2_000 + "a=fingerprint:"
        ),
        "mids": offer.replace("BUNDLE", "BUNDLE" + " a" * 25_000),
        "spaces": offer.replace("BUNDLE", "BUNDLE" + " " * 55_000),
    }
