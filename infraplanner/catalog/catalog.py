"""The catalogue: every known profile by id, alias and kind, with its provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import msgspec

from infraplanner.text.suggest import closest

from .search import SearchIndex
from .types import KINDS, Constant, Profile, Provenance, Source

P = TypeVar("P", bound=Profile)
KIND_OF_CLASS: dict[type[Profile], str] = {cls: kind for kind, cls in KINDS.items()}


class Embedded(Protocol):
    """A profile copy that a plan carries."""

    @property
    def kind(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class UnknownProfileError(LookupError):
    """No profile has this id or alias. `closest` holds the ids that look most like it."""

    def __init__(self, profile_id: str, near: Iterable[str] = ()) -> None:
        self.profile_id = profile_id
        self.closest = tuple(near)
        hint = f"; did you mean {' or '.join(self.closest)}?" if self.closest else "."
        super().__init__(f"There is no profile “{profile_id}”{hint}")


def profile_data(profile: Profile) -> dict[str, Any]:
    """A profile as canonical plain data without its id, as a plan embeds it."""
    # Through JSON, so that a copy compares equal to one that was read from a file.
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(profile))
    del data["id"]
    return data


def decode_embedded(profile_id: str, kind: str, data: Mapping[str, Any]) -> Profile:
    """The profile that a plan embeds. Raises ValueError with what is wrong with it."""
    if kind not in KINDS:
        raise ValueError(f"the unknown kind “{kind}”")
    try:
        return msgspec.convert({**data, "id": profile_id}, KINDS[kind])
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


class Catalog:
    """An immutable set of profiles. `origin` tells shipped from personal and embedded ones."""

    def __init__(
        self,
        profiles: Iterable[Profile],
        sources: Mapping[str, Source],
        origins: Mapping[str, str] | None = None,
        problems: tuple[str, ...] = (),
    ) -> None:
        self._profiles: dict[str, Profile] = {profile.id: profile for profile in profiles}
        self._by_class: dict[type[Profile], dict[str, Profile]] = {cls: {} for cls in KINDS.values()}
        self._aliases: dict[str, str] = {}
        for profile in self._profiles.values():
            self._by_class[type(profile)][profile.id] = profile
            for alias in profile.aliases:
                self._aliases.setdefault(alias.casefold(), profile.id)
        for profile_id in self._profiles:
            self._aliases.setdefault(profile_id.casefold(), profile_id)
        self._origins = dict(origins or {})
        self.sources: Mapping[str, Source] = MappingProxyType(dict(sources))
        self.problems = problems
        """What was wrong with personal profile files; those files were left out."""
        self._index: SearchIndex | None = None

    def __len__(self) -> int:
        return len(self._profiles)

    def __iter__(self) -> Iterator[Profile]:
        return iter(self._profiles.values())

    def __contains__(self, profile_id: object) -> bool:
        return isinstance(profile_id, str) and self.find(profile_id) is not None

    def find(self, profile_id: str) -> Profile | None:
        """The profile with this id or alias, or None."""
        profile = self._profiles.get(profile_id)
        if profile is None:
            target = self._aliases.get(profile_id.casefold())
            profile = self._profiles[target] if target is not None else None
        return profile

    def get(self, profile_id: str) -> Profile:
        """The profile with this id or alias. Raises UnknownProfileError, which names the closest ids."""
        profile = self.find(profile_id)
        if profile is None:
            raise UnknownProfileError(profile_id, self.closest(profile_id))
        return profile

    def closest(self, profile_id: str, kinds: Iterable[type[Profile]] | None = None) -> list[str]:
        """Ids that look most like a text, over all kinds or some."""
        names: list[str] = []
        for cls in kinds or KINDS.values():
            names += self._by_class[cls]
        return closest(profile_id, names)

    def of(self, kind: type[P]) -> Mapping[str, P]:
        """All profiles of one class, by id."""
        return MappingProxyType(self._by_class[kind])  # type: ignore[arg-type]

    def kind_of(self, profile_id: str) -> str:
        """The kind's name (`accelerator`, `system` ...). Raises UnknownProfileError."""
        return KIND_OF_CLASS[type(self.get(profile_id))]

    def constant(self, profile_id: str) -> float:
        """The value of a constant in its own unit. Raises UnknownProfileError."""
        constants = self._by_class[Constant]
        constant = constants.get(profile_id)
        if not isinstance(constant, Constant):
            raise UnknownProfileError(profile_id, closest(profile_id, constants))
        return constant.value

    def provenance(self, profile: Profile, field: str) -> Provenance:
        """How a field of a profile is known: its own entry, else the record's."""
        own = profile.provenance.get(field)
        return own if own is not None else Provenance(profile.confidence, profile.sources)

    def origin(self, profile_id: str) -> str:
        """Where a profile comes from: `shipped`, `user` or `plan`."""
        profile = self.find(profile_id)
        return self._origins.get(profile.id, "shipped") if profile else ""

    def with_embedded(self, embedded: Mapping[str, Embedded]) -> Catalog:
        """This catalogue with a plan's own copies, which win; copies that make no sense are left out and noted."""
        profiles = dict(self._profiles)
        origins = dict(self._origins)
        problems: list[str] = []
        for profile_id, record in embedded.items():
            try:
                own = decode_embedded(profile_id, record.kind, record.data)
            except ValueError as error:
                problems.append(f"The plan's copy of profile {profile_id} was left out: {error}.")
                continue
            # A copy that says what the catalogue says is not the plan's own: only differences are worth a label.
            if profiles.get(profile_id) != own:
                profiles[profile_id] = own
                origins[profile_id] = "plan"
        if not problems and profiles == self._profiles:
            return self
        problems = [*self.problems, *problems]
        return Catalog(profiles.values(), self.sources, origins, tuple(problems))

    def search(self, text: str, kinds: Iterable[str] | None = None, limit: int = 50) -> list[Profile]:
        """Profiles that match a typed text, best first; `kinds` are names such as `system`. No text matches all."""
        if self._index is None:
            self._index = SearchIndex((profile, KIND_OF_CLASS[type(profile)]) for profile in self)
        return self._index.search(text, None if kinds is None else frozenset(kinds), limit)

    def verify(self) -> list[str]:
        """What is wrong with the catalogue, one sentence each; empty when every number is accounted for."""
        from .verify import verify  # noqa: PLC0415 - only the command line and tests need it

        return verify(self)
