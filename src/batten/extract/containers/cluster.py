"""What manifests of Kubernetes run, and which of it they open to the outside; templates of Helm are not read, as they are no YAML before they are filled in.

https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
"""

import re
from collections.abc import Iterator

from batten.extract.containers.settings import Words, flags, image_name, inside_shells, programs, tokens, variable
from batten.facts.containers import Container, Option, Port
from batten.parse.documents import Listing, Scalar, Table, Value, below, read_yaml
from batten.regex import regex
from batten.text import Place, Span

_PODS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job"))
_KIND = regex(rb"^kind:[^\S\n]*[\"']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Pod|Job|Service)\b", re.MULTILINE)
_TEMPLATE = b"{{"
# What keeps a load balancer inside of a network of one's own.
_INTERNAL = regex(r"(?i)internal|scheme")
_MOST = 200


def may_be(name: str, data: bytes) -> bool:
    """Whether a file is such a manifest, by its name and words."""
    return name.endswith((".yaml", ".yml")) and b"apiVersion:" in data and _KIND.search(data) is not None and _TEMPLATE not in data


def read(path: str, data: bytes, words: Words) -> tuple[list[Container], bool]:
    """The containers of all pods and what opens them, and whether the file was read to its end."""
    document = read_yaml(data)
    found: list[Container] = []
    for value in document.values[:_MOST]:
        if not isinstance(value, Table):
            continue
        kind = _text(value.get("kind"))
        if kind in _PODS:
            found += _of_pod(path, kind, value, words)
        elif kind == "Service":
            found += _of_service(path, value)
    return found[:_MOST], document.whole


def _of_pod(path: str, kind: str, value: Table, words: Words) -> Iterator[Container]:
    outer = value if kind == "Pod" else below(value, "spec", "template")
    spec = below(outer, "spec")
    labels = (f"kind: {kind}", *_pairs(below(outer, "metadata", "labels")))
    on_host = _text(below(spec, "hostNetwork")) == "true"
    listed = below(spec, "containers")
    for each in listed.items if isinstance(listed, Listing) else ():
        image = each.entry("image") if isinstance(each, Table) else None
        if not isinstance(each, Table) or image is None:
            continue
        name, tag = image_name(_text(image.value))
        command = inside_shells([*_words(each.get("command")), *_words(each.get("args"))])
        at = (each.entry("args") or each.entry("command") or image).place
        settings = [*_environment(each.get("env"), words), *flags(command, at, words)]
        yield Container(
            name=_text(each.get("name")) or name,
            place=Place(path, image.place),
            image=name,
            programs=(f"image:{name}", *(programs(command) if each.get("command") is not None else ())),
            settings=(*settings, *((Option("tag", tag, image.place),) if tag else ())),
            ports=tuple(_host_ports(path, each.get("ports"))),
            on_host=on_host,
            more=each.get("envFrom") is not None,
            labels=labels,
            deployed=True,
        )


def _host_ports(path: str, value: Value | None) -> Iterator[Port]:
    for item in value.items if isinstance(value, Listing) else ():
        at = item.entry("hostPort") if isinstance(item, Table) else None
        if isinstance(item, Table) and at is not None:
            yield Port(_text(item.get("hostIP")), _text(item.get("containerPort")), Place(path, at.place))


def _of_service(path: str, value: Table) -> Iterator[Container]:
    spec = value.get("spec")
    kind = spec.entry("type") if isinstance(spec, Table) else None
    selects = tuple(_pairs(below(spec, "selector")))
    if not isinstance(spec, Table) or kind is None or not selects or _text(kind.value) not in ("LoadBalancer", "NodePort"):
        return
    annotations = below(value, "metadata", "annotations")
    names = list(_pairs(annotations))
    known = _text(kind.value) == "LoadBalancer" and spec.get("loadBalancerSourceRanges") is None and not any(map(_INTERNAL.search, names))
    listed = spec.get("ports")
    targets = (
        [_text(item.get("targetPort")) or _text(item.get("port")) for item in listed.items if isinstance(item, Table)]
        if isinstance(listed, Listing)
        else []
    )
    place = Place(path, Span(kind.place.start, kind.place.end))
    yield Container(
        name=f"service {_text(below(value, 'metadata', 'name'))}",
        place=place,
        ports=tuple(Port("" if known else None, target, place) for target in targets),
        selects=selects,
        deployed=True,
    )


def _environment(value: Value | None, words: Words) -> Iterator[Option]:
    for item in value.items[:_MOST] if isinstance(value, Listing) else ():
        if isinstance(item, Table):
            given = item.get("value")
            yield variable(_text(item.get("name")), given.text if isinstance(given, Scalar) else None, item.span, words)


def _pairs(value: Value | None) -> Iterator[str]:
    for entry in value.entries[:_MOST] if isinstance(value, Table) else ():
        yield f"{entry.key}={_text(entry.value)}"


def _words(value: Value | None) -> list[str]:
    if isinstance(value, Listing):
        return [item.text for item in value.items[:_MOST] if isinstance(item, Scalar)]
    return tokens(_text(value))


def _text(value: Value | None) -> str:
    return value.text if isinstance(value, Scalar) else ""
