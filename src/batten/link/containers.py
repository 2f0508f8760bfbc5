"""Joins the servers that files set up with what is known of their programs: who reaches them, and who gets in."""

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from batten.facts.containers import EVERYWHERE, LOOPBACK, Container, Given, Option, Password, Port, ServerKind
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.facts.vocabulary import Meaning, Row, Vocabulary
from batten.finding import Step
from batten.link.setups import Setups
from batten.text import Place

_CONFIG = "config:"
_PORT_FLAGS = ("--port", "-p", "PORT")
_RECIPES = ("Dockerfile", "Containerfile")
_ASKED = (
    (Given.WEAK, Password.WEAK),
    (Given.FALLBACK, Password.FALLBACK),
    (Given.WRITTEN, Password.WRITTEN),
    (Given.ENVIRONMENT, Password.ENVIRONMENT),
)
_OF_MODELS = frozenset((ServerKind.AI_GATEWAY, ServerKind.MODEL_SERVER, ServerKind.AI_UI))
_KINDS = {kind.value: kind for kind in ServerKind}


_Told = Sequence[tuple[str, Sequence[Option]]]
"""Settings, by the file in which they stand."""


class Verdict(NamedTuple):
    """Whether a server lets everybody in, and what says so."""

    is_open: bool | None
    known_key: bool = False
    reason: str = ""
    at: Place | None = None


def containers(
    files: Iterable[FileFacts], vocabulary: Vocabulary, package_of: Callable[[str], Package | None], path_class: Callable[[str], str]
) -> tuple[Container, ...]:
    """The servers that the vocabulary knows, by place."""
    all_files = list(files)
    paths = frozenset(file.path for file in all_files)
    files = [file for file in all_files if file.containers]
    if not files:
        return ()
    # A key that is told of as one need not be told of again.
    told = defaultdict(list)
    for secret in (secret for file in all_files for secret in file.secrets):
        told[secret.place.path].append(secret.place)
    named = frozenset(variable.name for file in all_files for variable in file.variables)
    every = {(file.path, each.name): each for file in files for each in file.containers}
    mounted = {path for each in every.values() for path in each.mounted}
    for_developers = {path for (path, _), each in every.items() if _is_for_developers(each, vocabulary)}
    for_developers |= {path for path in {path for path, _ in every} if f"{path.rpartition('/')[0]}/devcontainer.json" in paths}
    setups = Setups(every)
    found: list[Container] = []
    for (path, _), each in every.items():
        if _is_configuration(each) and path in mounted:
            continue  # judged with the server that is given it
        whole = setups.whole(path, each)
        found_rows = [row for program in whole.programs for row in vocabulary.programs.lookup(program)]
        rows = [row for row in found_rows if row.kind in _KINDS]
        data = next((row for row in rows if row.means is Meaning.DATA_SERVICE and row.applies(whole.settings)), None)
        judged = [row for row in rows if row.means is not Meaning.DATA_SERVICE and (row.kind in _OF_MODELS) is (data is None)]
        if data is None and not judged:
            continue
        elsewhere = setups.elsewhere(path, each)
        variables = setups.variables(path, whole) if data is None else ()
        told_of = [
            (path, each.settings),
            *((at, given.settings) for at, given in setups.configured(each)),
            *((at, (one,)) for at, one in variables),
        ]
        verdict = _verdict(told_of, replace(whole, settings=(*whole.settings, *(one for _, one in variables))), judged, elsewhere)
        if verdict.at is None and _is_configuration(each) and not named.isdisjoint(_asked_for(vocabulary, each)):
            verdict = Verdict(None)
        written = _written(path, each, judged, setups) if verdict.is_open is False else None
        if written is not None and not any(
            written.span.start <= at.span.end and at.span.start <= written.span.end for at in told[written.path]
        ):
            verdict = Verdict(True, True, "the key that it asks for stands in the code", written)
        package = package_of(path)
        root = package.root if package is not None else ""
        published, port = _published(whole, rows[0].arg if data is None else None)
        within: bool | None = None
        if each.process:
            if not verdict.is_open:
                continue  # what listens and asks is as it should be
            images = [other for (_, _), other in every.items() if other.copies and _is_copied(path, other)]
            listens = next((row for row in found_rows if row.means is Meaning.LISTENS and row.applies(whole.settings)), None)
            published = _reached(listens, images) if listens is not None else False
            within = True if images and published else None
        of_port = port.place if port is not None else each.place
        place = of_port if data is not None else verdict.at or of_port
        if place != each.place and any(other.place == place and other.reason == verdict.reason for other in found):
            continue  # several ways to start one server
        found.append(
            replace(
                each,
                place=place,
                kind=_KINDS[rows[0].kind or ""],
                program=(data.provider if data is not None else None) or _program(each, whole, vocabulary),
                published=published,
                is_open=verdict.is_open,
                known_key=verdict.known_key,
                password=_password(data, verdict, whole.settings, elsewhere) if data is not None else None,
                deployed=False if path in for_developers else each.deployed if within is None else within,
                reason=verdict.reason,
                package=root,
                path_class=path_class(path),
                key=f"{root}|container|{each.name}|{path}",
                subject=f"container|{path}|{each.name}",
                trail=_trail(each, place, port),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.place, each.name)))


def _is_for_developers(each: Container, vocabulary: Vocabulary) -> bool:
    return any(row.means is Meaning.DEVELOPMENT_TOOL for program in each.programs for row in vocabulary.programs.lookup(program))


def _password(data: Row, verdict: Verdict, settings: Iterable[Option], elsewhere: Iterable[Option]) -> Password | None:
    """What a service asks of those who connect; of several passwords the weakest, since whoever connects takes that."""
    if verdict.is_open:
        return Password.WEAK if verdict.known_key else Password.NONE
    slots = (data.arg or "").split("|")
    for said in (settings, elsewhere):
        given = {setting.given for setting in said if setting.slot in slots and not setting.slot.endswith("_FILE")}
        if given:
            return next((password for how, password in _ASKED if how in given), None)
    return None


def _asked_for(vocabulary: Vocabulary, each: Container) -> set[str]:
    """The variables that keep a server of this kind closed, whoever sets them."""
    kinds = {row.kind for program in each.programs for row in vocabulary.programs.lookup(program)}
    conditions = (row.unless for row in vocabulary.programs.rows if row.kind in kinds and row.unless is not None)
    return {slot for condition in conditions for slot in condition.partition("=")[0].split("|") if slot.isupper()}


def _verdict(told_of: _Told, each: Container, rows: list[Row], elsewhere: list[Option]) -> Verdict:
    answer: bool | None = False
    for row in sorted(rows, key=lambda row: row.means is not Meaning.KNOWN_KEY):
        applies = row.applies(each.settings)
        if applies and row.unless is not None:
            # What is not said here may be said where nobody sees it.
            said = Row(row.target, row.pattern, row.means, when=row.unless).applies(elsewhere) if elsewhere else False
            applies = None if each.more or said is None else not said
        if applies:
            at = _decided(told_of, row)
            if row.means is Meaning.KNOWN_KEY:
                return Verdict(True, True, "the key that it asks for stands in its manual", at)
            return Verdict(True, False, _reason(row, at), at)
        if applies is None:
            answer = None
    return Verdict(answer)


def _written(path: str, each: Container, rows: list[Row], setups: Setups) -> Place | None:
    """Where a gateway is told its key in so many words, in its own file or in the configuration that it is given: everyone who reads the code has it."""
    slots = {slot for row in rows if row.kind == ServerKind.AI_GATEWAY and row.unless for slot in row.unless.partition("=")[0].split("|")}
    keys = {slot for slot in slots if slot.lower().endswith("_key")}
    sources = [(path, each), *setups.configured(each)]
    found = (
        (at, one) for at, source in sources for one in source.settings if one.slot in keys and one.given in (Given.WRITTEN, Given.WEAK)
    )
    return next((Place(at, one.span) for at, one in found), None)


def _reason(row: Row, at: Place | None) -> str:
    if row.when is not None and at is not None:
        return "its login is switched off"
    return "it asks for no key" if row.kind != ServerKind.AI_UI else "it asks nobody to sign in"


def _decided(told_of: _Told, row: Row) -> Place | None:
    """Where the setting stands that lets everybody in; None where that is one that is missing."""
    if row.when is None or "=" not in row.when:
        return None
    for path, settings in told_of:
        for setting in settings:
            if setting.slot != "tag" and Row(row.target, row.pattern, row.means, when=row.when).applies([setting]):
                return Place(path, setting.span)
    return None


def _published(each: Container, usual: str | None) -> tuple[bool | None, Port | None]:
    """Whether others than this machine reach the server, and by which port."""
    if each.on_host:
        local = any((setting.text or "").startswith(LOOPBACK) for setting in each.settings)
        return (None if local else True), None
    if not each.ports:
        return (False if _is_service(each) else None), None
    wanted = {usual, *(setting.text for setting in each.settings if setting.slot in _PORT_FLAGS)}
    ports = [port for port in each.ports if port.target in wanted] or list(each.ports)
    answers = [(_outside(port.address), port) for port in ports]
    for answer in (True, None):
        for one, port in answers:
            if one is answer:
                return answer, port
    return False, ports[0]


def _reached(listens: Row, images: list[Container]) -> bool | None:
    """Whether a program that takes requests from other machines gets them: of those in an image the ones on ports that it says it listens on."""
    if not images:
        return True
    return True if any(listens.arg in image.exposes for image in images) else None


def _is_copied(path: str, image: Container) -> bool:
    """Whether an image holds a file: its context is the folder of the recipe, or one above it."""
    folder = image.place.path.rpartition("/")[0]
    within = path.removeprefix(f"{folder}/") if folder else path
    for source in image.copies:
        if source in ("", "."):
            if not folder or path.startswith(f"{folder}/"):
                return True
        elif any(where == source or where.startswith(f"{source}/") for where in (path, within)):
            return True
    return False


def _is_service(each: Container) -> bool:
    """It is one of a compose file, which publishes nothing that it does not say."""
    return not each.more and not each.labels and each.key == "" and not each.place.path.endswith(_RECIPES) and not _is_configuration(each)


def _program(each: Container, whole: Container, vocabulary: Vocabulary) -> str:
    """What rows know it by: its image, or what that is told to run where the image itself says nothing of it."""
    known = [program for program in whole.programs if any(row.kind in _KINDS for row in vocabulary.programs.lookup(program))]
    command = next((program for program in known if program.startswith("command:")), "") if f"image:{each.image}" not in known else ""
    return command.partition(":")[2] or each.image or whole.programs[0].partition(":")[2]


def _is_configuration(each: Container) -> bool:
    return any(program.startswith(_CONFIG) for program in each.programs)


def _outside(address: str | None) -> bool | None:
    """Whether a port that is bound to an address is reached from outside."""
    if address is None:
        return None
    if address in ("", *EVERYWHERE):
        return True
    if address.startswith(LOOPBACK):
        return False
    try:
        return None if ipaddress.ip_address(address).is_private else True
    except ValueError:
        return None


def _trail(each: Container, place: Place, port: Port | None) -> tuple[Step, ...]:
    steps = [Step(each.place, f"`{each.name}` is set up here")]
    if port is not None and _outside(port.address):
        steps.append(Step(port.place, "is published here, on every address of the host"))
    return tuple(step for step in steps if step.place != place)
