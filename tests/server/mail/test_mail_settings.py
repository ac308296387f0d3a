"""Who letters come from, and which mail settings a server refuses to start with."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from server.mail.sender import default_sender, envelope_address, one_line
from server.settings import Settings

SECRET = SecretStr("a secret")
WITH_SERVER = {"smtp_host": "mail.example.org", "mail_from": "a@example.org"}


@pytest.mark.parametrize(
    ("settings", "sender"),
    [
        ({}, "appointments@localhost"),
        ({"host": "192.0.2.7"}, "appointments@[192.0.2.7]"),
        ({"public_url": "https://talk.example.org:8443"}, "appointments@talk.example.org"),
        ({"public_url": "https://bücher.example"}, "appointments@xn--bcher-kva.example"),
        ({"mail_from": "us@example.org"}, "us@example.org"),
        ({"mail_from": '"Us, kindly" <us@example.org>', "smtp_host": "m"}, '"Us, kindly" <us@example.org>'),
    ],
)
def test_whom_letters_come_from(settings: dict[str, str], sender: str) -> None:
    """The address that is set, with its name; otherwise the server's own name."""
    assert str(Settings(**settings).sender) == sender  # type: ignore[arg-type]


def test_an_ipv6_host_has_an_address_too() -> None:
    """RFC 5321 has a way of writing it."""
    assert default_sender("http://[2001:db8::1]:8080").addr_spec == "appointments@[IPv6:2001:db8::1]"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"smtp_host": "mail.example.org"}, "mail_from"),
        ({**WITH_SERVER, "smtp_host": "mail.example.org:587"}, "smtp_host"),
        ({**WITH_SERVER, "smtp_host": "two hosts"}, "smtp_host"),
        ({**WITH_SERVER, "smtp_host": "mail\r\nevil"}, "smtp_host"),
        ({**WITH_SERVER, "smtp_user": "us"}, "smtp_password"),
        ({**WITH_SERVER, "smtp_password": SECRET}, "smtp_password"),
        ({**WITH_SERVER, "smtp_user": "us", "smtp_password": SECRET, "smtp_security": "none"}, "smtp_user"),
        ({"smtp_port": 25}, "smtp_port"),
        ({"smtp_security": "tls"}, "smtp_security"),
        ({"smtp_user": "us"}, "smtp_user"),
        ({"mail_from": "nobody"}, "mail_from"),
        ({"mail_from": "Us <us@example.org>\r\nBcc: thief@example.com"}, "mail_from"),
        ({"mail_from": "us@example.org, them@example.org"}, "mail_from"),
        ({"mail_from": "Us <us@example.org"}, "mail_from"),
        ({"mail_from": f"{'U' * 101} <us@example.org>"}, "mail_from"),
        ({"mail_subject": " "}, "mail_subject"),
        ({"mail_subject": "An appointment\r\nBcc: thief@example.com"}, "mail_subject"),
        ({"mail_subject": "A\u2028B"}, "mail_subject"),
        ({"mail_subject": "A" * 101}, "mail_subject"),
    ],
)
def test_mail_settings_that_cannot_work_are_refused(wrong: dict[str, Any], field: str) -> None:
    """Whatever can't work, or would cross the network in the clear, is refused at the start, by its name."""
    with pytest.raises(ValidationError) as refused:
        Settings(**wrong)
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
    assert "a secret" not in str(refused.value)


def test_a_mail_server_may_have_a_number() -> None:
    """An address instead of a name does as well."""
    assert Settings(**{**WITH_SERVER, "smtp_host": "2001:db8::25"}).smtp_host == "2001:db8::25"  # type: ignore[arg-type]


def test_a_login_in_the_clear_stays_on_this_machine() -> None:
    """A mail server on loopback may be logged in to without encryption."""
    settings = Settings(
        smtp_host="localhost",
        mail_from="us@example.org",
        smtp_user="us",
        smtp_password=SECRET,
        smtp_security="none",
    )
    assert settings.smtp_user == "us"


def test_names_and_addresses_fit_into_headers() -> None:
    """A name is one line; an international host is written in ASCII; what is no address is refused."""
    assert one_line(" Ada\r\nBcc:\tx\u2028y\x00 ") == "Ada Bcc: x y"
    assert envelope_address(" ada@bücher.example ") == "ada@xn--bcher-kva.example"
    for wrong in (
        "",
        "ada",
        "@example.org",
        "ada@",
        "a@b@c",
        "ä@example.org",
        "a,b@example.org",
        "a" * 251 + "@b.c",
    ):
        with pytest.raises(ValueError, match="not an address"):
            envelope_address(wrong)
