"""What agents of an app, or of those who write it, are allowed to do and are given to do it with."""

from enum import StrEnum

from batten.facts.containers import Option
from batten.facts.linked import LinkedFact


class AllowanceKind(StrEnum):
    """What an agent does without asking."""

    EVERYTHING = "everything"
    """No question is asked at all."""
    ANY_COMMAND = "any-command"
    """Every command of a shell."""
    ANY_TOOL = "any-tool"
    """Every tool of every server that it is connected to."""
    ANY_SERVER = "any-server"
    """Servers of tools are started as they come with the repository."""
    ACTING_TOOL = "acting-tool"
    """Tools that write, delete or run something."""
    HOSTED_TOOLS = "hosted-tools"
    """Every tool of one server that a provider of models connects to."""


class Allowance(LinkedFact, frozen=True):
    """One setting, flag or argument that lets an agent act without asking.

    ``tool`` is whose setting it is, for readers; ``shown`` the setting. ``personal``: it stands in a file that is meant for one person. ``boxed``: it is for a container that is made for it.
    Fields below the line are filled by ``link``.
    """

    kind: AllowanceKind
    tool: str
    shown: str
    personal: bool = False
    boxed: bool = False
    # filled by link
    shared: bool | None = None
    """Whether everybody with the repository has it."""


class ServerFlaw(StrEnum):
    """Why a server of tools is not to be relied on."""

    UNPINNED = "unpinned"
    """Each start fetches whatever its author has published last."""
    PLAIN_HTTP = "plain-http"
    """What is said to it goes over the network unencrypted."""
    WIDE = "wide"
    """It reaches more than one task needs."""


class ToolServer(LinkedFact, frozen=True):
    """One server of tools that an agent is connected to, by the Model Context Protocol.

    ``programs`` are names for what is run or asked: ``npm:@acme/mcp``, ``url:mcp.acme.example/mcp``. ``settings`` are its flags, variables and the query of its address.
    Fields below the line are filled by ``link``.
    """

    name: str
    programs: tuple[str, ...] = ()
    settings: tuple[Option, ...] = ()
    flaws: tuple[ServerFlaw, ...] = ()
    # filled by link
    reason: str = ""
    """The flaws as words."""
