"""Sign-ins that give whoever knows an address the session of the account that has it; knows no framework."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from batten.facts.flows import Changed, Checked, Constant, Field, FlowCall, Given, Graph, Named, Object, Result
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.addresses import CAMEL
from batten.link.flows.authority import PASSWORDS
from batten.link.flows.handlers import Handler
from batten.link.flows.origins import Root
from batten.link.flows.roots import Roots
from batten.link.flows.sinks import Hit
from batten.link.flows.ways_in import WaysIn
from batten.link.made_of import made_of
from batten.regex import regex
from batten.text import Place

SIGN_IN = "sign-in-unproven"
"""The kind of sinks that sign a caller in as the account that the request names."""
# What an account is known by that is no secret.
_KNOWN_BY = frozenset(("email", "mail", "e_mail", "emailaddress", "username", "user_name", "login", "phone", "phonenumber", "mobile", "useremail", "handle"))  # fmt: skip
_NAMES = _KNOWN_BY | {"sub", "id", "userid", "user_id", "_id", "name"}
_LOOKS_UP = regex(
    r"(?i)^(?:find|get|first|one|fetch|query|select|scalar|load|search|by_?|where|filter|eq$|match|single|maybe|execute|run|all|exec)"
)
_BY_NAME = regex(
    r"(?i)(?:by|with|for)_?(?:e?mail|user_?name|login|phone)$|^(?:find|get|fetch|load|lookup)_?(?:one_?)?(?:the_?)?(?:user|account|member|customer)s?$"
)
_WHOLE = frozenset(("request", "req", "ctx", "context", "event", "headers", "cookies"))
_SQL = regex(r"(?i)\bwhere\b[^;]*?\b(?:e?mail|user_?name|login|phone(?:_?number)?)[\"'`\])]*\s*(?:=|ilike|like)")
# A token, or a session, is made.
_MINTS = regex(
    r"(?i)^(?:sign|encode|login_user|log_?in|login_?as|start_?session|(?:re)?new_?session|(?:send|set|create|generate|gen|issue|make|get|sign|new|build|attach)_?(?:\w*_?)?(?:jwt|token|session|auth_?cookie|cookie)(?:_?(?:for|and|to)\w*|_?cookie|_?response)?)$"
)
# What tells an address to the next page opens nothing.
_OF_ADDRESS = regex(r"(?i)e?mail_?(?:address_?)?token$")
_SIGNED = regex(r"(?i)jwt|jsonwebtoken|jose|token|session|cookie|login|sign")
_SESSION = regex(r"(?:^|[#.@])session$")
_SECRETS = frozenset(each.lower() for each in PASSWORDS) | {
    "pass",
    "senha",
    "contrasena",
    "contraseña",
    "clave",
    "motdepasse",
    "mot_de_passe",
    "secret",
    "pin",
}
# Words for what proves who somebody is besides a password, or for whom a service has signed in; and for what is sent to the address, which proves it.
_PROOFS = frozenset((
    "otp", "totp", "verify", "verification", "verifies", "compare", "compares", "matches", "authenticate", "authenticated", "bcrypt", "argon", "argon2", "bcryptjs", "hash", "hashed", "validate", "signature", "nonce",
    "oauth", "oauth2", "google", "github", "facebook", "apple", "microsoft", "azure", "linkedin", "twitter", "discord", "firebase", "credential", "credentials", "ticket", "provider", "saml", "sso", "oidc", "cas", "magic",
    "reset", "forgot", "forget", "invite", "invitation", "code", "answer", "wallet", "passkey", "webauthn", "challenge", "ldap", "refresh", "decode", "decoded", "headers", "authorization", "impersonate", "impersonation", "correct",
    "supabase", "clerk", "auth0", "cognito", "jwks", "fetch", "axios", "requests", "httpx", "unsubscribe", "confirm", "confirmation", "smtp", "mailer", "transporter", "nodemailer", "resend", "sms", "twilio", "check",
))  # fmt: skip
_SENDS = regex(r"(?i)send_?\w*(?:mail|otp|sms|message|link)")
# What an answer says is no code that was sent to somebody.
_OF_ANSWER = regex(r"(?:status|error|err|http|country|zip|postal|area)_?code")
_NO_WORD = regex(r"[^a-z0-9]+")
_MOST = 400
_MOST_COMPARED = 40
_MOST_STEPS = 20


def sign_ins(
    reached: Mapping[tuple[str, str], Graph],
    files: Iterable[FileFacts],
    roots: Roots,
    entries: Mapping[tuple[str, str], Handler],
    ways: WaysIn,
) -> Iterator[Hit]:
    """A hit for each in functions that requests reach; one before which a proof may have been asked for is told where it is given a password, and does nothing with it."""

    @cache
    def asks(place: tuple[str, str]) -> bool:
        entry = entries.get(place)
        return _proves(reached[place]) or (entry is not None and any(not _PROOFS.isdisjoint(_words(name)) for name in entry.chain))

    may = {
        (file.path, function): given
        for file, functions in roots.graphs.memo.said("may sign in", files, _may_sign_in)
        for function, given in functions
    }
    for (path, function), graph in sorted((place, graph) for place, graph in reached.items() if place in may):
        place = (path, function)
        call = _made_for(graph)
        entry = ways.of(place, entries, asks) if place not in entries or not asks(place) else None
        if call is not None and (entry is not None or may[place]):
            steps = (Step(Place(path, call.span), "the account that the request names is signed in here"),)
            root = Root("request", place, 0, (), frozenset(), True, steps)
            yield Hit(SIGN_IN, call.method, path, function, call, root, entry=entry or place)


def _may_sign_in(file: FileFacts) -> frozenset[tuple[str, bool]]:
    """The functions of a file that do, if nothing in them, or in those that are written in them, reads like a proof; each with whether a password comes to it."""
    found = {graph.function: graph for graph in file.graphs if graph.function and _made_for(graph) is not None}
    proven = {name for graph in file.graphs for name in found.keys() & {*_around(graph.function)} if _proves(graph)} if found else set()
    return frozenset((name, any(_is_secret(own, node) for node in own.nodes)) for name, own in found.items() if name not in proven)


def _around(function: str) -> Iterator[str]:
    """A function, and those that it is written in."""
    steps = function.split(".")[:_MOST_STEPS]
    yield from (".".join(steps[: number + 1]) for number in range(len(steps)))


def _made_for(graph: Graph) -> FlowCall | None:
    """Where a token or a session is made of a row that was looked up by what an account is known by, or of the name alone that comes with a password."""
    comparisons = [each for each in graph.calls if each.callee == "=="][:_MOST_COMPARED]
    rows = {index for index, call in enumerate(graph.calls) if _finds(graph, call, comparisons)}
    if rows:
        return next((call for call in graph.calls if _mints(graph, call) and _is_for(graph, call, rows)), None)
    if not _is_given_secret(graph):
        return None
    return next((call for call in graph.calls if call.callee != "=" and _mints(graph, call) and _names_account(graph, call)), None)


def _is_given_secret(graph: Graph) -> bool:
    """A password comes to the function, which keeps it nowhere: who registers has none yet that could be compared."""
    secrets = {number for number, node in enumerate(graph.nodes[:_MOST]) if _is_secret(graph, node)}
    kept = [node for call in graph.calls if call.callee == "=" for node in call.arguments] + [node for _, _, node, _ in graph.stored]
    return (bool(secrets) or any(name.lower() in _SECRETS for name in graph.parameters)) and not any(
        not secrets.isdisjoint(made_of(graph, number)) for number in kept
    )


def _names_account(graph: Graph, call: FlowCall) -> bool:
    """What is signed says by a name of the request whose it is."""
    fields = [*call.keywords]
    for number in call.arguments[:1]:
        fields += [field for each in made_of(graph, number) if type(node := graph.nodes[each]) is Object for field in node.fields]
    return any(key.lower() in _NAMES and _is_sent(graph, number) for key, number in fields)


def _is_sent(graph: Graph, number: int) -> bool:
    """The value is a parameter of the function, or lies in one."""
    for _ in range(_MOST_STEPS):
        match graph.nodes[number] if number >= 0 else None:
            case Given():
                return True
            case Field(of=inner) | Checked(of=inner) | Changed(before=inner):
                number = inner
            case _:
                return False
    return False


def _finds(graph: Graph, call: FlowCall, comparisons: Sequence[FlowCall]) -> bool:
    if _BY_NAME.search(call.method) and any(not (_is_written(graph, each) or _is_whole(graph, each)) for each in call.arguments[:1]):
        return True
    return _LOOKS_UP.search(call.method) is not None and any(_is_identity(graph, each) for each in _asked_by(graph, call, comparisons))


def _asked_by(graph: Graph, call: FlowCall, comparisons: Sequence[FlowCall]) -> Iterator[tuple[str, int]]:
    """What a request for a row is given, with the names of it: ``{ where: { email } }``, ``filter_by(email=…)``, ``where email = ?``."""
    yield from call.keywords
    for compared in comparisons:
        if compared.span in call.span and compared.arguments:
            yield from ((_last(graph, side), compared.arguments[-1]) for side in (compared.receiver, *compared.arguments))
    for number in call.arguments[:2]:
        for each in made_of(graph, number):
            match graph.nodes[each]:
                case Object(fields=fields):
                    yield from fields
                case Constant(value=str() as text) if _SQL.search(text):
                    yield "email", call.arguments[1] if len(call.arguments) > 1 else number


def _last(graph: Graph, number: int) -> str:
    match graph.nodes[number] if number >= 0 else None:
        case Field(key=name) | Named(name=name):
            return name.rpartition(".")[2]
    return ""


def _is_identity(graph: Graph, asked: tuple[str, int]) -> bool:
    key, number = asked
    return key.lower() in _KNOWN_BY and not _is_written(graph, number) and not _is_kept(graph, number)


def _is_whole(graph: Graph, number: int) -> bool:
    """The value is all of the request: who is found by it is whoever sends it (``getUser(request)``)."""
    node = graph.nodes[number] if number >= 0 else None
    name = graph.parameters[node.index] if type(node) is Given and 0 <= node.index < len(graph.parameters) else _last(graph, number)
    return name.lower() in _WHOLE


def _is_kept(graph: Graph, number: int) -> bool:
    """The value is what the server itself has put into the session of the caller: the name of somebody whose password it has seen."""
    return any(_is_session(graph, each) for each in made_of(graph, number))


def _is_written(graph: Graph, number: int) -> bool:
    """The value stands in the code."""
    return number < 0 or all(type(graph.nodes[each]) is Constant for each in made_of(graph, number))


def _mints(graph: Graph, call: FlowCall) -> bool:
    if call.callee == "=":
        return any(_is_session(graph, each) for each in made_of(graph, call.receiver))
    return (
        _MINTS.search(call.method) is not None
        and _OF_ADDRESS.search(call.method) is None
        and _SIGNED.search(f"{call.callee or ''} {call.method}") is not None
    )


def _is_session(graph: Graph, number: int) -> bool:
    match graph.nodes[number]:
        case Field(key="session"):
            return True
        case Named(name=name):
            return _SESSION.search(name) is not None
    return False


def _is_for(graph: Graph, call: FlowCall, rows: set[int]) -> bool:
    """It is made for one of the rows; those that the row is asked for by come with it."""
    given = (*call.arguments, *[node for _, node in call.keywords], *([] if call.callee == "=" else [call.receiver]))
    return any(type(node := graph.nodes[each]) is Result and node.call in rows for number in given for each in made_of(graph, number))


def _proves(graph: Graph) -> bool:
    """Something is said of a proof, or the password that was sent, or the one that is kept, goes anywhere."""
    names = [*graph.parameters]
    for call in graph.calls:
        names += (
            call.method,
            (call.callee or "").rpartition("#")[2],
            (call.callee or "").partition("#")[0],
            *[key for key, _ in call.keywords],
        )
    for node in graph.nodes:
        match node:
            case Field(key=word) | Named(name=word) | Constant(value=str() as word) if " " not in word:
                names.append(word)
    if any(_SENDS.search(name) or not _PROOFS.isdisjoint(_words(name)) for name in names):
        return True
    secrets = {number for number, node in enumerate(graph.nodes[:_MOST]) if _is_secret(graph, node)}
    if not secrets:
        return len(graph.nodes) > _MOST
    if any(tested in secrets and test == "listed" for node in graph.nodes if type(node) is Checked for tested, test in node.tests):
        return True
    return any(
        not secrets.isdisjoint(made_of(graph, number))
        for call in graph.calls
        if call.callee != "="
        for number in (*call.arguments, *[node for _, node in call.keywords], call.receiver)
    )


def _words(name: str) -> list[str]:
    return _NO_WORD.split(_OF_ANSWER.sub("", CAMEL.sub("_", name).lower()))


def _is_secret(graph: Graph, node: object) -> bool:
    match node:
        case Field(key=key):
            return key.lower() in _SECRETS
        case Given(index=index):
            return 0 <= index < len(graph.parameters) and graph.parameters[index].lower() in _SECRETS
        case Result(call=index):
            call = graph.calls[index]
            first = (
                graph.nodes[call.arguments[0]] if call.method in ("get", "getlist") and call.arguments and call.arguments[0] >= 0 else None
            )
            return type(first) is Constant and str(first.value).lower() in _SECRETS
    return False
