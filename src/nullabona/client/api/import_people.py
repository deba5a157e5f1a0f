"""Maps the names in exports to accounts, by what was remembered and by what the person answers for each chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from nullabona.client.api.finding import find_contact
from nullabona.client.api.import_records import ChatAnswers, ImportAnswers
from nullabona.client.core.step import Step
from nullabona.client.importing.exports import Export
from nullabona.client.importing.kakao_words import OWN_NAMES
from nullabona.client.importing.surveying import ChatSurvey

_NOBODY: Final = b"-"
"""Stored for a name that the person said is no contact."""


class People:
    """The people of one chat of an export. Use it inside one step, except for ``accounts``."""

    def __init__(self, step: Step, answers: ImportAnswers, export: Export, place: int, found: ChatSurvey) -> None:
        self._step = step
        self._me = step.local.account
        self._scope = f"import:{export.layout.service}"
        self._names = list(found.people)
        own = [*OWN_NAMES] if export.layout.service == "kakaotalk" else []
        self._told = {name for name in [*own, found.chat.me] if name in found.people}
        """Names that the export itself gives to the person."""
        mine = _names_of_me(answers)
        here = answers.chats.get(place) or next(
            (answers.chats[name] for name in _file_names(export) if name in answers.chats), ChatAnswers()
        )
        self._said = _accounts(step, {**answers.people, **here.people})
        if here.me is not None:
            mine = {here.me}
        self._said |= dict.fromkeys((name for name in mine if name), self._me)
        self._settled = "" in mine or any(name in mine for name in self._names)
        self._kept = {name: who for name, who in step.store.preferences(self._scope).items() if name in found.people}
        self.accounts: Mapping[str, bytes] = self._decided()
        """Name → account."""

    def _decided(self) -> dict[str, bytes]:
        known = {name: who for name, who in (self._kept | self._said).items() if who not in {b"", _NOBODY}}
        if self._settled:  # an answer replaces what was remembered about the person's own name
            said = {name for name, who in self._said.items() if who == self._me}
            known = {name: who for name, who in known.items() if who != self._me or name in said}
        return known | dict.fromkeys(self._told, self._me)

    @property
    def asks_me(self) -> bool:
        """Whether to ask who the person is: nobody in the chat is known to be, or more than one name is."""
        if not self._names:
            return False
        mine = {name for name in self._names if self.accounts.get(name) == self._me}
        return len(mine - self._told) > 1 or not (mine or self._settled)

    def others(self) -> list[str]:
        """The names of everybody but the person, in the export's order; all names if there is nobody else."""
        return [name for name in self._names if self.accounts.get(name) != self._me] or self._names

    def by_name(self) -> dict[str, bytes]:
        """Name → account, empty if unknown, of everybody in the export's order."""
        return {name: self.accounts.get(name, b"") for name in self._names}

    def remember(self) -> None:
        """Store the answers about names that occur in this chat."""
        for name in self._names:
            who = self._said.get(name)
            if who:
                self._step.store.put_preference(self._scope, name, who)
            elif who is not None and name in self._kept:
                self._step.store.put_preference(self._scope, name, _NOBODY)


def _names_of_me(answers: ImportAnswers) -> set[str]:
    if answers.me is None:
        return set()
    return {answers.me} if isinstance(answers.me, str) else {*answers.me}


def _file_names(export: Export) -> Iterable[str]:
    for source in export.sources:
        yield from (source.given.name, source.name)


def _accounts(step: Step, said: Mapping[str, str]) -> dict[str, bytes]:
    return {name: find_contact(step.store, handle).account if handle else b"" for name, handle in said.items()}
