"""What a check would look like in a framework, for apps that have none to take over. Outlines for a person to complete: what makes a caller known, only the app's makers know."""

from batten.facts.routes import Route

_OUTLINES = {
    "fastapi": """\
def signed_in(authorization: str = Header("")) -> User:
    user = ...  # whose token is it? Ask who gave it out, and have its signature verified
    if user is None:
        raise HTTPException(401)
    return user

@router.post("/…", dependencies=[Depends(signed_in)])""",
    "flask": """\
def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if ... is None:  # who calls? The session of your sign-in, or a token whose signature is verified
            abort(401)
        return view(*args, **kwargs)
    return inner

@app.post("/…")
@signed_in  # below the route""",
    "django": """\
# settings.py: what says nothing is for accounts; what is for everybody says AllowAny
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [...],  # how do your callers sign in?
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
# a view without REST framework: @login_required, or LoginRequiredMixin as the first base""",
    "express": """\
const signedIn = async (req, res, next) => {
  const user = …; // who calls? The session of your sign-in, or a token whose signature is verified
  if (!user) return res.status(401).end();
  req.user = user;
  next();
};

app.use(signedIn); // before the routes that it is for, or: app.post("/…", signedIn, handler)""",
    "koa": """\
router.use(async (context, next) => {
  const user = …; // who calls? The session of your sign-in, or a token whose signature is verified
  if (!user) context.throw(401);
  context.state.user = user;
  await next();
}); // before the routes that it is for""",
    "fastify": """\
const signedIn = async (request, reply) => {
  const user = …; // who calls? The session of your sign-in, or a token whose signature is verified
  if (!user) return reply.code(401).send();
};

app.post("/…", { preHandler: signedIn }, handler);""",
    "hono": """\
app.use("/…/*", async (c, next) => {
  const user = …; // who calls? The session of your sign-in, or a token whose signature is verified
  if (!user) return c.json({ error: "Unauthorized" }, 401);
  await next();
}); // before the routes that it is for""",
    "next": """\
// the first lines of the handler or the action, not of the page or the middleware alone
const session = …; // your sign-in's own: await auth(), await supabase.auth.getUser(), …
if (!session) return Response.json({ error: "Unauthorized" }, { status: 401 }); // an action throws""",
    "nestjs": """\
@Injectable()
export class SignedIn implements CanActivate {
  canActivate(context: ExecutionContext) {
    const user = …; // who calls? Throw UnauthorizedException where nobody is known
    return user !== undefined;
  }
}

@UseGuards(SignedIn) // above the controller, or for all: { provide: APP_GUARD, useClass: SignedIn }""",
    "supabase-edge": """\
// the first lines, behind the answer to OPTIONS: the gateway lets the public key through, so ask for the user
const supabase = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_ANON_KEY")!, {
  global: { headers: { Authorization: req.headers.get("Authorization") ?? "" } },
});
const { data: { user } } = await supabase.auth.getUser();
if (!user) return new Response("Unauthorized", { status: 401, headers: corsHeaders });
// what only a clock or another server calls compares a secret of its own instead""",
}


def outline(route: Route) -> str:
    """The outline for the framework of a route, "" where there is none."""
    return _OUTLINES.get(route.framework, "")
