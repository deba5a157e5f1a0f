"""Random lives of accounts with several devices: linked, revoked, lost, restored, woken in their own past."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from nullabona.client.archive.records import Record
from nullabona.client.core.account import own_devices
from nullabona.client.core.backfill import lines
from nullabona.client.core.devices import sync_out
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.room_info import RoomInfo
from tests.rooms.copying import CarefulWorld, FolderCopy, copied, look_at_own_card, put_back
from tests.rooms.devices import another_device, backup_of, remember, remove_device, restored, restored_from
from tests.rooms.world import Person

T = TypeVar("T")
MOST_DEVICES = 3
MOST_RESTORES = 2
MOST_COPIES = 3
CALM_DAYS = 3
"""A client looks at its account's card every few hours; here every day of the calm, and those whose folder was put back
before it too.
"""


@dataclass
class Said:
    """A message, and the devices that were in the room as its sender knew it."""

    sender: Person
    text: str
    devices: set[bytes]


@dataclass
class Kept:
    """A backup, and how much had been said when it was made."""

    backup: list[Record]
    said: int


@dataclass
class Missed:
    """A device that was restored from a backup, and how much had been said when that was made and when it was lost."""

    device: Person
    since: int
    upto: int


@dataclass
class DeviceSchedule:
    """One random history of a group of three accounts with one to three devices each."""

    seed: int
    accounts: int = 3
    actions: int = 70
    folders: bool = False
    """Whether folders are copied and put back, too."""
    backups: bool = False
    """Whether backups are made; then a lost account is restored from its last one, and misses what was said since."""
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = CarefulWorld(self.seed)
        self.dice = self.world.dice
        self.said: list[Said] = []
        self.after_removal: list[tuple[Person, str]] = []
        """Put-out devices, and what was said by somebody who knew."""
        self.seen: dict[str, set[bytes]] = {}
        """The devices that each has seen in the room."""
        self.wipes = 0
        self.restores = 0
        self.kept: dict[bytes, Kept] = {}
        """account → its last backup."""
        self.missed: list[Missed] = []
        self.handed = 0
        """How much of what was said between a backup and a return had to be handed over, and was."""
        self.copies: dict[str, FolderCopy] = {}
        self.rootless: set[bytes] = set()
        """Devices that lost their keys to the room once, or have them from one that did."""
        self.woken: dict[bytes, tuple[int, int]] = {}
        """Devices that were put back: how much had been said when the copy was made, and when it was put back."""
        first = [self.world.person(f"p{number}") for number in range(self.accounts)]
        self.room = self.world.group(*first)
        self.devices: dict[bytes, list[Person]] = {person.account: [person] for person in first}
        self.out: list[Person] = []

    @property
    def everybody(self) -> list[Person]:
        return [person for devices in self.devices.values() for person in devices]

    def play(self) -> None:
        """Everything, and then calm."""
        for _ in range(self.actions):
            self._act()
            if self.folders:
                self._folders()
            if self.backups:
                self._back_up()
        for person in [*self.everybody, *self.out]:
            person.online = True
        self.log.append("calm")
        for _ in range(CALM_DAYS):
            for person in [*self.everybody, *self.out]:
                look_at_own_card(self.world, person)
            self.world.settle(span=86_400_000, most=1_000)

    def _act(self) -> None:
        roll = self.dice.between(0, 99)
        person = self._one(self.everybody)
        if roll < 30:
            self._say(person)
        elif roll < 60:
            self._network(self._one([*self.everybody, *self.out]))
        elif roll < 72:
            self._time()
        elif roll < 80:
            self._link(person)
        elif roll < 84:
            self._revoked(person)
        elif roll < 87:
            self._lose_everything(person)
        elif roll < 92:
            person.online = not person.online
            self.log.append(f"{person.name} online={person.online}")
        elif roll < 97:
            self._crash(person)
        elif self.wipes < 2 and not self._somebody_wakes():
            self.wipes += 1
            self.log.append("relay wiped")
            self.world.relay.wipe()

    def _somebody_wakes(self) -> bool:
        """Whether a device woke in its past and has not read the room's box since.

        If that is lost as well, nothing tells the device (spec/devices.md §8; what then happens has a test of its own).
        """
        return any(self._wakes(person) for person in self.everybody)

    def _wakes(self, person: Person) -> bool:
        done = self.world.read_once.get(person.name)
        return done is not None and person.phase(self.room) == "joined" and person.where(self.room) not in done

    def _crash(self, person: Person) -> None:
        """Only in memory a device that woke keeps where its leaf was before it wrote (spec/devices.md §8)."""
        waiting = person.engine.due(self.world.now)
        if self._wakes(person) and any(isinstance(item.target, RoomFrame) for item in waiting):
            return
        self.log.append(f"{person.name} crashes")
        person.crash()

    def _one(self, some: list[T]) -> T:
        return some[self.dice.between(0, len(some) - 1)]

    def _say(self, person: Person) -> None:
        if person.phase(self.room) != "joined":
            return
        text = f"{person.name} #{len(self.said)}"
        with person.store.transaction():
            devices = {device.device for device in person.store.devices(self.room)}
        person.send(self.room, text)
        self.log.append(f"says {text}")
        self.said.append(Said(person, text, devices))
        known = self.seen.setdefault(person.name, set())
        self.after_removal += [(lost, text) for lost in self.out if lost.me.device in known - devices]
        known |= devices

    def _network(self, person: Person) -> None:
        for _ in range(self.dice.between(1, 6)):
            if not person.online:
                return
            wants = self.world.reads(person)
            if self.dice.between(0, 1) and wants:  # who is signed out reads nothing in the end
                room, want = self._one(wants)
                self.world.read(person, room, want, limit=self.dice.between(1, 8))
            elif items := self.world.queues(person):
                item = items[self.dice.between(0, len(items) - 1)]
                luck = self.dice.between(0, 9)
                self.world.post(person, item, lose_request=luck == 0, lose_answer=luck == 1)
            person.engine.tick(self.world.now)

    def _time(self) -> None:
        self.world.pass_time(
            self.dice.between(1, 5_000) if self.dice.between(0, 3) else self.dice.between(10_000, 900_000)
        )
        for person in [*self.everybody, *self.out]:
            if person.online and person.me.device in self.woken:
                look_at_own_card(self.world, person)
        for person in self.everybody:
            if person.online:
                person.engine.tick(self.world.now)

    def _current(self, person: Person) -> bool:
        """Only who knows the card that the directory has can publish the next."""
        with person.store.transaction():
            known = own_devices.card(person.store)
        return known is not None and known.hash == self.world.cards[person.me.handle].hash

    def _heard(self, person: Person) -> bool:
        """Only who is in the room of the devices, and was told what the others know, may put one of them out."""
        with person.engine.step(self.world.now) as step:
            return sync_out.was_told(step)

    def _link(self, person: Person) -> None:
        devices = self.devices[person.account]
        if not person.online or len(devices) >= MOST_DEVICES or not self._current(person):
            return
        made = another_device(self.world, person, f"{person.name}+{len(self.world.people)}")
        devices.append(made)
        self.rootless.add(made.me.device)
        self.log.append(f"{person.name} links {made.name}")

    def _revoked(self, person: Person) -> None:
        others = [device for device in self.devices[person.account] if device is not person]
        if not others or not person.online or not self._current(person) or not self._heard(person):
            return
        lost = self._one(others)
        remove_device(self.world, person, lost)
        self.devices[person.account].remove(lost)
        self.out.append(lost)
        self.log.append(f"{person.name} removes {lost.name}")

    def _lose_everything(self, person: Person) -> None:
        """Every device of an account is lost; it is restored on a new one, which knows its rooms from a backup."""
        lost = self.devices[person.account]
        if self.restores == MOST_RESTORES or person.phase(self.room) != "joined":
            return
        if self.folders and not self._rooted(person.account):
            return
        self.restores += 1
        info = person.info(self.room)
        newest = next((device for device in lost if self._current(device)), person)
        for device in lost:
            device.online = False
        made = self._made_anew(newest, f"{person.name}!{len(self.world.people)}", info)
        self.out += lost
        self.rootless.add(made.me.device)
        self.devices[person.account] = [made]
        self.log.append(f"{person.name} is lost with {len(lost)} devices and restored as {made.name}")

    def _made_anew(self, lost: Person, name: str, info: RoomInfo) -> Person:
        """The account's new device, from a backup if there is one."""
        kept = self.kept.get(lost.account)
        if kept is not None:
            made = restored_from(self.world, lost, kept.backup, name)
            self.missed.append(Missed(made, kept.said, len(self.said)))
            return made
        made = restored(self.world, lost, name)
        friends = [devices[0] for account, devices in self.devices.items() if account != lost.account]
        remember(self.world, made, self.room, info, friends)
        return made

    def _back_up(self) -> None:
        """Somebody makes a backup who lacks nothing: one does not tell what is missing in it."""
        person = self._one(self.everybody)
        state = person.look(self.room)
        if self.dice.between(0, 99) < 10 and state is not None and state.phase == "joined" and state.gap is None:
            self.kept[person.account] = Kept(backup_of(self.world, person), len(self.said))
            self.log.append(f"{person.name} makes a backup")

    def _folders(self) -> None:
        """Somebody copies the folder of a device, or puts an old copy in its place."""
        roll = self.dice.between(0, 99)
        person = self._one([*self.everybody, *self.out] if roll % 4 == 0 else self.everybody)
        if roll < 12:
            self.copies[person.name] = FolderCopy(copied(person.store), len(self.said), self.wipes)
            self.log.append(f"the folder of {person.name} is copied")
        elif (
            roll < 20 and person.name in self.copies and len(self.woken) < MOST_COPIES and self._rooted(person.account)
        ):
            self._put_back(person, self.copies[person.name])

    def _rooted(self, account: bytes) -> bool:
        """Whether another account has a device in the room that never lost its keys: where nobody has any, no way leads
        back, and the room is over.
        """
        return any(
            each.account != account and each.me.device not in self.rootless and each.phase(self.room) == "joined"
            for each in self.everybody
        )

    def _put_back(self, person: Person, copy: FolderCopy) -> None:
        """Where the relay lost its boxes since, they cannot tell: then only a file beside the store does."""
        told = copy.wipes != self.wipes or bool(self.dice.between(0, 1))
        before, _ = self.woken.get(person.me.device, (copy.said, 0))
        self.woken[person.me.device] = (min(before, copy.said), len(self.said))
        self.rootless.add(person.me.device)
        put_back(self.world, person, copy.store, told=told)
        self.world.be_careful(person)
        self.log.append(f"{person.name} wakes as it was, {'told' if told else 'not told'}")

    # -- what must hold -------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Everybody who should be in is, nobody else is, and nothing was lost or doubled."""
        inside = self.everybody
        phases = {person.name: person.phase(self.room) for person in inside}
        assert set(phases.values()) == {"joined"}, phases
        places = Counter(person.where(self.room) for person in inside)
        assert len(places) == 1, {person.name: person.epoch(self.room) for person in inside}
        expected = {person.me.device for person in inside}
        for person in inside:
            with person.store.transaction():
                found = {device.device for device in person.store.devices(self.room)}
            assert found == expected, f"{person.name} sees other devices than there are"
        for person in [*inside, *self.out]:
            doubled = [text for text, count in Counter(person.texts(self.room)).items() if count > 1]
            assert not doubled, f"{person.name} sees twice: {doubled}"
        self._check_messages(inside)
        self._check_missed(inside)
        for devices in self.devices.values():
            self._check_shared(devices)

    def _check_shared(self, devices: list[Person]) -> None:
        """The devices of an account have a room of their own, in which all of them are."""
        if len(devices) == 1:
            return
        rooms = {}
        for device in devices:
            with device.store.transaction():
                rooms[device.name] = own_devices.room_id(device.store)
        assert len(set(rooms.values())) == 1, {name: room.hex()[:4] for name, room in rooms.items()}
        shared = {device.name: device.phase(rooms[device.name]) for device in devices}
        assert set(shared.values()) == {"joined"}, shared
        assert 1 == len({device.where(rooms[device.name]) for device in devices}), "the devices' room has branches"

    def _check_missed(self, inside: list[Person]) -> None:
        """What was said between a backup and the return has come from who said it, and own lines from who had them."""
        for missed in self.missed:
            others = [person for person in inside if person.account != missed.device.account]
            if missed.device not in inside or any(person.me.device in self.woken for person in inside):
                continue
            if self._knew_nothing(missed.device):
                continue
            texts = missed.device.texts(self.room)
            for said in self.said[missed.since : missed.upto]:
                own = said.sender.account == missed.device.account
                tellers = others if own else [person for person in others if person is said.sender]
                rooted = all(person.me.device not in self.rootless for person in tellers)
                if tellers and rooted and all(said.text in person.texts(self.room) for person in tellers):
                    self.handed += 1
                    assert said.text in texts, f"{missed.device.name} was not handed {said.text}"

    def _knew_nothing(self, device: Person) -> bool:
        """Whether a restored device had no line of the room, so that it has no proof of it and nobody answers it."""
        with device.engine.step(self.world.now, self.room) as step:
            gap = step.room(self.room).gap
            return gap is not None and not lines.known(step, self.room, gap.start)

    def _check_messages(self, inside: list[Person]) -> None:
        still_in = {person.me.device for person in inside}
        for number, said in enumerate(self.said):
            made, back = self.woken.get(said.sender.me.device, (0, 0))
            if said.sender.me.device not in still_in or made <= number < back:
                continue  # the sender is out, or does not know that it ever said this
            for person in inside:
                if person.me.device in said.devices and number >= self.woken.get(person.me.device, (0, 0))[1]:
                    assert said.text in person.texts(self.room), f"{person.name} lost {said.text}"
        for lost, text in self.after_removal:
            assert text not in lost.texts(self.room), f"{lost.name} was removed and reads {text}"
