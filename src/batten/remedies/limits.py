"""What a limit on how often somebody may ask would look like in a framework. Outlines for a person to complete: how much is enough, and where instances of the app can count together, only its makers know."""

from collections import Counter
from collections.abc import Iterator

from batten.facts.project import Project
from batten.finding import Edit, Finding, Fix, Safety
from batten.remedies.app import App, fact
from batten.text import Span

_SLOWAPI = """\
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded

def caller(request: Request) -> str:
    return ...  # the account that your sign-in knows; an address alone is shared by many, and changed at will

limiter = Limiter(key_func=caller, storage_uri=os.environ["REDIS_URL"])  # all instances count together
app.state.limiter = limiter
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)

@app.post("/…")
@limiter.limit("10/minute;100/day")  # below the route
def answer(request: Request, …):"""
_OUTLINES = {
    "fastapi": _SLOWAPI,
    "starlette": _SLOWAPI,
    "flask": """\
from flask_limiter import Limiter

def caller() -> str:
    return ...  # the account that your sign-in knows; an address alone is shared by many, and changed at will

limiter = Limiter(caller, app=app, storage_uri=os.environ["REDIS_URL"])  # all instances count together

@app.post("/…")
@limiter.limit("10/minute;100/day")  # below the route""",
    "django": """\
# settings.py, with REST framework; without it: the decorator of django-ratelimit
REST_FRAMEWORK = {
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"model": "10/min"},
}
# the view: throttle_scope = "model"; counts are kept in CACHES, which all instances share""",
    "express": """\
import { rateLimit } from "express-rate-limit";

const limit = rateLimit({
  windowMs: 60_000,
  limit: 10,
  keyGenerator: (req) => …, // the account that your sign-in knows; an address alone is shared by many, and changed at will
  store: …, // where all instances count together: rate-limit-redis
});

app.post("/…", signedIn, limit, handler); // behind the check of who calls""",
    "koa": """\
import ratelimit from "koa-ratelimit";

router.use(ratelimit({ driver: "redis", db: redis, duration: 60_000, max: 10, id: (context) => … })); // id: the account that your sign-in knows""",
    "fastify": """\
import rateLimit from "@fastify/rate-limit";

await app.register(rateLimit, { global: false, redis, keyGenerator: (request) => … }); // the account that your sign-in knows

app.post("/…", { config: { rateLimit: { max: 10, timeWindow: "1 minute" } } }, handler);""",
    "hono": """\
import { rateLimiter } from "hono-rate-limiter";

app.use("/…/*", rateLimiter({ windowMs: 60_000, limit: 10, store: …, keyGenerator: (c) => … })); // the account that your sign-in knows""",
    "next": """\
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";

const limit = new Ratelimit({ redis: Redis.fromEnv(), limiter: Ratelimit.slidingWindow(10, "1 m") });

// in the handler or the action, behind the check of who calls
const { success } = await limit.limit(…); // the account that your sign-in knows
if (!success) return Response.json({ error: "Too many requests" }, { status: 429 });""",
    "nestjs": """\
// the module: ThrottlerModule.forRoot({ throttlers: [{ ttl: 60_000, limit: 10 }], storage: … }) with one storage for all instances
@UseGuards(SignedIn, ThrottlerGuard) // above the controller; override getTracker() to count by account""",
    "supabase-edge": """\
-- a migration: how much an account has used today, counted in one statement, so that two requests can't both be the last one
create table public.model_usage (
  user_id uuid references auth.users on delete cascade,
  day date not null default current_date,
  calls int not null default 0,
  primary key (user_id, day)
);
alter table public.model_usage enable row level security; -- no policy: only the function below counts
create function public.count_call(account uuid) returns int language sql security definer set search_path = '' as $$
  insert into public.model_usage as known (user_id, calls) values (account, 1)
  on conflict (user_id, day) do update set calls = known.calls + 1 returning calls
$$;
revoke execute on function public.count_call from public, anon, authenticated;

// the function, behind the check of who calls; admin is the client with the service key
const { data: calls, error } = await admin.rpc("count_call", { account: user.id });
if (error || calls > 100) return new Response("Too many requests", { status: 429, headers: corsHeaders });""",
}


def rate_limit(app: App, finding: Finding) -> Iterator[Fix]:
    """An outline: an app that has a limiter of its own has no such finding."""
    if text := outline(app.project, finding):
        start = Span(finding.place.span.start, finding.place.span.start)
        yield Fix("An outline of a limit", Safety.SHOW, (Edit(finding.place.path, start, text),))


def outline(project: Project, finding: Finding) -> str:
    """That for the framework of the routes around it; "" where there are none, or none is known for it."""
    budget = fact(project.model_budgets, finding)
    found = budget or fact(project.uses, finding)
    if found is None:
        return ""
    own = [route for route in project.routes if route.package == found.package and route.framework in _OUTLINES]
    here = [route for route in own if route.place.path == finding.place.path]
    asking = [route for route in own if budget is not None and route.calls_model]
    frameworks = Counter(route.framework for route in here or asking or own)
    return _OUTLINES[frameworks.most_common(1)[0][0]] if frameworks else ""
