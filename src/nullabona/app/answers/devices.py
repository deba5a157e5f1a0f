"""Answers about the account's devices."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.app.answers.asking import Asker, answers, full_handle, read_id
from nullabona.app.protocol import device_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Done
from nullabona.app.session.errors import WrongPhase
from nullabona.client.api import DeviceInfo, qr_rows
from nullabona.client.api.devices import is_whole_link

_DAY_MS: Final = 86_400_000


@answers(c.GetDevices)
async def _get_devices(ask: Asker, _: c.GetDevices) -> c.Devices:
    return _devices(ask)


def _devices(ask: Asker) -> c.Devices:
    return c.Devices([_view(device) for device in ask.client.devices.all()])


def _view(device: DeviceInfo) -> c.DeviceView:
    return c.DeviceView(device.id.hex(), device.name, device.since * _DAY_MS, device.this)


@answers(c.NameDevice)
async def _name_device(ask: Asker, call: c.NameDevice) -> c.Devices:
    await ask.client.devices.rename(read_id(call.id), call.name)
    return _devices(ask)


@answers(c.RemoveDevice)
async def _remove_device(ask: Asker, call: c.RemoveDevice) -> c.Devices:
    await ask.client.devices.remove(read_id(call.id))
    return _devices(ask)


@answers(c.LinkDevice)
async def _link_device(ask: Asker, _: c.LinkDevice) -> c.LinkShown:
    link = await ask.session.linking.begin(ask.client)
    code = link.code
    return c.LinkShown(str(code.handle), code.digits, list(qr_rows(code.text)), list(link.number), link.expires_at)


@answers(c.WaitLink)
async def _wait_link(ask: Asker, _: c.WaitLink) -> c.LinkCandidate:
    return c.LinkCandidate(await ask.session.linking.current.candidate())


@answers(c.AnswerLink)
async def _answer_link(ask: Asker, call: c.AnswerLink) -> c.Devices:
    link = ask.session.linking.current
    try:
        await (link.accept() if call.yes else link.refuse())
    finally:
        await ask.session.linking.end()
    return _devices(ask)


@answers(c.EndLink)
async def _end_link(ask: Asker, _: c.EndLink) -> Done:
    await ask.session.linking.end()
    return Done()


@answers(c.JoinAccount)
async def _join_account(ask: Asker, call: c.JoinAccount) -> c.JoinInto:
    work = ask.session.open_work
    if ask.session.phase != "no-account":
        raise WrongPhase("there is an account already")
    handle = "" if is_whole_link(call.code) else full_handle(ask.session, call.handle)
    into = await ask.session.joining.begin(work, call.code, handle, call.name)
    return c.JoinInto(into.handle, list(into.number), into.in_record)


@answers(c.AnswerJoin)
async def _answer_join(ask: Asker, call: c.AnswerJoin) -> v.State:
    await ask.session.joining.answer(yes=call.yes)
    if call.yes:
        ask.session.remember(msgspec.structs.replace(ask.session.app_state, unregistered=False, relay=""))
    return ask.session.state()
