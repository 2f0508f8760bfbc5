"""Which servers a call asks, as far as its arguments, and constants of the app, tell."""

import re

from batten.facts.calls import Argument, Call, Origin
from batten.facts.flows import Constant, Named, Object, Text
from batten.facts.routes import EffectKind
from batten.facts.vocabulary import Vocabulary
from batten.link.callgraph import Code
from batten.regex import regex

_HOST = regex(r"https?://([\w.-]+(?::\d+)?)")
_HERE = regex(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal|ollama)(?::\d+)?(?:/|$)")
# What servers of models are asked for, whoever runs them: https://platform.openai.com/docs/api-reference https://docs.anthropic.com/en/api/messages https://ai.google.dev/api/generate-content
_OF_MODELS = regex(
    r"/chat/completions(?![\w/-])|/openai/deployments/|:(?:streamG|g)enerateContent\b|/v1/messages(?![\w/-])|/v1/(?:images/generations|audio/(?:speech|transcriptions))\b"
)
# What services that send mail and messages are asked for, also those that people run themselves.
_OF_MESSAGES = regex(
    r"/send-?(?:text|message|media|template|sms|e?mail|notification|photo|document)s?(?![\w-])|/v3/mail/send(?![\w-])|/smtp/email(?![\w-])",
    re.IGNORECASE,
)
# Posts in the app's name are messages, too: https://developers.facebook.com/docs/pages-api/posts https://docs.x.com/x-api/posts/create-post
# https://developers.facebook.com/docs/whatsapp/cloud-api https://www.twilio.com/docs/messaging/api https://core.telegram.org/bots/api
_SENDS = regex(
    r"https://(?:graph\.facebook\.com/[^?]*/(?:messages|feed|photos|videos|media_publish)|api\.(?:twitter|x)\.com/2/tweets"
    r"|api\.linkedin\.com/(?:v2/ugcPosts|rest/posts)|api\.twilio\.com/[^?]*/(?:Messages|Calls)\.json|api\.telegram\.org/bot[^?]*/send[A-Z]\w+)$"
)
_LOCAL_NAME = regex(r"ollama|local|lm_?studio|llama_?cpp|vllm|mock|test", re.IGNORECASE)
_HOST_OF_ADDRESS = frozenset(("host", "hostname"))
_KEY_NAME = regex(r"key|token|secret|bearer|authorization", re.IGNORECASE)
_OF_APP = frozenset((Origin.ENVIRONMENT, Origin.NAME))
_BY_PATH = ((_OF_MODELS, EffectKind.PAID_MODEL_CALL), (_OF_MESSAGES, EffectKind.MAIL))
_FETCHERS = frozenset(
    {
        "fetch",
        "axios.default",
        "axios",
        "got.default",
        "ky.default",
        "node-fetch.default",
        "undici.fetch",
        "undici.request",
        "undici.stream",
        "$fetch",
        "ofetch.ofetch",
        "ofetch.$fetch",
        "cross-fetch.default",
        "isomorphic-fetch.default",
        "hono/proxy.proxy",
        "https.request",
        "https.default.request",
    }
)
# What hands on the request of a server of Nitro, which comes first: https://nitro.build/guide/utils
_FORWARDERS = frozenset(("proxyRequest", "sendProxy", "h3.proxyRequest", "h3.sendProxy"))
# The method comes first: https://www.python-httpx.org/api/ https://docs.aiohttp.org/en/stable/client_reference.html
_METHOD_FIRST = (".request", ".stream", ".build_request")
_OF_PYTHON = ("requests.", "httpx.", "aiohttp.")
_BASES = ("base_url", "baseURL", "prefixUrl", "baseUrl")
_READS_SETTING = ("os#getenv", "os#environ.get")
_MOST_ENTRIES = 40
FETCHING = ("axios.", "got.", "ky.", "requests.", "httpx.", "aiohttp.", "urllib.")
"""How the names of what sends requests begin."""
ADDRESSES = ("0", "0.url", "url")
"""The slots that hold the address of a request."""
KINDS = {kind.value: kind for kind in EffectKind}
"""What the vocabulary says that calls do, and hosts."""


class Hosts:
    """The servers of requests, by the code that names them."""

    def __init__(self, code: Code, vocabulary: Vocabulary) -> None:
        self._code = code
        self._vocabulary = vocabulary

    def is_this_machine(self, path: str, call: Call) -> bool:
        """The client was made with an address of this machine, or the model by a package for such: ``OpenAI(base_url="http://localhost:11434/v1")``, ``ollama("llama")``."""
        models = [
            source
            for each in call.arguments
            if each.slot.endswith("model")
            for source in each.sources
            if source.origin is not Origin.LITERAL
        ]
        if models and all(source.origin is Origin.CALL and self._is_of_this_machine(path, source.text) for source in models):
            return True
        return any(
            a.slot.endswith(("base_url", "baseURL")) and _HERE.match(a.text or "") is not None
            for maker in self._makers(path, call)
            for a in maker.arguments
        )

    def _makers(self, path: str, call: Call) -> list[Call]:
        """The calls that made the client of a request."""
        makers = [maker for other in self._code.functions(path).values() for maker in other.calls if maker.span == call.made_by]
        home = self._code.home(path, call.receiver) if call.receiver is not None else None
        bindings = self._code.bindings(home[0]) if home is not None else {}
        held = (bindings.get(home[1]) or bindings.get(home[1].partition(".")[0])) if home is not None else None
        return [*makers, *(held.calls if held is not None else ())]

    def _is_of_this_machine(self, path: str, maker: str) -> bool:
        rows = self._vocabulary.calls.lookup(self._code.target(path, maker).name)
        return any(KINDS.get(row.means) is EffectKind.LOCAL_MODEL_CALL for row in rows)

    def always(self, path: str, call: Call) -> str | None:
        """The server that a request goes to, where it is always the same."""
        texts = [text for argument in call.arguments[:2] for text in self._addresses(path, argument)]
        return next((found[1] for text in texts if (found := _HOST.match(text)) is not None), None)

    def _constant(self, path: str, name: str) -> list[str]:
        """The texts that a constant of another file may be: ``BASE = os.getenv("BASE", "https://…")``."""
        home = self._code.home(path, name)
        binding = self._code.bindings(home[0]).get(home[1]) if home is not None else None
        if home is not None:
            self._code.ask(home[0])
        if binding is None and home is not None and "." in home[1]:
            binding = self._code.bindings(home[0]).get(home[1].partition(".")[0])
            entries = binding.sources if binding is not None else ()
            # One of the entries of a table of addresses.
            return [source.text for source in entries if source.origin is Origin.LITERAL and _HOST.match(source.text)][:_MOST_ENTRIES]
        if binding is None:
            return []
        defaults = [argument.text for call in binding.calls for argument in call.arguments if argument.text]
        return [binding.text or "", *defaults, *(source.text for source in binding.sources if source.origin is Origin.LITERAL)]

    def _addresses(self, path: str, argument: Argument) -> list[str]:
        texts = [argument.text or "", *(source.text for source in argument.sources if source.origin is Origin.LITERAL)]
        for source in argument.sources:
            if source.origin is Origin.NAME and "#" in source.text:
                texts += self._constant(path, source.text)
            elif source.origin is Origin.ENVIRONMENT:
                texts += self._code.memo.once(("where nothing is set", path), self._where_unset, path).get(source.text, [])
            elif source.origin is Origin.CALL and source.text.startswith("#"):
                texts += self._put_together(path, source.text)
            elif source.origin is Origin.CALL and source.text == "URL":
                texts += self._code.memo.once(("put in place of a host", path), self._put_in_place, path)
        return texts

    def _where_unset(self, path: str) -> dict[str, list[str]]:
        """What is taken where a setting is not set, by its name."""
        found: dict[str, list[str]] = {}
        for call in (call for function in self._code.functions(path).values() for call in function.calls if call.callee in _READS_SETTING):
            given = {each.slot: each.text for each in call.arguments}
            if given.get("0") and given.get("1"):
                found.setdefault(given["0"] or "", []).append(given["1"] or "")
        return found

    def _put_together(self, path: str, name: str) -> list[str]:
        """How the addresses begin that a function of the file gives."""
        target = self._code.target(path, name)
        file = self._code.file(target.path) if target.path is not None and target.function is not None and not target.rest else None
        texts: list[str] = []
        for graph in file.graphs if file is not None else ():
            for number, _ in graph.returns if target.function is not None and graph.function == target.function.name else ():
                node = graph.nodes[number] if number >= 0 else None
                first = graph.nodes[node.parts[0]] if isinstance(node, Text) and node.parts and node.parts[0] >= 0 else node
                if isinstance(first, Constant) and isinstance(first.value, str):
                    texts.append(first.value)
                elif isinstance(first, Named):
                    texts += self._constant(target.path or path, first.name)
        return texts

    def _put_in_place(self, path: str) -> list[str]:
        """The addresses that begin as another and are given a host of their own: ``url.host = "api.openai.com"``."""
        file = self._code.file(path)
        hosts: list[str] = []
        for graph in file.graphs if file is not None else ():
            changed = [node for node in graph.nodes if isinstance(node, Object) and node.base >= 0]
            for value in (at for node in changed for key, at in node.fields if key in _HOST_OF_ADDRESS and at >= 0):
                match graph.nodes[value]:
                    case Constant(value=str() as host):
                        hosts.append(host)
                    case Named(name=name):
                        hosts += self._constant(path, name)
        return [f"https://{host.partition('://')[2] or host}" for host in hosts if host]

    def asks(self, path: str, call: Call) -> EffectKind | None:
        """What a request does by its path that takes a key of the app's own along, wherever the address comes from: it asks a model, or sends a message."""
        address = call.arguments[0] if call.arguments else None
        written = (address.text or "", *(source.text for source in address.sources)) if address is not None else ()
        kind = next((kind for paths, kind in _BY_PATH if any(paths.search(text) for text in written)), None)
        if kind is not EffectKind.PAID_MODEL_CALL and not call.arguments[1:]:
            return None  # nothing is sent with it
        if address is not None and _SENDS.match(_spelled(address)):
            return EffectKind.MAIL
        return kind if kind is not None and self._with_key(path, call) else None

    def _with_key(self, path: str, call: Call) -> bool:
        address = call.arguments[0]
        texts = self._addresses(path, address)
        names = [source.text for source in address.sources if source.origin in _OF_APP]
        if any(_HERE.match(text) for text in texts) or any(_LOCAL_NAME.search(name) for name in names):
            return False
        if not names and not any(text.startswith("https://") for text in texts):
            return False
        sent = (
            (each.slot if at else "", source)
            for at, each in enumerate(call.arguments)
            for source in each.sources
            if source.origin in _OF_APP
        )
        return any(_KEY_NAME.search(f"{slot} {source.text.rpartition('.')[2]}") for slot, source in sent)

    def reached(self, path: str, name: str, call: Call) -> list[EffectKind]:
        """What a request does, where its host is known: by its address, or by that which its client was made with."""
        first = "1" if name in _FORWARDERS or (name.startswith(_OF_PYTHON) and name.endswith(_METHOD_FIRST)) else "0"
        given = [each for each in call.arguments if each.slot == first] or [each for each in call.arguments if each.slot in ADDRESSES][:1]
        given = given or list(call.arguments[:1])
        found = [kind for each in given[:1] for kind in self.means(path, each)]
        if found or any("://" in _spelled(each) for each in given[:1]):
            return found
        bases = (a for maker in self._makers(path, call) for a in maker.arguments if a.slot.rpartition(".")[2] in _BASES)
        return next((kinds for each in bases if (kinds := self.means(path, each))), [])

    def means(self, path: str, argument: Argument) -> list[EffectKind]:
        """What a request to the address in an argument does, where its host is known."""
        if _spelled(argument).partition("?")[0].rstrip("/").endswith("/models"):
            return []  # the list of models costs nothing
        for text in self._addresses(path, argument):
            address = text.partition("://")[2] or text
            host = address.partition("/")[0].partition(":")[0].lower()
            for row in self._vocabulary.host(host) if "." in host else ():
                if row.means in KINDS:
                    return [KINDS[row.means]]
        return []


def is_request(name: str) -> bool:
    """A call of this name sends a request to an address."""
    return name in _FETCHERS or name in _FORWARDERS or name.startswith(FETCHING)


def address_of(call: Call) -> str:
    """The address that a request is sent to, as it is put together, with ``*`` for what the file does not tell."""
    return " ".join(_spelled(each) for each in call.arguments if each.slot in ADDRESSES)


def _spelled(argument: Argument) -> str:
    """A text as it is put together, with ``*`` for what the file does not tell."""
    return argument.text or "*".join(source.text for source in argument.sources if source.origin is Origin.LITERAL)
