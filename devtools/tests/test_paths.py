from pathlib import Path

from .. import paths
from .common import cache


def test_cache_folder_follows_xdg(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert paths.cache_dir() == Path("/somewhere/account_credit_management")


def test_cache_folder_ignores_a_relative_xdg(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert paths.cache_dir() == Path("/home/me/.cache/account_credit_management")


def test_hash_keeps_its_parts_apart():
    assert paths.short_hash("ab", "c") != paths.short_hash("a", "bc")
    assert paths.short_hash("ab", b"c") == paths.short_hash(b"ab", "c")


def test_link_carries_the_name_of_the_addon():
    link = paths.provide_link()
    assert link.name == "account_credit_management"
    assert link.resolve() == paths.ROOT
    assert paths.provide_link() == link
