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
_KIND = regex(rb"^kind:[^\S\n]*[\"']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Pod|Job|Service|Ingress)\b", re.MULTILINE)
_TEMPLATE = b"{{"
# What keeps a load balancer inside of a network of one's own.
_INTERNAL = regex(r"(?i)internal|scheme")
# What asks who comes before an ingress lets them through, or lets through only some: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
_ASKS = regex(r"(?i)auth|oidc|middleware|whitelist|allow-?list|source-?range|security-?polic|internal|scheme|tailscale|waf|snippet")
_MOST = 200
_SERVICE = "service: "


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
        elif kind == "Ingress":
            found += _of_ingress(path, value)
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
    """A service, with the ports that it opens to the outside by itself; an ingress finds it by its name."""
    spec = value.get("spec")
    selects = tuple(_pairs(below(spec, "selector")))
    name = below(value, "metadata", "name")
    at = (spec.entry("type") or spec.entry("selector")) if isinstance(spec, Table) else None
    if not isinstance(spec, Table) or at is None or not selects:
        return
    kind = _text(spec.get("type"))
    names = list(_pairs(below(value, "metadata", "annotations")))
    is_internal = any(map(_INTERNAL.search, names)) or spec.get("loadBalancerSourceRanges") is not None
    targets = [_text(below(item, "targetPort")) or _text(below(item, "port")) for item in _items(spec.get("ports"))]
    place = Place(path, Span(at.place.start, at.place.end))
    yield Container(
        name=f"service {_text(name)}",
        place=place,
        ports=tuple(Port(None if is_internal else "", target, place) for target in targets if kind in ("LoadBalancer", "NodePort")),
        labels=(f"{_SERVICE}{_text(name)}",),
        selects=selects,
        deployed=True,
    )


def _of_ingress(path: str, value: Table) -> Iterator[Container]:
    """One for each service that an ingress leads to: https://kubernetes.io/docs/concepts/services-networking/ingress/."""
    spec = value.get("spec")
    said = (*_pairs(below(value, "metadata", "annotations")), f"class={_text(below(spec, 'ingressClassName'))}")
    address = None if any(map(_ASKS.search, said)) else ""
    paths = [each for rule in _items(below(spec, "rules")) for each in _items(below(rule, "http", "paths"))]
    backends = [below(spec, "defaultBackend"), *(below(each, "backend") for each in paths)]
    for backend in backends[:_MOST]:
        at = below(backend, "service", "name")
        if isinstance(at, Scalar):
            place = Place(path, at.span)
            yield Container(
                name=f"ingress {at.text}", place=place, ports=(Port(address, "", place),), selects=(f"{_SERVICE}{at.text}",), deployed=True
            )


def _environment(value: Value | None, words: Words) -> Iterator[Option]:
    for item in value.items[:_MOST] if isinstance(value, Listing) else ():
        if isinstance(item, Table):
            given = item.get("value")
            yield variable(_text(item.get("name")), given.text if isinstance(given, Scalar) else None, item.span, words)


def _pairs(value: Value | None) -> Iterator[str]:
    for entry in value.entries[:_MOST] if isinstance(value, Table) else ():
        yield f"{entry.key}={_text(entry.value)}"


def _items(value: Value | None) -> tuple[Value, ...]:
    return value.items[:_MOST] if isinstance(value, Listing) else ()


def _words(value: Value | None) -> list[str]:
    if isinstance(value, Listing):
        return [item.text for item in value.items[:_MOST] if isinstance(item, Scalar)]
    return tokens(_text(value))


def _text(value: Value | None) -> str:
    return value.text if isinstance(value, Scalar) else ""
