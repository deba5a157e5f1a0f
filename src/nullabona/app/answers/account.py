"""Answers about the account: start, making, restoring, unlocking."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Final, Literal

import msgspec

from nullabona.app.answers.asking import Asker, answers, full_handle, read_id
from nullabona.app.presenting.privacy import to_privacy
from nullabona.app.presenting.refusals import said
from nullabona.app.protocol import account_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Done
from nullabona.app.protocol.people_calls import SetProfile
from nullabona.app.protocol.privacy_views import Privacy
from nullabona.app.protocol.pushes import Reset
from nullabona.app.session.errors import HandleTaken, WordsWrong, WrongPhase
from nullabona.app.session.local_relay import token_here, token_keys
from nullabona.client.api import errors
from nullabona.client.api.finding_handles import is_handle_free
from nullabona.client.api.protection import change_passphrase, check_passphrase
from nullabona.errors import UserError
from nullabona.wire.handle import parse_handle
from nullabona.words.catalogue import Language

ASKED_WORDS: Final = 3
KEEP: Final = "keep"
REGISTERED_S: Final = 5.0
"""So long a new account waits for its directory's answer, which may be a refusal."""
_random = secrets.SystemRandom()


@answers(c.Start)
async def _start(ask: Asker, _: c.Start) -> v.State:
    ask.session.pages.close_rooms(ask.page)
    return msgspec.structs.replace(ask.session.state(), places=ask.session.places.of(ask.page.token))


@answers(c.KeepPlace)
async def _keep_place(ask: Asker, call: c.KeepPlace) -> Done:
    if ask.session.phase != "locked":  # what a page says while it is being locked is not kept past it
        ask.session.places.keep(ask.page.token, call.at, call.place)
    return Done()


@answers(c.OpenAnother)
async def _open_another(ask: Asker, _: c.OpenAnother) -> c.Launch:
    return c.Launch(ask.session.new_launch())


@answers(c.Active)
async def _active(_ask: Asker, _: c.Active) -> Done:
    return Done()  # every call restarts the idle time


@answers(c.Looking)
async def _looking(ask: Asker, call: c.Looking) -> Done:
    ask.session.pages.look(ask.page, call.room if call.here else None)
    return Done()


@answers(c.GetDesktop)
async def _get_desktop(ask: Asker, _: c.GetDesktop) -> c.DesktopView:
    at_login = ask.session.place.at_login
    starts: Literal["cannot", "off", "on"] = "cannot" if at_login is None else "on" if at_login.is_on() else "off"
    return c.DesktopView(ask.session.desktop.shows, starts)


@answers(c.SetAtLogin)
async def _set_at_login(ask: Asker, call: c.SetAtLogin) -> c.DesktopView:
    session = ask.session
    if session.place.at_login is None:
        raise WrongPhase("this process cannot change what starts at log-in")
    if session.place.at_login.is_on() != call.on:
        session.place.at_login.switch(on=call.on)
    session.remember(msgspec.structs.replace(session.app_state, asked_at_login=True))
    return await _get_desktop(ask, c.GetDesktop())


@answers(c.CreateProfile)
async def _create_profile(ask: Asker, call: c.CreateProfile) -> v.State:
    await ask.session.create_profile(call.passphrase)
    return ask.session.state()


@answers(c.CreateAccount)
async def _create_account(ask: Asker, call: c.CreateAccount) -> v.State:
    session, work = ask.session, ask.session.open_work
    if session.phase != "no-account":
        raise WrongPhase("there is an account already")
    handle = full_handle(session, call.handle)
    token = call.token.strip() or token_here(token_keys(session.place.home), handle)
    await work.pause()
    before = work.client.last_event() if work.client.has_account else 0
    try:
        session.remember(msgspec.structs.replace(session.app_state, unregistered=True))
        await work.client.account.create(handle, token=token)
        with suppress(errors.PendingStill, errors.Unreachable, errors.TimedOut):  # it goes on in the background
            await work.client.account.wait_published(timeout_s=REGISTERED_S)
        session.remember(msgspec.structs.replace(session.app_state, unregistered=False, unconfirmed=True))
        session.forget_relay()
        if call.name.strip():
            with suppress(errors.BadRequest):  # the account is there: its words come next, and its name can be changed
                await work.client.profiles.set(call.name)
    finally:
        # A server out of reach is told while the account is made, and not again for an hour.
        work.begin(after=before)
    return ask.session.state()


@answers(c.RestoreAccount)
async def _restore_account(ask: Asker, call: c.RestoreAccount) -> v.State:
    session, work = ask.session, ask.session.open_work
    if session.phase != "no-account":
        raise WrongPhase("there is an account already")
    await work.pause()
    try:
        await work.client.account.restore(call.words, full_handle(session, call.handle))
        session.remember(msgspec.structs.replace(session.app_state, unregistered=False))
        session.forget_relay()
    finally:
        work.begin()
    return session.state()


@answers(c.DeleteAccount)
async def _delete_account(ask: Asker, call: c.DeleteAccount) -> Done:
    await ask.client.account.delete(full_handle(ask.session, call.handle))
    return Done()


@answers(c.GetPhrase)
async def _get_phrase(ask: Asker, call: c.GetPhrase) -> c.Phrase:
    if ask.session.phase != "unconfirmed" and ask.session.protected:
        await _check_passphrase(ask, call.passphrase)
    words = _words(ask)
    asked = sorted(_random.sample(range(len(words)), ASKED_WORDS))
    ask.session.asked_words = asked
    return c.Phrase(words, asked)


async def _check_passphrase(ask: Asker, passphrase: str) -> None:
    """Raises `WrongPassphrase` or `TooSoon`."""
    await ask.session.try_passphrase(lambda: check_passphrase(ask.client, passphrase))


@answers(c.ChangePassphrase)
async def _change_passphrase(ask: Asker, call: c.ChangePassphrase) -> Done:
    await _check_passphrase(ask, call.old)
    await change_passphrase(ask.client, call.old, call.new)
    return Done()


@answers(c.SetSettings)
async def _set_settings(ask: Asker, call: c.SetSettings) -> v.Settings:
    session = ask.session
    chosen = {name: value for name in call.__struct_fields__ if (value := getattr(call, name)) is not None}
    if session.phase in {"unconfirmed", "ready"}:
        never = {name: None for name in ("default_timer_s", "lock_minutes") if chosen.get(name) == 0}
        await ask.client.preferences.set(**(chosen | never))
    seen = {name: value for name, value in chosen.items() if name in {"language", "theme"}}
    if call.notify is not None:
        session.remember_alerts(call.notify)
    if seen:
        session.remember(msgspec.structs.replace(session.app_state, **seen))
    return session.settings()


@answers(c.CheckHandle)
async def _check_handle(ask: Asker, call: c.CheckHandle) -> c.HandleCheck:
    language = ask.session.settings().language
    try:
        handle = str(parse_handle(full_handle(ask.session, call.handle)))
    except UserError as error:
        return _unfit(call.handle, error, language)
    if not await is_handle_free(handle, ask.session.place.options):
        return _unfit(handle, HandleTaken(f"{handle} belongs to somebody already"), language)
    return c.HandleCheck(handle, free=True, trouble="", message="")


def _unfit(handle: str, error: UserError, language: Language) -> c.HandleCheck:
    message, hint = said(error, language)
    return c.HandleCheck(handle, free=False, trouble=error.code, message=message, hint=hint)


@answers(SetProfile)
async def _set_profile(ask: Asker, call: SetProfile) -> v.Me:
    client, picture = ask.client, b""
    if call.upload not in {"", KEEP}:
        picture = await client.profiles.prepare_picture(ask.session.uploads.get(call.upload).data)
        ask.session.uploads.drop(call.upload)
    await client.profiles.set(call.name, None if call.upload == KEEP else picture)
    ask.views.people.changed(client.me.account)
    ask.session.work.changes.fact("me")
    return ask.views.people.me()


@answers(c.GetPrivacy)
async def _get_privacy(ask: Asker, _: c.GetPrivacy) -> Privacy:
    return to_privacy(await ask.client.account.privacy(), ask.session.settings().language)


@answers(c.MoveRelay)
async def _move_relay(ask: Asker, call: c.MoveRelay) -> v.Me:
    await ask.client.account.move_relay(call.relay.strip())
    ask.session.work.changes.fact("me")
    return ask.views.people.me()


@answers(c.PutAwayNotice)
async def _put_away_notice(ask: Asker, call: c.PutAwayNotice) -> Done:
    ask.client.operator_notices.put_away(read_id(call.id))
    return Done()


@answers(c.ConfirmPhrase)
async def _confirm_phrase(ask: Asker, call: c.ConfirmPhrase) -> v.State:
    """Right after the account was made, or later, once the words were shown again."""
    if ask.session.phase not in {"unconfirmed", "ready"}:
        raise WrongPhase("there is nothing to confirm")
    if not call.later:
        words, asked = _words(ask), ask.session.asked_words
        given = [word.strip().lower() for word in call.words]
        if not asked or given != [words[index] for index in asked]:
            raise WordsWrong("these are not the words that were asked for")
    ask.session.remember(msgspec.structs.replace(ask.session.app_state, unconfirmed=False, put_off=call.later))
    return ask.session.state()


_WORD_LISTS: Final[dict[Language, Literal["english", "korean"]]] = {"ko": "korean", "en": "english"}


def _words(ask: Asker) -> list[str]:
    return ask.client.account.phrase(_WORD_LISTS[ask.session.settings().language]).split()


@answers(c.Unlock)
async def _unlock(ask: Asker, call: c.Unlock) -> v.State:
    await ask.session.unlock(call.passphrase)
    if ask.session.pages.has_others:
        ask.session.pages.push(Reset())  # the other pages still show that it is locked
    return ask.session.state()


@answers(c.Lock)
async def _lock(ask: Asker, _: c.Lock) -> v.State:
    await ask.session.lock()
    return ask.session.state()
