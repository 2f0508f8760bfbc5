"""Turns the views of a replayed database into facts."""

from batten.facts.database import View
from batten.facts.schema import Verdict
from batten.link.schema import views, wording
from batten.link.schema.access import AccessModel
from batten.link.schema.private_names import strongest
from batten.link.schema.privileges import VERBS
from batten.link.schema.sensitivity import sensitive
from batten.link.schema.settings import PUBLIC_MARK, Setting, common
from batten.link.schema.state import Relation
from batten.link.schema.tables import client_privileges, columns_of, is_revoked


def view_facts(model: AccessModel, setting: Setting) -> list[View]:
    """Every view that the migrations make and that is left at their end."""
    return [_view(model, relation, setting) for relation in model.database.relations.values() if relation.kind in ("view", "matview")]


def _view(model: AccessModel, view: Relation, setting: Setting) -> View:
    kinds = sensitive(view)
    strong = strongest(kinds.values())
    shown = tuple(sorted(kinds, key=lambda label: (kinds[label] != strong, list(view.columns).index(label))))
    matrix = model.matrix(view)
    read = views.readings(model, view)
    exposed = view.schema in setting.exposed
    open_to = {
        role: tuple(cell.verb for cell in matrix if cell.role == role and cell.verdict is Verdict.ALL) for role in ("anon", "authenticated")
    }
    to_anon = bool(open_to["anon"])
    verbs = open_to["anon" if to_anon else "authenticated"]
    return View(
        name=view.full,
        kind=view.kind,
        premature=view.premature,
        owner=view.owner,
        invoker=bool(view.invoker),
        invoker_before=view.was_invoker and not view.invoker,
        barrier=view.barrier,
        reads=tuple(sorted({relation.full for relation in view.reads.values()})),
        reads_below=tuple(sorted({each.relation.full for each in read if each.relation.kind not in ("view", "matview")})),
        overrides=tuple(
            sorted({each.relation.full for each in read if each.overridden and each.relation.kind in ("table", "partitioned")})
        ),
        reads_accounts=any(each.relation.schema == "auth" for each in read),
        asks_caller=views.asks_caller(view.query),
        filtered=views.filtered(view.query),
        updatable=view.kind == "view" and views.updatable(view),
        columns=columns_of(view, kinds),
        sensitivity=strong,
        sensitive_columns=shown,
        exposed=exposed,
        granted=client_privileges(model, view, VERBS),
        readable=client_privileges(model, view, ("select",)),
        revoked=is_revoked(view, VERBS),
        access=matrix,
        anon_verbs=open_to["anon"] if exposed else (),
        outsiders=wording.reach(verbs, to_anon, shown) if verbs else "",
        marked_public=PUBLIC_MARK in view.comment,
        **common(setting, "view", view.full, view.place, tuple(view.trail)),
    )
