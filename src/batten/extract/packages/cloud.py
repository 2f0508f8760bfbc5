"""Storage and databases that files of infrastructure open to everybody: Terraform, CloudFormation, SAM and the Serverless Framework; evaluates no expression.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html https://cloud.google.com/storage/docs/access-control/making-data-public
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.extract.packages.reading import Settings
from batten.facts.services import Setting, SettingKind
from batten.parse.documents import Entry, Listing, Scalar, Table, Value, below, read_json, read_yaml
from batten.regex import regex
from batten.text import Place, Span

_TEMPLATE = regex(r"(?:.*[._-])?(?:template|serverless|cloudformation|cfn|stack|sam)(?:[._-].*)?\.(?:ya?ml|json)", re.IGNORECASE)
_BLOCK = regex(rb'^[^\S\n]*(?P<what>resource|data)[^\S\n]+"(?P<type>\w+)"[^\S\n]+"(?P<name>[\w-]+)"[^\S\n]*\{', re.MULTILINE)
_TOKEN = regex(rb'"(?:[^"\\\n]|\\.)*+"|#[^\n]*+|//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+|(?!))*+\*/|[{}]')
_COMMENT = regex(rb'"(?:[^"\\\n]|\\.)*+"|#[^\n]*+|//[^\n]*+')
# Buckets that are made to be seen, by what they are called.
_FOR_ALL = regex(r"(?i)site|asset|static|public|cdn|www|web|front|landing|download|media|image|avatar")
_ACL = regex(rb'^[^\S\n]*acl[^\S\n]*=[^\S\n]*"(?P<value>public-read(?:-write)?)"', re.MULTILINE)
_EVERYBODY = regex(rb'"(?P<who>allUsers|allAuthenticatedUsers)"')
_CONTAINER = regex(rb'^[^\S\n]*container_access_type[^\S\n]*=[^\S\n]*"(?:blob|container)"', re.MULTILINE)
_PUBLIC = regex(rb"^[^\S\n]*publicly_accessible[^\S\n]*=[^\S\n]*true\b", re.MULTILINE)
_PRINCIPAL = regex(
    rb'"?Principal"?[^\S\n]*[=:][^\S\n]*(?:"\*"|\{[^\S\n]*"?AWS"?[^\S\n]*[=:][^\S\n]*"\*"[^\S\n]*\})|identifiers[^\S\n]*=[^\S\n]*\[[^\S\n]*"\*"'
)
_ANYWHERE = regex(rb'"(?:0\.0\.0\.0/0|::/0)"')
_FROM_PORT = regex(rb"^[^\S\n]*(?:from_port|to_port)[^\S\n]*=[^\S\n]*(?P<port>\d{1,5})\b", re.MULTILINE)
_NETWORK = regex(rb'\bvalue[^\S\n]*=[^\S\n]*"(?:0\.0\.0\.0/0|::/0)"')
_LAST_ADDRESS = regex(rb'^[^\S\n]*end_ip_address[^\S\n]*=[^\S\n]*"255\.255\.255\.255"', re.MULTILINE)
_PORTS_OF = regex(rb"^[^\S\n]*ports[^\S\n]*=[^\S\n]*\[(?P<ports>[^\]]*)\]", re.MULTILINE)
_INGRESS = regex(rb"^[^\S\n]*ingress[^\S\n]*\{", re.MULTILINE)
_PORTS = {5432: "PostgreSQL", 3306: "MySQL", 1433: "SQL Server", 27017: "MongoDB", 6379: "Redis", 9200: "Elasticsearch", 5439: "Redshift"}
_DATABASES = frozenset(("aws_db_instance", "aws_rds_cluster_instance", "aws_redshift_cluster"))
_POLICIES = frozenset(("aws_s3_bucket_policy", "aws_iam_policy_document"))
_GOOGLE = regex(
    r"google_(?:storage_bucket|bigquery_dataset|bigquery_table|secret_manager_secret|pubsub_(?:topic|subscription))(?:_iam|_access)?_?\w*"
)
_MOST = 400


class _Block(NamedTuple):
    """One block of Terraform: its type and name, its text without comments, and where it starts."""

    type: str
    name: str
    text: bytes
    start: int


def reads(path: str, name: str) -> bool:  # noqa: ARG001 - as of all readers
    """Whether the file is one of these, by its name."""
    return name.endswith(".tf") or _TEMPLATE.fullmatch(name) is not None


def read(path: str, data: bytes) -> Settings:
    """What is open to everybody."""
    found = _of_terraform(data) if path.endswith(".tf") else _of_template(path, data)
    settings: dict[str, Setting] = {}
    for name, shown, span, narrow in found:
        settings.setdefault(name, Setting(SettingKind.PUBLIC_RESOURCE, name, shown=shown, place=Place(path, span), narrow=narrow))
    return Settings(settings=tuple(settings.values()))


_Found = Iterator[tuple[str, str, Span, bool]]


def _of_terraform(data: bytes) -> _Found:
    blocks = list(_blocks(data))
    open_ports = [found for block in blocks for found in _open_ports(block)]
    sites = b"".join(block.text for block in blocks if block.type == "aws_s3_bucket_website_configuration")
    for block in blocks:
        name = f"{block.type}.{block.name}"
        whole = block.text
        for_all = _FOR_ALL.search(block.name) is not None or f".{block.name}.".encode() in sites or b"website" in whole
        if block.type in ("aws_s3_bucket", "aws_s3_bucket_acl") and (found := _ACL.search(whole)):
            value = found["value"].decode()
            yield name, f"`{name}` has the access list {value}", _span(block, found), for_all and value == "public-read"
        elif block.type in _POLICIES and (found := _PRINCIPAL.search(whole)) and _gives_files(whole):
            yield name, f"the policy `{name}` lets everybody in", _span(block, found), for_all
        elif _GOOGLE.fullmatch(block.type) and (found := _EVERYBODY.search(whole)):
            yield name, f"`{name}` lets {found['who'].decode()} in", _span(block, found), for_all
        elif block.type == "azurerm_storage_container" and (found := _CONTAINER.search(whole)):
            yield name, f"the container `{name}` can be read without signing in", _span(block, found), for_all
        elif block.type == "google_sql_database_instance" and b"authorized_networks" in whole and (found := _NETWORK.search(whole)):
            yield name, f"the database `{name}` takes every address", _span(block, found), False
        elif block.type.startswith("azurerm_") and block.type.endswith("firewall_rule") and (found := _LAST_ADDRESS.search(whole)):
            yield name, f"`{name}` takes every address", _span(block, found), b'"0.0.0.0"' not in whole
        elif block.type in _DATABASES and (found := _PUBLIC.search(whole)):
            # Without an open door in its network it only has a public address.
            yield name, f"the database `{name}` has an address on the internet", _span(block, found), not open_ports
    for block, port, found in open_ports:
        name = f"{block.type}.{block.name}"
        yield name, f"`{name}` opens the port of {_PORTS[port]} to every address", _span(block, found), False


def _blocks(data: bytes) -> Iterator[_Block]:
    for count, head in enumerate(_BLOCK.finditer(data)):
        if count >= _MOST:
            return
        depth, end = 1, len(data)
        for token in _TOKEN.finditer(data, head.end()):
            depth += {b"{": 1, b"}": -1}.get(token[0], 0)
            if not depth:
                end = token.start()
                break
        text = _COMMENT.sub(lambda found: found[0] if found[0].startswith(b'"') else b" " * len(found[0]), data[head.end() : end])
        yield _Block(head["type"].decode(), head["name"].decode(), text, head.end())


def _span(block: _Block, found: re.Match[bytes]) -> Span:
    lead = len(found[0]) - len(found[0].lstrip())
    return Span(block.start + found.start() + lead, block.start + found.end())


def _gives_files(text: bytes) -> bool:
    """A policy of storage that allows, under no condition."""
    return (b"s3:" in text or b'"*"' in text) and b'"Deny"' not in text and re.search(rb"(?i)\bcondition\b", text) is None


def _open_ports(block: _Block) -> Iterator[tuple[_Block, int, re.Match[bytes]]]:
    """The ports of databases that rules of a network open to every address."""
    if block.type == "aws_security_group":
        starts = [found.start() for found in _INGRESS.finditer(block.text)]
        parts = [(start, block.text[start : block.text.find(b"}", start)]) for start in starts]
    elif (
        block.type == "aws_vpc_security_group_ingress_rule"
        or (block.type == "aws_security_group_rule" and b'"ingress"' in block.text)
        or (block.type == "google_compute_firewall" and b'"EGRESS"' not in block.text)
    ):
        parts = [(0, block.text)]
    else:
        return
    for start, part in parts:
        listed = b",".join(found["ports"] for found in _PORTS_OF.finditer(part))
        given = [*(found["port"] for found in _FROM_PORT.finditer(part)), *re.findall(rb'"(\d{1,5})"', listed)]
        port = next((int(each) for each in given if int(each) in _PORTS), None)
        found = _ANYWHERE.search(block.text, start, start + len(part))
        if port is not None and found is not None:
            yield block, port, found


def _of_template(path: str, data: bytes) -> _Found:
    if b"AWS::" not in data:
        return
    whole = (read_json(data) if path.endswith(".json") else read_yaml(data)).table
    resources = below(whole, "Resources") or below(whole, "resources", "Resources")
    for entry in resources.entries[:_MOST] if isinstance(resources, Table) else ():
        yield from _resource(entry)


def _resource(entry: Entry) -> _Found:
    kind = _text(below(entry.value, "Type"))
    properties = below(entry.value, "Properties")
    if not isinstance(properties, Table):
        return
    for_all = _FOR_ALL.search(entry.key) is not None or properties.get("WebsiteConfiguration") is not None
    access, public = properties.entry("AccessControl"), properties.entry("PubliclyAccessible")
    if kind == "AWS::S3::Bucket" and access is not None and _text(access.value).startswith("PublicRead"):
        value = _text(access.value)
        yield entry.key, f"the bucket `{entry.key}` has the access list {value}", access.place, for_all and value == "PublicRead"
    elif kind == "AWS::S3::BucketPolicy":
        statements = below(properties, "PolicyDocument", "Statement")
        for statement in statements.items if isinstance(statements, Listing) else (statements,):
            at = statement.entry("Principal") if isinstance(statement, Table) else None
            if at is None or not isinstance(statement, Table):
                continue
            everybody = _text(at.value) == "*" or _text(below(at.value, "AWS")) == "*"
            if everybody and _text(statement.get("Effect")) == "Allow" and statement.get("Condition") is None:
                yield entry.key, f"the policy `{entry.key}` lets everybody in", at.place, for_all
    elif kind == "AWS::RDS::DBInstance" and public is not None and _text(public.value).lower() == "true":
        yield entry.key, f"the database `{entry.key}` has an address on the internet", public.place, True
    elif kind in ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"):
        rules = properties.get("SecurityGroupIngress")
        for rule in (*(rules.items if isinstance(rules, Listing) else ()), properties):
            address = rule.entry("CidrIp") if isinstance(rule, Table) else None
            port = _text(below(rule, "FromPort"))
            if address is not None and _text(address.value) == "0.0.0.0/0" and port.isdigit() and int(port) in _PORTS:
                yield entry.key, f"`{entry.key}` opens the port of {_PORTS[int(port)]} to every address", address.place, False


def _text(value: Value | None) -> str:
    return value.text if isinstance(value, Scalar) else ""
