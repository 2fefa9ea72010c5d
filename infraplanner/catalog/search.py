"""Search as people type: every word must match some word of a profile by prefix, or nearly."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .types import Profile

_WORD = re.compile(r"[a-z0-9.]+")
# What a match is worth by where the word stands; a whole word beats a prefix, a prefix beats a near miss.
_PLACES = {"id": 8.0, "name": 6.0, "alias": 5.0, "vendor": 4.0, "kind": 3.0}
_WHOLE, _PREFIX, _NEAR = 2.0, 1.0, 0.3
# Facts and constants answer a search too, but behind the parts that can be placed.
_QUIET = {"record": 0.3, "constant": 0.3}
_KIND_WORDS = {
    "accelerator": "accelerator gpu chip",
    "system": "system server rack switch",
    "frame": "frame rack cabinet",
    "power": "power electrical",
    "cooling": "cooling",
    "link": "link cable optics",
    "llm": "llm model",
    "request_shape": "workload request shape",
    "region": "region site",
    "constant": "constant",
    "record": "record fact",
}


def words(text: str) -> list[str]:
    """The searchable words of a text."""
    return _WORD.findall(text.lower().replace("-", " ").replace("_", " "))


class SearchIndex:
    """Inverted index word -> profiles, with the worth of the best place."""

    def __init__(self, profiles: Iterable[tuple[Profile, str]]) -> None:
        self._profiles: list[tuple[Profile, str]] = sorted(
            profiles, key=lambda item: (item[0].name.lower(), item[0].id)
        )
        self._postings: dict[str, dict[int, float]] = {}
        self._quiet = 1.0
        for row, (profile, kind) in enumerate(self._profiles):
            self._quiet = _QUIET.get(kind, 1.0)
            self._add(row, profile.id, "id")
            self._add(row, profile.name, "name")
            self._add(row, " ".join(profile.aliases), "alias")
            self._add(row, profile.vendor, "vendor")
            own = [getattr(profile, name, "") for name in ("system_kind", "power_kind", "cooling_kind", "family")]
            self._add(row, " ".join([_KIND_WORDS.get(kind, kind), *own]), "kind")
        self._bigrams = {word: _bigrams(word) for word in self._postings}

    def _add(self, row: int, text: str, place: str) -> None:
        worth = _PLACES[place] * self._quiet
        whole = [text.lower()] if place in ("id", "alias") else []
        for word in {*words(text), *whole}:
            if word:
                rows = self._postings.setdefault(word, {})
                rows[row] = max(rows.get(row, 0.0), worth)

    def search(self, text: str, kinds: frozenset[str] | None, limit: int) -> list[Profile]:
        """Profiles that match every word of `text`, best first."""
        found = [self._match(word) for word in text.lower().split()]
        rows: Iterable[int] = range(len(self._profiles))
        if found:
            scores = {
                row: sum(match[row] for match in found) for row in found[0] if all(row in match for match in found)
            }
            rows = sorted(scores, key=lambda row: (-scores[row], len(self._profiles[row][0].name), row))
        picked = (self._profiles[row] for row in rows)
        return [profile for profile, kind in picked if kinds is None or kind in kinds][:limit]

    def _match(self, query: str) -> dict[int, float]:
        out: dict[int, float] = {}
        for word, rows in self._postings.items():
            if word.startswith(query):
                factor = _WHOLE if word == query else _PREFIX
                for row, worth in rows.items():
                    out[row] = max(out.get(row, 0.0), worth * factor)
        parts = words(query)
        if not out and len(parts) > 1:
            found = [self._match(part) for part in parts]
            out = {row: sum(f[row] for f in found) for row in found[0] if all(row in f for f in found)}
        return out or self._near(query)

    def _near(self, query: str) -> dict[int, float]:
        allowed = 0 if len(query) < 4 else 1 if len(query) < 7 else 2
        out: dict[int, float] = {}
        if not allowed:
            return out
        pairs = _bigrams(query)
        for word, own in self._bigrams.items():
            if len(word) < len(query) - allowed or len(own & pairs) < len(pairs) - 2 * allowed - 1:
                continue
            if prefix_distance(query, word, allowed) <= allowed:
                for row, worth in self._postings[word].items():
                    out[row] = max(out.get(row, 0.0), worth * _NEAR)
        return out


def _bigrams(word: str) -> frozenset[str]:
    return frozenset(word[i : i + 2] for i in range(len(word) - 1))


def prefix_distance(query: str, word: str, limit: int) -> int:
    """Fewest edits that turn `query` into a prefix of `word`; `limit` + 1 if more.

    An edit inserts, deletes or replaces a letter, or swaps two neighbours.
    """
    width = min(len(word), len(query) + limit)
    before: list[int] = []
    row = list(range(width + 1))
    for i, letter in enumerate(query, 1):
        older, before = before, row
        row = [i] + [0] * width
        for j in range(1, width + 1):
            cost = 0 if letter == word[j - 1] else 1
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + cost)
            if i > 1 and j > 1 and letter == word[j - 2] and query[i - 2] == word[j - 1]:
                row[j] = min(row[j], older[j - 2] + 1)
        if min(row) > limit:
            return limit + 1
    return min(row)
