"""Answers about the account: start, making, restoring, unlocking."""

from __future__ import annotations

import secrets
from typing import Final

import msgspec

from nullabona.app.desk.asking import Asker, Handlers, full_handle
from nullabona.app.desk.errors import WordsWrong, WrongPhase
from nullabona.app.protocol import account_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Done

ASKED_WORDS: Final = 3
_random = secrets.SystemRandom()


async def _start(ask: Asker, _: c.Start) -> v.State:
    ask.desk.hub.close_rooms(ask.page)
    return ask.desk.state()


async def _active(_ask: Asker, _: c.Active) -> Done:
    return Done()  # every call starts the idle time anew


async def _create_profile(ask: Asker, call: c.CreateProfile) -> v.State:
    await ask.desk.create_profile(call.passphrase)
    return ask.desk.state()


async def _create_account(ask: Asker, call: c.CreateAccount) -> v.State:
    work = ask.desk.open_work
    if work.client.has_account:
        raise WrongPhase("there is an account already")
    await work.pause()
    try:
        await work.client.create_account(full_handle(ask.desk, call.handle))
        ask.desk.remember(msgspec.structs.replace(ask.desk.memo, unconfirmed=True))
    finally:
        work.begin()
    return ask.desk.state()


async def _restore_account(ask: Asker, call: c.RestoreAccount) -> v.State:
    work = ask.desk.open_work
    if work.client.has_account:
        raise WrongPhase("there is an account already")
    await work.pause()
    try:
        await work.client.restore_account(call.words, full_handle(ask.desk, call.handle))
    finally:
        work.begin()
    return ask.desk.state()


async def _get_phrase(ask: Asker, _: c.GetPhrase) -> c.Phrase:
    if ask.desk.phase != "unconfirmed":
        raise WrongPhase("the words were checked already")
    words = _words(ask)
    asked = sorted(_random.sample(range(len(words)), ASKED_WORDS))
    ask.desk.asked_words = asked
    return c.Phrase(words, asked)


async def _confirm_phrase(ask: Asker, call: c.ConfirmPhrase) -> v.State:
    if ask.desk.phase != "unconfirmed":
        raise WrongPhase("there is nothing to confirm")
    if not call.later:
        words, asked = _words(ask), ask.desk.asked_words
        given = [word.strip().lower() for word in call.words]
        if not asked or given != [words[index] for index in asked]:
            raise WordsWrong("these are not the words that were asked for")
    ask.desk.remember(msgspec.structs.replace(ask.desk.memo, unconfirmed=False))
    return ask.desk.state()


def _words(ask: Asker) -> list[str]:
    return ask.client.phrase("korean" if ask.desk.settings().language == "ko" else "english").split()


async def _unlock(ask: Asker, call: c.Unlock) -> v.State:
    await ask.desk.unlock(call.passphrase)
    return ask.desk.state()


async def _lock(ask: Asker, _: c.Lock) -> v.State:
    await ask.desk.lock()
    return ask.desk.state()


ANSWERS: Final[Handlers] = {
    c.Start: _start,
    c.Active: _active,
    c.CreateProfile: _create_profile,
    c.CreateAccount: _create_account,
    c.RestoreAccount: _restore_account,
    c.GetPhrase: _get_phrase,
    c.ConfirmPhrase: _confirm_phrase,
    c.Unlock: _unlock,
    c.Lock: _lock,
}
