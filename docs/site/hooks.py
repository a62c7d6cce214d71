"""Leaves the instructors' pages out of the navigation of a built site, as `draft_docs` does."""

from mkdocs.config.defaults import MkDocsConfig

_building = False


def on_startup(command: str, dirty: bool) -> None:
    global _building
    _building = command != "serve"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    if _building:
        config.nav = [entry for entry in config.nav if "For instructors" not in entry]
    return config
