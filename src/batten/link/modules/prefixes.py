"""Which environment variables a package's framework sends to browsers, by the start of their names."""

from collections.abc import Collection, Iterable

from batten.facts.modules import Config, ConfigKind
from batten.facts.services import Package

_PREFIXES = (
    (("next",), "NEXT_PUBLIC_"),
    (("astro", "@sveltejs/kit", "@rsbuild/core", "@rspack/core"), "PUBLIC_"),
    (("nuxt", "nuxt3"), "NUXT_PUBLIC_"),
    (("react-scripts", "@craco/craco", "react-app-rewired"), "REACT_APP_"),
    (("expo",), "EXPO_PUBLIC_"),
    (("gatsby",), "GATSBY_"),
    (("@vue/cli-service",), "VUE_APP_"),
    (("storybook", "@storybook/react"), "STORYBOOK_"),
    (("@ngx-env/builder",), "NG_APP_"),
    (("wxt",), "WXT_"),
    (("wxt",), "VITE_"),
    (("plasmo",), "PLASMO_PUBLIC_"),
)


def prefixes(package: Package, configs: Iterable[Config], running: Collection[str]) -> set[str]:
    """The prefixes that are in force in a package; empty where none of its dependencies has one.

    ``running`` are the frameworks at work in it: beside Next, Vite mostly runs tests.
    """
    names = {*package.dependencies, *package.frameworks}
    found = {prefix for dependencies, prefix in _PREFIXES if not names.isdisjoint(dependencies)}
    said = [config for config in configs if config.prefixes is not None]
    # https://svelte.dev/docs/kit/configuration#env
    of_svelte = {prefix for config in said if config.kind is ConfigKind.SVELTE for prefix in config.prefixes or ()}
    if of_svelte:
        found = found - {"PUBLIC_"} | of_svelte
    told = [config.prefixes or () for config in said if config.kind not in (ConfigKind.TYPESCRIPT, ConfigKind.SVELTE)]
    if told:
        found |= {prefix for listed in told for prefix in listed}
    elif "vite" in names and not ("next" in running and "bundle" not in running):
        found.add("VITE_")
    return found
