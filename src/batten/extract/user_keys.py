"""Keys of AI providers that users bring, and that code keeps as they are: in the browser, in rows, in the log; says nothing of keys of the app's own."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.skim import SCRIPTS
from batten.text import Place, Span

_PROVIDER = rb"(?:open_?-?ai|anthropic|claude|gemini|google_?-?ai|groq|mistral|open_?-?router|cohere|deepseek|perplexity|together|replicate|hugging_?-?face|eleven_?-?labs|xai|llm|gpt|ai)"
_NAME = rb"[\w.:/-]{0,30}?(?:" + _PROVIDER + rb"[_-]?(?:api[_-]?)?key|(?:hugging_?-?face|replicate)[_-]?(?:api[_-]?)?token)s?[\w-]{0,10}"
WORDS = tuple(
    part.encode()
    for part in (  # noqa: SIM905 - a list would have no end
        "penai penAi penAI PENAI pen_ai nthropic NTHROPIC laude emini EMINI oogle_ai oogleAi roq istral penrouter penRouter penrouter ohere eepseek eepSeek erplexity "
        "ogether eplicate uggingface uggingFace ugging_face levenlabs levenLabs xai llm LLM gpt ai_key aiKey ai-key ai_api aiApi ai-api"
    ).split()
)
"""One of these is in every such name: patterns are for files that have one."""
_STORES = regex(
    rb"(?<![\w$])(?P<store>(?:window\.)?(?P<session>session|local)Storage)\.setItem\(\s{0,20}[\"'`](?P<name>" + _NAME + rb")[\"'`]\s{0,4},",
    re.IGNORECASE,
)
# The name of the place may stand elsewhere: ``localStorage.setItem(STORAGE_KEY, apiKey)``.
_STORES_VALUE = regex(
    rb"(?<![\w$])(?P<store>(?:window\.)?(?P<session>session|local)Storage)\.setItem\(\s{0,20}[^,()\n]{1,60},\s{0,20}(?:[\w$]{1,30}\.){0,3}(?P<name>[\w$]{0,20}api_?key)(?:\.value)?(?:\.trim\(\))?\s{0,20}\)",
    re.IGNORECASE,
)
_OF_MODELS = regex(rb"(?:" + _PROVIDER.replace(b"|ai)", b")") + rb")", re.IGNORECASE)
# A field of an object that is a row: what it is set to is written with the next commit.
_ASSIGNED = regex(
    rb"(?<![\w.])(?:[a-z]\w{0,20}_)?(?:user|profile|account|settings?|member|owner|customer|preferences?|config|keys?|record|row)(?:\.profile|\.settings)?\.(?P<name>"
    + _NAME
    + rb")\s{0,2}=\s{0,2}(?P<value>(?:self\.)?(?:request|req|body|data|form|payload|input|values?|params|json|api_keys|[a-z]\w{0,20}_(?:in|data|update|request|body))(?:\.[a-zA-Z_]\w{0,40}){0,2}(?:\[[\"']\w{1,40}[\"']\]|(?:\.get|\.pop)\([\"']\w{1,40}[\"'](?:,\s?[^()\n]{1,20})?\))?)(?:\.strip\(\))?\s{0,4}(?:\bor None)?\s{0,2}(?=[\n;#]|\Z)",
    re.IGNORECASE,
)
_KEEPS = regex(rb"\.(?:commit|flush|save|a?save_changes|merge|insert_one|update_one|replace_one)\(")
_WRITES = regex(rb"\.(?:update|create|insert|upsert|insertOne|updateOne|set|findByIdAndUpdate|create_all|values)\(")
_GIVEN = regex(
    rb"(?<![\w$.])[\"']?(?P<name>"
    + _NAME
    + rb")[\"']?\s{0,4}[:=]\s{0,4}(?P<value>(?:req(?:uest)?\.|await\s)?(?:body|json|data|input|payload|values|form|req|request|params)(?:\.|\[[\"'])[\w.\"'\]]{1,40})\s{0,4}(?=[,)}\]]|\Z)",
    re.IGNORECASE,
)
_LOGS = regex(
    rb"(?<![\w$.])(?:console\.(?:log|info|debug|warn|error)|print|log(?:ger|ging)?\.(?:debug|info|warning|error))\([^()\n]{0,80}?(?<![\w$.\"'])(?:(?:body|data|req\.body|req|request|payload|input)\.)(?P<name>"
    + _NAME
    + rb"|api_?key)\s{0,4}[,)}]",
    re.IGNORECASE,
)
# Names that a request's own key is bound to: `const { apiKey } = await req.json()`, `api_key = request.json.get("api_key")`, `const [openaiKey, setOpenaiKey] = useState("")`.
_TAKEN = regex(
    rb"\{(?P<several>[^{}]{1,300})\}\s{0,4}=\s{0,4}(?:await\s{1,4})?[\w$.?]{1,40}(?:\(\))?(?:\.json\(\)|\.body|\.parse\(|(?<=body)|(?<=data))"
    rb"|(?<![\w.])(?P<one>\w{0,20}key)\s{0,4}=\s{0,4}(?:await\s{1,4})?(?:req(?:uest)?|body|data|payload)\b[\w.]{0,30}(?:\.get\(|\[)?[\"']?\w{0,20}key"
    rb"|\[(?P<state>\w{0,20}key),\s{0,4}set\w{1,30}\]\s{0,4}=\s{0,4}(?:React\.)?useState",
    re.IGNORECASE,
)
_KEY = regex(rb"\w{0,20}?(?:api_?key|" + _PROVIDER + rb"_?key)", re.IGNORECASE)
_PLAIN = regex(rb"[A-Za-z_]\w{0,40}")
_LOG = rb"(?<![\w$.])(?:console\.(?:log|info|debug|warn|error)|print|log(?:ger|ging)?\.(?:debug|info|warning|error))\("
_FILED = regex(
    rb"json\.dump\(|writeFile(?:Sync)?\(|(?:INSERT\s+INTO|UPDATE)\b[^;\"'`]{0,200}?key[^;\"'`]{0,120}[\"'`]\s{0,4},", re.IGNORECASE
)
_SENT = regex(rb"(?<![\w$.])(?:req(?:uest)?\.body|req|request|body|data|payload)(?:\.|\[[\"'])(?P<name>\w{0,20}api_?key)\b", re.IGNORECASE)
# The address of a request is kept in every log on its way.
_IN_ADDRESS = regex(
    rb"[\"'`](?:\$\{[\w.]{1,40}\})?/[^\"'`\s]{0,120}[?&]\w{0,12}key=(?:\$\{(?:encodeURIComponent\()?|[\"']\s?\+\s?)(?P<name>[\w.]{0,30}key)\b",
    re.IGNORECASE,
)
_PERSISTED = regex(rb"(?<![\w$.])persist\(")
_EMPTY = regex(rb"(?<![\w$.])(?P<name>" + _NAME + rb")\s{0,4}:\s{0,4}(?:''|\"\"|null|undefined)\s{0,4},", re.IGNORECASE)
_MASKED = regex(rb"encrypt|cipher|seal|vault|hash|mask|redact|removeItem", re.IGNORECASE)
_REACH, _SHORT, _MOST = 400, 160, 10
# What stands before ``key`` and ``token`` in such names, in small letters.
_BEFORE = {
    b"key": tuple(
        b"api openai open_ai open-ai anthropic claude gemini googleai google_ai google-ai groq mistral openrouter open_router open-router cohere deepseek perplexity together replicate "
        b"huggingface hugging_face hugging-face elevenlabs eleven_labs eleven-labs xai llm gpt ai".split()
    ),
    b"token": (b"face", b"replicate", b"face_api", b"replicate_api", b"faceapi", b"replicateapi"),
}


def user_keys(path: str, data: bytes, words: AbstractSet[bytes]) -> Iterator[Setting]:
    """One setting for each place where such a key is kept or told, by its name. ``words`` are those of ``WORDS`` and others that stand in the file."""
    suffix = path[path.rfind(".") :].lower()
    script = suffix in SCRIPTS
    if (not script and suffix != ".py") or words.isdisjoint(WORDS) or not _names_one(data.lower()):
        return
    found: dict[str, Setting] = {}
    for stored in _STORES.finditer(data) if script and b"torage.setItem(" in data else ():
        line = data[stored.end() : stored.end() + 120].partition(b"\n")[0]
        if not _MASKED.search(line):
            narrow = stored["session"].lower() == b"session"
            _note(found, path, stored, f"kept in {stored['store'].decode()}", narrow=narrow)
    for stored in _STORES_VALUE.finditer(data) if script and b"torage.setItem(" in data and _OF_MODELS.search(data) else ():
        if not _MASKED.search(stored[0]) and not any(_overlaps(each.place, stored) for each in found.values()):
            narrow = stored["session"].lower() == b"session"
            _note(found, path, stored, f"kept in {stored['store'].decode()}", narrow=narrow)
    for given in _ASSIGNED.finditer(data) if _KEEPS.search(data) else ():
        if not _MASKED.search(given[0]):
            _note(found, path, given, "written into a row")
    for low, high in _after_writes(data):
        for given in _GIVEN.finditer(data, low, high):
            if _is_written(data, given.start()) and not _MASKED.search(given[0]):
                _note(found, path, given, "written into a row")
    for logged in _LOGS.finditer(data):
        _note(found, path, logged, "written into the log")
    for held in _taken(data):
        _kept(found, path, data, held)
    for filed in _FILED.finditer(data) if _OF_MODELS.search(data) else ():
        sent = _SENT.search(data, filed.end(), filed.end() + _SHORT)
        if sent is not None and not _MASKED.search(data, filed.start(), sent.end()):
            _note(found, path, sent, "written down")
    if script:
        for asked in _IN_ADDRESS.finditer(data):
            _note(found, path, asked, "put into an address")
        if _PERSISTED.search(data) and b"partialize" not in data:
            for empty in _EMPTY.finditer(data):
                _note(found, path, empty, "kept in localStorage")
    yield from list(found.values())[:_MOST]


def _names_one(data: bytes) -> bool:
    """Something in a text of small letters may be called like such a key: looked for by its end, which is ten times as fast as by patterns."""
    if b"key=" in data:
        return True  # in an address it may be called anything
    for word, before in _BEFORE.items():
        at = data.find(word)
        while at != -1:
            if data[max(0, at - 20) : at].rstrip(b"_-").endswith(before):
                return True
            at = data.find(word, at + len(word))
    return False


def _taken(data: bytes) -> list[bytes]:
    """What the keys are called here that a request brings, or somebody types in."""
    found: dict[bytes, None] = {}
    for taken in _TAKEN.finditer(data):
        names = taken["several"].split(b",") if taken["several"] is not None else [taken["one"] or taken["state"]]
        for each in names:
            asked, _, renamed = each.partition(b"=")[0].partition(b":")
            name = (renamed or asked).strip()
            if _PLAIN.fullmatch(name) and (taken["one"] is not None or _KEY.fullmatch(asked.strip())):
                found[name] = None
    of_models = _OF_MODELS.search(data) is not None
    return [name for name in found if of_models or _OF_MODELS.search(name)][:_MOST]


def _kept(found: dict[str, Setting], path: str, data: bytes, held: bytes) -> None:
    """Where a name that holds such a key is written down, or told."""
    word = regex(rb"(?<![\w$.\"'])(?P<name>" + held + rb")(?![\w$(\"']|\s{0,4}[:=][^:=])")
    logged = regex(_LOG + rb"[^()\n]{0,80}?(?<![\w$.\"'!])(?P<name>" + held + rb")\s{0,4}[,)}]")
    for told in logged.finditer(data):
        if not _MASKED.search(told[0]):
            _note(found, path, told, "written into the log")
    for low, high in _after_writes(data):
        for used in word.finditer(data, low, high):
            if _is_written(data, used.start()) and not _MASKED.search(data, max(0, used.start() - 40), used.start()):
                _note(found, path, used, "written into a row")
    for filed in _FILED.finditer(data):
        written = word.search(data, filed.end(), filed.end() + _SHORT)
        if written is not None and not _MASKED.search(data, filed.start(), written.end()):
            _note(found, path, written, "written down")


def _overlaps(place: Place | None, match: re.Match[bytes]) -> bool:
    return place is not None and place.span.start < match.end() and match.start() < place.span.end


def _note(found: dict[str, Setting], path: str, place: re.Match[bytes], what: str, *, narrow: bool = False) -> None:
    name = place["name"].decode("utf-8", "replace")
    where = Place(path, Span(*place.span()))
    found.setdefault(
        f"{name} {what}", Setting(SettingKind.USER_KEY, f"{name} {what}", shown=f"{name} is {what}", place=where, narrow=narrow)
    )


def _after_writes(data: bytes) -> list[tuple[int, int]]:
    """The ranges in which a row may be put together, in order, and no part of the file twice."""
    found: list[tuple[int, int]] = []
    for call in _WRITES.finditer(data):
        if found and call.end() <= found[-1][1]:
            found[-1] = (found[-1][0], call.end() + _REACH)
        else:
            found.append((call.end(), call.end() + _REACH))
    return found


def _is_written(data: bytes, offset: int) -> bool:
    """A call that writes a row is open there."""
    for call in _WRITES.finditer(data, max(0, offset - _REACH), offset):
        depth = 1
        for at in range(call.end(), offset):
            depth += (data[at] == ord("(")) - (data[at] == ord(")"))
            if depth == 0:
                break
        else:
            return True
    return False
