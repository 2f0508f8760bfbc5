"""Servers in TypeScript for test_guards_agree: controllers by decorator (NestJS, routing-controllers, inversify, awilix) and procedures of tRPC."""

from guard_cases import NODE_HEAD, Case

_VERIFY = """const verify = (req, res, next) => {
  try {
    req.user = jwt.verify(bearer(req.headers.authorization), process.env.JWT_SECRET);
  } catch {
    return res.status(401).end();
  }
  next();
};
const log = (req, res, next) => { console.error(req.path); next(); };
"""
_NEST = (
    NODE_HEAD
    % """import "reflect-metadata";
import { CanActivate, Controller, Get, Inject, Injectable, Module, Post, SetMetadata, UnauthorizedException, UseGuards } from "@nestjs/common";
import { APP_GUARD, NestFactory, Reflector } from "@nestjs/core";"""
    + _VERIFY
    + """@Injectable()
class Verified implements CanActivate {
  canActivate(context) {
    const request = context.switchToHttp().getRequest();
    try {
      request.user = jwt.verify(bearer(request.headers.authorization), process.env.JWT_SECRET);
      return true;
    } catch {
      throw new UnauthorizedException();
    }
  }
}
@Injectable()
class Known implements CanActivate {
  canActivate(context) {
    const request = context.switchToHttp().getRequest();
    try {
      return Boolean(jwt.verify(bearer(request.headers.authorization), process.env.JWT_SECRET));
    } catch {
      return false;
    }
  }
}
@Injectable()
class Anyone implements CanActivate {
  canActivate() {
    return true;
  }
}
@Injectable()
class Brought implements CanActivate {
  canActivate(context) {
    return Boolean(context.switchToHttp().getRequest().headers.authorization);
  }
}
const Public = () => SetMetadata("public", true);
@Injectable()
class UnlessPublic implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}
  canActivate(context) {
    if (this.reflector.getAllAndOverride("public", [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest();
    try {
      request.user = jwt.verify(bearer(request.headers.authorization), process.env.JWT_SECRET);
      return true;
    } catch {
      throw new UnauthorizedException();
    }
  }
}
"""
)


def _nest(shape: str, on_class: str = "", on_method: str = "", providers: str = "", setup: str = "", others: str = "") -> Case:
    source = f"""{_NEST}
@Controller("api")
{on_class}
class Works {{
  @Post("work")
  {on_method}
  run() {{ work(); return {{}}; }}
}}
{others}
@Module({{ controllers: [Works{", Others" if others else ""}], providers: [{providers}] }})
class Root {{}}
const server = await NestFactory.create(Root, {{ logger: false }});
{setup}
await server.init();
export const app = server.getHttpAdapter().getInstance();
"""
    return Case("nest", shape, source)


_ROUTING = (
    NODE_HEAD
    % """import "reflect-metadata";
import express from "express";
import { Authorized, JsonController, Post, UseBefore, createExpressServer, useExpressServer } from "routing-controllers";"""
    + _VERIFY
)


def _routing(
    shape: str, above: str = "", on_class: str = "", made: str = "export const app = createExpressServer(options);", more: str = ""
) -> Case:
    source = f"""{_ROUTING}
@JsonController("/api")
{on_class}
class Works {{
  @Post("/work")
  {above}
  run() {{ work(); return {{}}; }}
}}
const options = {{ controllers: [Works]{more} }};
{made}
"""
    return Case("routing-controllers", shape, source)


_CHECKER = """, authorizationChecker: (action) => {
  try {
    return Boolean(jwt.verify(bearer(action.request.headers.authorization), process.env.JWT_SECRET));
  } catch {
    return false;
  }
}"""
_INVERSIFY = (
    NODE_HEAD
    % """import "reflect-metadata";
import legacy from "express4"; // the library asks for a path that Express 5 refuses
import { Container } from "inversify";
import { InversifyExpressServer, cleanUpMetadata, controller, httpPost } from "inversify-express-utils";
cleanUpMetadata();"""
    + _VERIFY
)


def _inversify(shape: str, on_class: str = "", on_method: str = "", configured: str = "app.use(log)") -> Case:
    source = f"""{_INVERSIFY}
@controller("/api"{on_class})
class Works {{
  @httpPost("/work"{on_method})
  run() {{ work(); return {{}}; }}
}}
const server = new InversifyExpressServer(new Container(), null, null, legacy());
server.setConfig((app) => {{ {configured}; }});
export const app = server.build();
"""
    return Case("inversify", shape, source)


_AWILIX = (
    NODE_HEAD
    % """import express from "express";
import { createContainer } from "awilix";
import { POST, before, controller, createController, route, scopePerRequest } from "awilix-express";"""
    + _VERIFY
    + "export const app = express();\napp.use(scopePerRequest(createContainer()));\n"
)


def _awilix(shape: str, above: str = "", start: str = "", end: str = "") -> Case:
    source = f"""{_AWILIX}{start}
@route("/api")
class Works {{
  @route("/work")
  @POST()
  {above}
  async run(req, res) {{ work(); res.end(); }}
}}
app.use(controller(Works));
{end}
"""
    return Case("awilix", shape, source)


_TRPC = (
    NODE_HEAD
    % """import { TRPCError, initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";"""
    + """const known = (value) => {
  try {
    return jwt.verify(bearer(value), process.env.JWT_SECRET);
  } catch {
    return null;
  }
};
const createContext = ({ req }) => ({ user: known(req.headers.get("authorization")), token: req.headers.get("authorization") });
const t = initTRPC.context<ReturnType<typeof createContext>>().create();
const signedIn = t.middleware(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { user: ctx.user } });
});
const timed = t.middleware(async ({ ctx, next }) => {
  console.error(ctx.user);
  return next();
});
"""
)


def _trpc(shape: str, procedure: str, body: str = "work();", unsure: bool = False) -> Case:
    source = f"""{_TRPC}
const mine = {procedure};
export const appRouter = t.router({{
  work: mine.mutation(({{ ctx }}) => {{ {body} return true; }}),
}});
export const app = {{ fetch: (req) => fetchRequestHandler({{ endpoint: "/api", req, router: appRouter, createContext }}) }};
"""
    return Case("trpc", shape, source, unsure)


CONTROLLER_CASES = (
    _nest("no guard"),
    _nest("a guard of the controller", on_class="@UseGuards(Verified)"),
    _nest("a guard of the handler", on_method="@UseGuards(Verified)"),
    _nest("a guard that says no by its answer", on_method="@UseGuards(Known)"),
    _nest("a guard that always says yes", on_class="@UseGuards(Anyone)"),
    _nest("a guard that looks for a header", on_class="@UseGuards(Brought)"),
    _nest("two guards", on_class="@UseGuards(Anyone, Verified)"),
    _nest("a guard of the application", providers="{ provide: APP_GUARD, useClass: Verified }"),
    _nest("a guard of the application, by hand", setup="server.useGlobalGuards(new Verified());"),
    _nest("a guard of the application, of those that are not public", providers="{ provide: APP_GUARD, useClass: UnlessPublic }"),
    _nest("marked as public", on_method="@Public()", providers="{ provide: APP_GUARD, useClass: UnlessPublic }"),
    _nest(
        "the guard of another controller",
        others='@Controller("other")\n@UseGuards(Verified)\nclass Others {\n  @Get() all() { return []; }\n}',
    ),
    _nest("middleware of the application", setup="server.use(verify);"),
    _nest("middleware of the application that only looks", setup="server.use(log);"),
    _nest("middleware of the application, at the path of the handler", setup='server.use("/api/work", verify);'),
    _nest("middleware of the application, at another path", setup='server.use("/docs", verify);'),
    _routing("no check"),
    _routing("middleware before the handler", above="@UseBefore(verify)"),
    _routing("middleware that only looks", above="@UseBefore(log)"),
    _routing("middleware before the controller", on_class="@UseBefore(verify)"),
    _routing("a checker that verifies", above="@Authorized()", more=_CHECKER),
    _routing("of the controller, a checker that verifies", on_class="@Authorized()", more=_CHECKER),
    _routing("a checker, and nothing asks it", more=_CHECKER),
    _routing("middleware of the application", made="export const app = express();\napp.use(verify);\nuseExpressServer(app, options);"),
    _routing(
        "middleware of the application, after", made="export const app = express();\nuseExpressServer(app, options);\napp.use(verify);"
    ),
    _inversify("no check"),
    _inversify("middleware of the handler", on_method=", verify"),
    _inversify("middleware of the handler that only looks", on_method=", log"),
    _inversify("middleware of the controller", on_class=", verify"),
    _inversify("middleware of the application", configured="app.use(verify)"),
    _awilix("no check"),
    _awilix("before the handler", above="@before(verify)"),
    _awilix("a list before the handler", above="@before([log, verify])"),
    _awilix("before the handler, that only looks", above="@before([log])"),
    _awilix("before the controllers", start="app.use(verify);"),
    _awilix("after the controllers", end="app.use(verify);"),
    _trpc("no check", "t.procedure"),
    _trpc("middleware that throws", "t.procedure.use(signedIn)"),
    _trpc("middleware that only looks", "t.procedure.use(timed)"),
    _trpc("both", "t.procedure.use(timed).use(signedIn)"),
    _trpc("a test of the caller", "t.procedure", 'if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" }); work();'),
    _trpc(
        "a test that there is a token", "t.procedure", 'if (!ctx.token) throw new TRPCError({ code: "UNAUTHORIZED" }); work();', unsure=True
    ),
    _trpc("a test after the work", "t.procedure", 'work(); if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });'),
)
"""Each: a framework, a shape, and the code."""
