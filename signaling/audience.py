"""Everybody who has joined a room, and what they are told: the whole state after a change, notices, goodbyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.messages import NoticeMessage
from signaling.states import conversation_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from media.mediation.conversation import Conversation
    from media.mediation.notices import Notice
    from signaling.connection import Connection
    from signaling.messages import ConversationMessage, ServerMessage


class Audience:
    """One room's connections, by participant. `names`: of every seat."""

    def __init__(self, conversation: Conversation, names: Mapping[str, str]) -> None:
        self._conversation = conversation
        self._names = names
        self._published: tuple[int, bool] | None = None
        self.connections: dict[str, Connection] = {}

    def state(self, now: float, *, stopped: bool) -> ConversationMessage:
        """The whole state; `stopped`: the media path is."""
        snapshot = self._conversation.snapshot(now)
        return conversation_message(snapshot, self._names, self._conversation.revision, now, stopped=stopped)

    def publish(self, now: float, *, stopped: bool) -> None:
        """The whole state to all, unless it is what they have."""
        edition = (self._conversation.revision, stopped)
        if edition != self._published:
            self._published = edition
            self.send(None, self.state(now, stopped=stopped))

    def tell(self, notices: Iterable[Notice]) -> None:
        """What has happened, to whom it concerns."""
        for notice in notices:
            self.send(notice.to, NoticeMessage.model_validate({"code": notice.code, **notice.fields}))

    def send(self, participant: str | None, message: ServerMessage) -> None:
        """To one of them, if they are here, or to everyone (None)."""
        for owner, connection in self.connections.items():
            if participant in {None, owner}:
                connection.send(message)
