import time

import pytest

from infraplanner.catalog import load_catalog
from infraplanner.catalog.search import prefix_distance
from infraplanner.places import shipped_profiles_dir


@pytest.fixture(scope="module")
def catalog():
    found = load_catalog(shipped_profiles_dir())
    found.search("")
    return found


def ids(catalog, text, **more):
    return [profile.id for profile in catalog.search(text, **more)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("gb200", "gb200-nvl72"),
        ("GB200 nvl", "gb200-nvl72"),
        ("dgx h100", "dgx-h100"),
        ("blakhole", "blackhole-p150"),
        ("xdu13", "cdu-xdu1350"),
        ("palomar", "palomar-ocs"),
        ("h200-sxm-141gb", "h200"),
        ("utility", "utility-connection"),
        ("deschutse", "cdu-deschutes"),
    ],
)
def test_the_best_match_comes_first(catalog, text, first):
    assert ids(catalog, text)[0] == first


def test_every_word_must_match(catalog):
    assert "dgx-b200" in ids(catalog, "dgx b200")
    assert "dgx-h100" not in ids(catalog, "dgx b200")
    assert ids(catalog, "dgx zzzzzz") == []


def test_kinds_and_limit(catalog):
    found = catalog.search("llama", kinds=["llm"], limit=3)
    assert len(found) == 3
    assert all(catalog.kind_of(profile.id) == "llm" for profile in found)
    assert ids(catalog, "llama", kinds=["cooling"]) == []
    assert len(ids(catalog, "", limit=7)) == 7
    assert len(ids(catalog, "", limit=10_000)) == len(catalog)


def test_facts_come_after_parts(catalog):
    found = ids(catalog, "nvl72")
    assert found.index("gb200-nvl72") < found.index("price.gb200-nvl72")


def test_it_keeps_up_with_typing(catalog):
    for text in ("g", "gb", "gb200", "quantm x800", "deepsek", "liquid cooled rack"):
        catalog.search(text)
    start = time.perf_counter()
    for _ in range(10):
        for text in ("g", "gb2", "quantm", "cooling unit", "deepsek"):
            catalog.search(text)
    # Budget 5 ms a search; the mean over easy and hard ones, with room for a shared machine.
    assert (time.perf_counter() - start) / 50 < 0.02


@pytest.mark.parametrize(
    ("query", "word", "distance"),
    [
        ("nvid", "nvidia", 0),
        ("nvdi", "nvidia", 1),
        ("nvidai", "nvidia", 1),
        ("abc", "xyz", 3),
        ("abcd", "abd", 1),
        ("", "x", 0),
    ],
)
def test_edit_distance_to_a_prefix(query, word, distance):
    assert prefix_distance(query, word, 2) == distance
