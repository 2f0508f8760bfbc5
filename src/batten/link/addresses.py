"""What an address says of a route: that it is public by its nature, for administrators, for other machines; knows nothing of what it does."""

import re

from batten.facts.calls import Function
from batten.facts.routes import Endpoint, Route, RouteAuth, RouteKind
from batten.regex import regex

_PUBLIC = regex(
    r"""(?x) (?:^|[/_.-])(?:
    login|log-in|signin|sign-in|sign_in|signup|sign-up|sign_up|register|registration|logout|log-out|
    registro|registrar|registrarse|cadastro|cadastrar|inscription|connexion|deconnexion|anmelden|abmelden|registrieren|registrazione|accedi|daftar|masuk|keluar|kayit|giris|signout|sign-out|sign_out|refresh|csrf|callback|oauth2?|sso|saml|magic-link|
    forgot|forgot-password|reset-password|reset_password|password-reset|password-recovery|recover|recovery|verify|verify-code|send-code|confirm-email|confirm_email|verification-email|verification_email|
    verification|verification-code|send-verification-code|resend-verification|send-otp|verify-email|verify_email|verify-otp|otp|2fa|webauthn|passkey|captcha|nextauth|webhooks?|
    unsubscribe|me|session|token|tokens
    )(?:$|[/.?:])"""
)
# Their accounts are those of a service, where strangers sign up by themselves.
_SERVED_ACCOUNTS = frozenset(("convex", "firebase"))
# What is there for everybody to see, and not to change: ``PATCH /orders/:id/status`` is about an order.
_SHOWN = regex(
    r"""(?x) (?:^|[/_.-])(?:
    health|healthz|healthcheck|live|ready|readyz|livez|ping|status|version|metrics|robots|sitemap|manifest|favicon|well-known|rss|feed|atom|og|opengraph|
    available|availability|embed|i18n|locales?|pricing|plans|docs|openapi|openapi\.json|swagger|static|preview|draft|subscribe|
    analytics|track|page-?views?|telemetry|vitals
    )(?:$|[/.?:])"""
)
# What visitors leave: it is not theirs to read, nor to take away again.
_LEFT = regex(
    r"""(?x) (?:^|[/_.-])(?:
    available|availability|contact|feedback|newsletter|subscribe|waitlist|leads?|analytics|track|track-(?:visits?|views?|clicks?|page)|page-?views?|telemetry|vitals|csp-report|ping
    )(?:$|[/.?:])"""
)
# ``loginStudent``, ``register-company``, ``reset-new-password``; to register an administrator is for nobody.
_SIGNING_IN = regex(
    r"""(?x)(?:^|/)(?:
        (?:log-?in|log-?out|sign-?in|sign-?out|sign-?up|register|magic|magic-link)(?:-(?!admin|super|staff)\w+)*
        | (?:forg[eo]t|reset)-(?:\w+-)*(?:password|pin)(?:-(?:by-|via-|with-)?(?:mobile|phone|sms|e?mail|otp|link|token|code|request|whatsapp))* | refresh-(?:\w+-)?token
        | (?:(?:re)?send|request)-(?:\w+-)*(?:verification|otp|code|magic-link|(?:password-)?reset(?:-password|-link)?)(?:-(?:email|mail|link|sms))? | (?:verify|activate|confirm)-(?:\w+-)*(?:email|otp|code|account)
    )/?$"""
)
# What is sent to a part of the app that says it is for everybody: ``POST /public/enquiries``, and not ``POST /notes/:id/public``.
_OPEN = regex(r"(?:^|/)public/")
_BY_METHOD = {"GET": (_SHOWN,), "HEAD": (_SHOWN,), "POST": (_LEFT, _OPEN), "ANY": (_SHOWN, _LEFT)}
# Whoever knows the link may: the address itself is the credential.
CAPABILITY = regex(
    r"[\[{:<](?:\.\.\.)?\w*(?:token|secret|signature|hash|(?:link|share|invite|invitation)(?:_?(?:id|code|key))?)\b"
    r"|(?:^|/)(?:invit(?:es?|ations?)|shared?|shares)/[\[{:<](?:\.\.\.)?(?:\w+:)?(?:code|slug|key|uuid)\b",
    re.IGNORECASE,
)
PUBLIC_READ = regex(
    r"(?:^|[/_.-])(?:public|products?|catalog|categories|search|blog|posts?|articles?|share|shared|events?|faqs?|tags?|menu|config)(?:$|[/.?:])"
)
_PUBLIC_ACTION = regex(
    r"^(?:sign_?(?:in|up|out)|log_?(?:in|out)|register|authenticate|(?:send|request|forgot|reset|verify|confirm)\w*(?:password|email|otp|code|link|challenge|guest\w*access)|contact|subscribe|newsletter|joinwaitlist|submit(?:contact|feedback)|(?:get|list|fetch)_?(?:booked|blocked|available|unavailable|taken|occupied)_?(?:dates?|slots?|times?|days?|seats?)$)",
    re.IGNORECASE,
)
_JOINS = regex(r"(?:^|[/_.-])(?:regist(?:er|ration)|sign-?_?up|create-?_?account|join)(?:$|[/_.?:-])|/users?/?$", re.IGNORECASE)
_ADMIN = regex(
    r"(?:^|[/_-])(?:admin|internal|manage|backoffice|superuser|impersonate|debug|seed|migrate|reset-db|reset_db|truncate|feature-flags?)(?:$|[/_:-])",
    re.IGNORECASE,
)
_ADMINISTRATORS = regex(
    r"(?:^|[/_.-])(?:admins?|administrators?|administration|backoffice|back-office|superusers?|super-?admins?|impersonate|feature-flags?)(?:$|[/_.:-])",
    re.IGNORECASE,
)
# ``/auth/is-admin``: it tells callers about themselves.
_ASKS_WHETHER = regex(
    r"(?:^|[/_.-])(?:is|check|verify|me|become|bootstrap|setup|claim|request)[/_-](?:\w+[/_-])?(?:super-?)?admin|admin[/_-](?:check|status|me|verify|setup|access)",
    re.IGNORECASE,
)
_ADMIN_EXEMPT = regex(r"(?:log-?in|sign-?in|auth|health|status)(?:$|/)", re.IGNORECASE)
_NEW_ADMIN = regex(
    r"/admins?/(?:[\w-]+/)?(?:register|sign-?_?up|create-?_?(?:admin|account))/?$|/(?:register|create|add)[-_]?admin/?$", re.IGNORECASE
)
PRIVATE = regex(
    r"(?:^|[^a-z])(?:users?|profiles?|customers?|orders?|payments?|invoices?|subscriptions?|messages?|chats?|conversations?|api_?keys?|tokens?|sessions?|invites?|leads?|patients?|bookings?|appointments?|reservations?|employees?|tickets?|audit_?logs?|accounts?|transactions?|licen[sc]es?|credentials?|salar(?:y|ies)|medical)(?:$|[^a-z])",
    re.IGNORECASE,
)
# ``{name}``, ``<name>`` and ``<int:name>`` in an address.
_IN_PATH = regex(r"[{<](?:\w+:)?(\w+)[:}>]")
HEALTH = regex(r"(?:^|[/_-])(?:health(?:z|-?check)?|ready(?:z)?|live(?:z)?|ping|status)$")
_CONFIG = regex(r"(?:^|[/_-])config(?:$|[/_-])")
_FIRST_RUN = regex(
    r"(?:^|[/_.-])(?:set-?_?up|install(?:er|ation)?|first-?_?run|bootstrap|onboarding)(?:/(?:admin|config|init|complete|finish))?/?$",
    re.IGNORECASE,
)
CAMEL = regex(r"(?<=[a-z0-9])(?=[A-Z])")
_WEBHOOK = regex(r"(?:^|[/_.-])(?:web-?_?hooks?|ipn|hooks?)(?:$|[/_.:?-])", re.IGNORECASE)
# ``/webhooks`` and ``/webhooks/:id`` are where people register their own.
_REGISTRY = regex(r"(?:^|/)web-?hooks(?:/[\[{:<][^/]*)?/?$", re.IGNORECASE)
# ``/task-templates`` and ``/job-offers`` are rows too.
_SCHEDULED = regex(
    r"(?:^|[/_.-])(?:(?:crons?|cron-?jobs?|scheduled?|scheduler|revalidate|worker|process-?queue|digests?)(?:$|[/_.:?-])|(?:jobs?|tasks?)(?:$|[/.:?]))",
    re.IGNORECASE,
)
# Rows of that name: ``/tasks/:id``, ``/employee-tasks``, and not ``/run-tasks``.
_TASKS = regex(
    r"(?:^|/)(?:(?!run|process|exec|trigger|start|do|handle|cron|check)[a-z]+[-_])*(?:jobs?|tasks?|schedules?|workers?)(?:/[\[{:<][^/]*)*/?$",
    re.IGNORECASE,
)
# ``/inspections/scheduled`` are those of the rows that are.
_ROWS_THAT_ARE = regex(
    r"(?:^|/)(?!(?:crons?|jobs?|tasks?|workers?|queues?|process|hooks?|webhooks?|functions?)/)[a-z][\w-]*s/scheduled/?$", re.IGNORECASE
)
_IN_ADDRESS = regex(r"(?:\.params?|^@params|path_params|view_args)(?:\.|$)")


# ``/analytics/export``, ``/availability/delete/:id``: what strangers leave, or are shown a part of, is not theirs to take.
_DOES = regex(r"(?:^|[/_-])(?:export|download|delete|remove|destroy|csv)(?:$|[/_.-])|(?:^|/)(?:notify|update|set|change)[_-]")


def about(file: str, endpoint: Endpoint, path: str) -> str:
    """What an address is about: of a router's root, at a path that was not understood, the name of its file says so (``routes/login.ts``)."""
    if path not in ("", "/") or endpoint.kind is not RouteKind.HTTP or not endpoint.router:
        return path
    steps = [step for step in file.split("/") if step]
    name = steps[-1].partition(".")[0]
    return f"/{steps[-2] if name == 'index' and len(steps) > 1 else name}"


def is_public(named: str, path: str, method: str, *, action: bool) -> bool:
    """The name alone says that strangers are meant to call it; ``named`` as ``about`` tells it."""
    if makes_administrators(path):
        return False
    if _PUBLIC_ACTION.match(path) if action else _PUBLIC.search(named.lower()) or CAPABILITY.search(path):
        return True
    if not action and not _DOES.search(path.lower()) and any(words.search(named.lower()) for words in _BY_METHOD.get(method, ())):
        return True
    return method in ("GET", "POST", "ANY") and bool(_SIGNING_IN.search(CAMEL.sub("-", named).replace("_", "-").lower()))


def is_front_page(endpoint: Endpoint, method: str, path: str) -> bool:
    """``GET /`` of the app itself; of a router it is the list of what the router is about, at a path that was not understood."""
    return path in ("", "/") and method in ("GET", "HEAD") and not endpoint.maker.endswith("Router")


def is_for_accounts(path: str) -> bool:
    """It is part of how people sign up and in, or takes what another service sends."""
    words = r"login|magic-?_?link|sign-?_?in|sign-?_?up|register|reset|webhook|callback|verify|(?<![a-z])otp(?![a-z])|available|availability|oauth2?/token"
    return re.search(words, path, re.IGNORECASE) is not None


def is_intake(path: str) -> bool:
    """It takes what visitors leave, by an address or the name of a table."""
    words = r"contact|newsletter|subscribe|wait_?list|(?<![a-z])leads?(?![a-z])|feedback|inquir|enquir|support|customer-?service|rsvp|quote-?_?requests?|request-?_?(?:a-)?quote|(?:^|[/_.-])(?:apply|partnerships?)/?$"
    return re.search(words, path, re.IGNORECASE) is not None


def makes_accounts(path: str, method: str) -> bool:
    """Who calls it has an account afterwards."""
    return method in ("POST", "ANY") and _JOINS.search(path) is not None


def lets_join(route: Route) -> bool:
    """Strangers make accounts for themselves: here, or with the service that tells the functions of this framework who calls."""
    # https://firebase.google.com/docs/auth/web/password-auth https://docs.convex.dev/auth: pages ask that service, and no route of the app.
    return route.framework in _SERVED_ACCOUNTS or (route.auth is RouteAuth.UNAUTHENTICATED and makes_accounts(route.path, route.method))


def is_for_admins(path: str, handler: str) -> bool:
    """The address or the name of the handler says that it is for administrators."""
    named = _ADMIN.search(path) or _ADMIN.search(CAMEL.sub("-", handler))
    return bool(named) and (not _ADMIN_EXEMPT.search(path) or makes_administrators(path))


def makes_administrators(path: str) -> bool:
    """It is where administrators are registered: whoever finds it is one."""
    return _NEW_ADMIN.search(path) is not None


def is_for_administrators(path: str, handler: str) -> bool:
    """The same, where that is sure: people manage what is theirs, and ``/internal`` is where other services come."""
    named = CAMEL.sub("-", handler)
    return bool(_ADMINISTRATORS.search(path) or _ADMINISTRATORS.search(named)) and not (
        _ADMIN_EXEMPT.search(path) or _ASKS_WHETHER.search(f"{path}/{named}")
    )


def is_configuration(path: str) -> bool:
    """It is about settings of the whole app."""
    return _CONFIG.search(path) is not None


def is_webhook(named: str, method: str) -> bool:
    """Another service calls it when something has happened there; it is not where such addresses are registered."""
    return method in ("POST", "ANY") and bool(_WEBHOOK.search(named)) and not _REGISTRY.search(named)


def is_scheduled(named: str, method: str) -> bool:
    """A clock or a queue calls it; it is not where people keep their tasks."""
    rows = _TASKS.search(named) or (method == "GET" and _ROWS_THAT_ARE.search(named))
    return method in ("GET", "POST", "ANY") and bool(_SCHEDULED.search(CAMEL.sub("-", named))) and not rows


def named_in(path: str, address: str) -> frozenset[str]:
    """The parameters of a handler that an address names, in Python: elsewhere they are not handed over one by one."""
    return frozenset(_IN_PATH.findall(address)) if path.endswith(".py") else frozenset()


def names_row(handler: Function, chosen: str) -> bool:
    """An id is a part of the address, and none that a gate has put into the body: ``req.params.id``, or a parameter of which a decorator says so."""
    marked = (mark.callee for parameter in handler.parameters if chosen == parameter.name for mark in parameter.marks)
    return _IN_ADDRESS.search(chosen) is not None or any(callee.endswith("#Param") for callee in marked)


def is_first_run(path: str) -> bool:
    """Who opens the address first sets the app up, when nobody has an account yet."""
    return _FIRST_RUN.search(path) is not None
