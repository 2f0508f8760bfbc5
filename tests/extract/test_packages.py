"""Settings files: what each says of packages, aliases, entries and prefixes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.packages import file_facts, is_settings
from batten.facts.modules import Config, ConfigKind
from batten.facts.services import FunctionConfig, Package, SupabaseConfig
from batten.finding import NoteKind
from batten.text import Place, Span


def package(path: str, text: str) -> Package:
    (found,) = file_facts(path, text.encode()).packages
    return found


def config(path: str, text: str) -> Config:
    (found,) = file_facts(path, text.encode()).configs
    return found


def test_package_json() -> None:
    text = json.dumps(
        {
            "name": "@acme/web",
            "dependencies": {"next": "15", "zod": "3"},
            "devDependencies": {"vite": "6"},
            "peerDependencies": {"react": "19"},
            "workspaces": {"packages": ["packages/*"]},
            "exports": {".": {"types": "./dist/index.d.ts", "import": "./dist/index.js"}, "./*": ["./src/*.ts"]},
            "imports": {"#db": "./src/db.ts"},
            "main": "./lib/main.js",
            "module": "../outside.js",
            "sideEffects": False,
        }
    )
    assert package("apps/web/package.json", text) == Package(
        root="apps/web",
        ecosystem="npm",
        name="@acme/web",
        dependencies=("next", "react", "vite", "zod"),
        frameworks=("next", "vite"),
        place=Place("apps/web/package.json", Span(0, 0)),
        workspaces=("packages/*",),
        exports=((".", "./dist/index.js"), (".", "./dist/index.d.ts"), ("./*", "./src/*.ts")),
        imports=(("#db", "./src/db.ts"),),
        mains=("lib/main.js",),
        side_effects=False,
    )


def test_package_json_of_odd_types() -> None:
    text = '{"name": 1, "dependencies": ["a"], "workspaces": "x", "exports": "./i.js", "main": {}, "imports": null}'
    found = package("package.json", text)
    assert (found.name, found.dependencies, found.workspaces, found.exports, found.mains) == ("", (), ("x",), ((".", "./i.js"),), ())


@pytest.mark.parametrize("text", ["{", "[]", "", '"x"', "{" * 100_000, '{"a":' * 100_000])
def test_what_is_no_json_gives_a_note(text: str) -> None:
    found = file_facts("package.json", text.encode())
    assert ([note.kind for note in found.notes], found.packages) == ([NoteKind.NOT_PARSED], ())


def test_tsconfig_with_comments() -> None:
    text = """{
  // "paths": {"no": ["no"]},
  "extends": ["../base.json", "@acme/tsconfig/app.json"], /* more */
  "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./src/*", "../shared/*"], "db": ["https://x//y"], }, },
}"""
    assert config("web/tsconfig.json", text) == Config(
        "web/tsconfig.json",
        ConfigKind.TYPESCRIPT,
        extends=("../base.json", "@acme/tsconfig/app.json"),
        base="web",
        aliases=(("@/*", "web/src/*"), ("@/*", "shared/*"), ("db", "web/https:/x/y")),
    )


def test_tsconfig_without_anything_to_say() -> None:
    assert file_facts("tsconfig.json", b'{"compilerOptions": {"strict": true}}').configs == ()
    assert config("tsconfig.app.json", '{"compilerOptions": {"verbatimModuleSyntax": true}}').verbatim


def test_paths_never_leave_the_tree() -> None:
    text = '{"compilerOptions": {"paths": {"@/*": ["../../etc/*"], "b": ["/etc/passwd"]}}}'
    assert config("tsconfig.json", text).aliases == (("b", "etc/passwd"),)


VITE = """
import path from "path"
const shared = path.resolve(__dirname, "..", "shared")
export default defineConfig(({ mode }) => ({
  root: path.resolve(import.meta.dirname, "client"),
  envPrefix: ["VITE_", "APP_"],
  resolve: {
    alias: {
      "@": path.resolve(__dirname, "./src"), // "old": "./old"
      "~/": "/src/",
      $shared: shared,
      "@url": fileURLToPath(new URL("./url", import.meta.url)),
      react: "preact/compat",
      computed: somewhere(mode),
    },
  },
  build: { rollupOptions: { input: { main: "client/main.html", admin: path.join("x") } } },
}))
"""


def test_vite_config() -> None:
    assert config("web/vite.config.ts", VITE) == Config(
        "web/vite.config.ts",
        ConfigKind.BUNDLER,
        aliases=(
            ("@/*", "web/src/*"),
            ("@", "web/src"),
            ("~/*", "web/client/src/*"),
            ("$shared/*", "shared/*"),
            ("$shared", "shared"),
            ("@url/*", "web/url/*"),
            ("@url", "web/url"),
        ),
        entries=("web/client/main.html",),
        folder="web/client",
        prefixes=("VITE_", "APP_"),
    )


def test_aliases_in_a_list() -> None:
    text = r"""export default { resolve: { alias: [
      { find: "@", replacement: resolve(__dirname, "src") },
      { find: /^~\//, replacement: "/src/" },
      { find: /^(a|b)$/, replacement: "./c" },
    ] } }"""
    assert config("vite.config.js", text).aliases == (("@/*", "src/*"), ("@", "src"), ("~/*", "src/*"))


@pytest.mark.parametrize("prefix", ["process.env.PREFIX", "['VITE_', other]", "`${x}_`"])
def test_a_computed_prefix_can_not_be_told(prefix: str) -> None:
    found = file_facts("vite.config.ts", f"export default {{ envPrefix: {prefix}, root: './a' }}".encode())
    assert [one.prefixes for one in found.configs] in ([None], [("`${x}_`"[1:-1],)])


def test_frameworks_written_as_code() -> None:
    assert config("nuxt.config.ts", "export default defineNuxtConfig({ srcDir: 'client/' })").folder == "client"
    assert config("react-router.config.ts", "export default { appDirectory: 'src' } satisfies Config").folder == "src"
    assert config("svelte.config.js", "export default { kit: { alias: { $data: './src/data' } } }").aliases == (
        ("$data/*", "src/data/*"),
        ("$data", "src/data"),
    )
    assert config("svelte.config.js", "export default { kit: { alias: { $db: 'src/db' } } }").aliases == (
        ("$db/*", "src/db/*"),
        ("$db", "src/db"),
    )
    routes = 'export default [index("home.tsx"), route("/users/:id", "./users/user.tsx"), ...prefix("x", [])]'
    assert config("web/app/routes.ts", routes).entries == ("web/app/home.tsx", "web/app/users/user.tsx")
    assert file_facts("server/routes.ts", routes.encode()).configs == ()


def test_extension_manifest() -> None:
    text = json.dumps(
        {
            "manifest_version": 3,
            "background": {"service_worker": "bg.js"},
            "content_scripts": [{"js": ["src/content.ts"]}],
            "action": {"default_popup": "popup.html"},
        }
    )
    assert config("ext/manifest.json", text).entries == ("ext/bg.js", "ext/src/content.ts", "ext/popup.html")
    assert file_facts("public/manifest.json", b'{"name": "a web app"}') == file_facts("x.txt", b"")


def test_deno_imports() -> None:
    text = '{"imports": {"@/": "./src/", "db": "./src/db.ts", "oak": "jsr:@oak/oak"}}'
    assert config("deno.json", text).aliases == (("@/*", "src/*"), ("db", "src/db.ts"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["FastAPI[all]>=0.1 ; python_version > \'3\'", "sql_alchemy"]\n'),
        (
            "pyproject.toml",
            '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3"\nfastapi = "*"\nSQL-Alchemy = {version = "1"}\n',
        ),
        (
            "pyproject.toml",
            '[dependency-groups]\ndev = ["fastapi", {include-group = "x"}]\n[project.optional-dependencies]\na = ["sql.alchemy"]\n',
        ),
        ("requirements.txt", "# all\nfastapi==0.1  # web\n-r other.txt\nsql_alchemy\n./local\nhttps://x.test/a.whl\n"),
        ("requirements/dev.txt", "fastapi\ngit+https://x.test/y.git#egg=sql_alchemy\n"),
        ("Pipfile", '[packages]\nfastapi = "*"\n[dev-packages]\nsql_alchemy = "*"\n'),
        ("setup.cfg", "[metadata]\nname = x\n[options]\ninstall_requires =\n    fastapi>=0.1\n    sql_alchemy\n"),
        ("setup.py", "setup(name='x', install_requires=['fastapi', \"sql_alchemy>1\"])"),
    ],
)
def test_python_dependencies(path: str, text: str) -> None:
    found = package(path, text)
    assert (found.root, found.ecosystem, found.dependencies, found.frameworks) == ("", "pypi", ("fastapi", "sql-alchemy"), ("fastapi",))


def test_supabase_config() -> None:
    text = """project_id = "abc"
[api]
enabled = true
schemas = ["public", "graphql_public"]

[functions.open]
verify_jwt = false
[functions.closed]
[functions."odd name"]
verify_jwt = "yes"
"""
    path = "apps/web/supabase/config.toml"
    (found,) = file_facts(path, text.encode()).supabase
    at = text.index("[functions.open]")
    assert found == SupabaseConfig(
        root="apps/web",
        place=Place(path, Span(0, 0)),
        project="abc",
        api_enabled=True,
        schemas=("public", "graphql_public"),
        functions=(
            FunctionConfig("open", False, Place(path, Span(at, at + 16))),
            FunctionConfig("closed", None, found.functions[1].place),
            FunctionConfig("odd name", None, found.functions[2].place),
        ),
    )
    assert text[found.functions[2].place.span.start : found.functions[2].place.span.end] == '[functions."odd name"]'


def test_supabase_config_that_is_no_toml() -> None:
    found = file_facts("supabase/config.toml", b"[api\n")
    assert (found.supabase, [note.message for note in found.notes]) == (
        (),
        ["supabase/config.toml is not valid TOML: its settings are not known"],
    )


def test_a_settings_file_of_absurd_size_is_not_read() -> None:
    assert [note.kind for note in file_facts("package.json", b" " * 5_000_000).notes] == [NoteKind.LIMIT]


NAMES = ["package.json", "tsconfig.json", "vite.config.ts", "app/routes.ts", "manifest.json", "deno.json", "pyproject.toml"]
NAMES += ["requirements.txt", "setup.cfg", "setup.py", "Pipfile", "supabase/config.toml", "nuxt.config.ts"]
SAMPLES = [
    VITE,
    '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}, "exports": {".": [{"a": "b"}]}, "imports": {"a": "./b"}}',
    '[project]\ndependencies = ["a"]\n[functions.x]\nverify_jwt = true\n',
    "[options]\ninstall_requires = a\n",
]


@given(st.sampled_from(NAMES), st.sampled_from(SAMPLES), st.integers(0, 400), st.integers(0, 400), st.binary(max_size=6))
def test_truncated_and_garbled_settings_never_raise(name: str, sample: str, start: int, end: int, noise: bytes) -> None:
    assert is_settings(name)
    data = sample.encode()
    file_facts(name, data[:start] + noise + data[end:])
