"""Carries out what was planned, so that doing it twice comes to the same as once: before each try it is read what was said already."""

from collections.abc import Mapping
from enum import StrEnum

from batten.bot.document import Document, New
from batten.bot.hub import Hub, InvalidError, UncertainError
from batten.bot.plan import MOST_COMMENTS, Comment, Plan, Said, plan, summary_of
from batten.report.run import Rule

_TRIES = 4
_BODY = "batten looked at what this change opens; the summary is in a comment of its own."


class Published(StrEnum):
    """How it went."""

    DONE = "done"
    STALE = "stale"
    """The pull request is at another commit by now: another run speaks of that."""


async def publish(hub: Hub, document: Document, head: str, rules: Mapping[str, Rule], most: int = MOST_COMMENTS) -> Published:
    """Say what there is to say of ``head``. Raises RefusedError, UncertainError, BusyError."""
    files = await hub.files()
    for left in range(_TRIES - 1, -1, -1):
        said = await hub.said()
        if said.head != head:
            return Published.STALE
        try:
            await _carry_out(hub, document, plan(document, files, said, rules, most), said)
        except UncertainError:
            if not left:
                raise
            continue
        return Published.DONE
    raise AssertionError


async def _carry_out(hub: Hub, document: Document, made: Plan, said: Said) -> None:
    failed: list[New] = []
    at_lines = tuple(one for one in made.comments if one.line is not None)
    if at_lines:
        try:
            await hub.review(said.head, _BODY, at_lines)
        except InvalidError:  # one of them is not taken, and GitHub does not say which
            for one in at_lines:
                failed += await _alone(hub, said.head, one)
    for one in made.comments:
        if one.line is None:
            failed += await _alone(hub, said.head, one)
    for thread in made.gone:
        await hub.put_away(thread)
    body = summary_of(document, made, failed, said)
    if body is not None:
        await hub.summarize(body, said.summary_id)


async def _alone(hub: Hub, head: str, one: Comment) -> tuple[New, ...]:
    """Post a comment by itself: at its line, else on its file. The findings that it could not be posted for."""
    places = [one] if one.line is None else [one, Comment(one.path, one.otherwise, one.findings)]
    for place in places:
        try:
            await hub.comment(head, place)
        except InvalidError:
            continue
        return ()
    return one.findings
