"""The drill ``seizure``: the relay's machine is carried away, disks and memory; what can be read, what inferred?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.drills.expert.connections import connected_addresses
from nullabona.drills.expert.declared import strays_beside
from nullabona.drills.expert.inventory import Inventory, take_inventory
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Tell, Text
from nullabona.drills.search import (
    Bare,
    Hunt,
    Kind,
    MemoryDenied,
    Secret,
    files_below,
    load_secrets,
    look_at_swap,
    memory_chunks,
    open_files,
    program_files,
)
from nullabona.drills.seizure.erased import Erased, look_below
from nullabona.drills.seizure.findings import (
    Haul,
    count_inboxes,
    describe_carried,
    describe_found,
    describe_inferred,
    describe_readable,
    encode_haul,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is seized. ``also`` are backups and the like; ``control`` is the process of a relay nobody ever used.

    ``logs`` and ``temporary`` are searched like ``also``; and no line may be in a log that is not declared, and nothing
    in a temporary folder.
    """

    data: Path
    secrets: Sequence[Secret]
    pid: int | None = None
    also: Sequence[Path] = ()
    logs: Sequence[Path] = ()
    temporary: Sequence[Path] = ()
    control: int | None = None


def run(_: Tell, *, data: Path, secrets: Path, pid: int | None, also: Sequence[Path], control: int | None) -> Report:
    """Play the drill with the secrets of a file. Raises `SecretsUnreadable` besides."""
    return run_seizure(Scene(data=data, secrets=load_secrets(secrets), pid=pid, also=also, control=control))


def run_seizure(scene: Scene) -> Report:
    """Play the drill. Raises `DataUnreadable`, or `NoProcess` if there is no such process."""
    haul = _search(scene)
    inventory = take_inventory(scene.data)
    report = Report("seizure", Text("Seizure of the relay: disks and memory", "릴레이 압수: 디스크와 메모리"))
    report.section("Carried away", "가져간 것", describe_carried(haul))
    report.section("What can be read in it", "거기서 읽을 수 있는 것", describe_readable(inventory))
    report.section("What can be inferred", "거기서 추측할 수 있는 것", describe_inferred(inventory, haul))
    report.section("What was found of the planted secrets", "심어 둔 비밀 중 발견된 것", describe_found(haul))
    below = look_below()
    report.section("Below the files", "파일 아래의 디스크", describe_below(below))
    beside = list(strays_beside(scene.logs, scene.temporary))
    report.checks = [*_can(haul, inventory), *_cannot(haul, [*inventory.undeclared, *beside])]
    report.checks.append(_below(below))
    report.data = {**encode_haul(haul, inventory), "below": {"planted": below.planted, "left": list(below.left)}}
    return report


def _search(scene: Scene) -> Haul:
    hunt, haul, disk, memory = Hunt(scene.secrets), Haul(), Bare.of(scene.secrets), Bare.of(scene.secrets)
    for secret in scene.secrets:
        (haul.sought if hunt.finds(secret) else haul.short).append(secret)
    for place in (scene.data, *scene.also, *scene.logs, *scene.temporary):
        haul.findings += hunt.search(disk.watch(files_below(place)), haul.disk)
    haul.findings += disk.findings
    if scene.pid is None:
        return haul
    try:
        if scene.control is not None:
            hunt.learn(memory_chunks(scene.control))
            hunt.learn(program_files())
        haul.swap = look_at_swap(scene.pid)
        haul.findings += hunt.search(open_files(scene.pid), haul.disk)
        haul.findings += hunt.search(memory.watch(memory_chunks(scene.pid)), haul.memory) + memory.findings
        haul.connected = connected_addresses(scene.pid)
        haul.memory_read = haul.memory.bytes > 0
    except MemoryDenied:
        haul.memory_read = False
    return haul


# -- claims -------------------------------------------------------------------------------------------------------

_CAN: Final = {
    "S-01": Text("The seizer counts boxes and frames, sees padded sizes and the day on which each arrived.",
                 "압수자는 상자와 프레임의 수, 맞춰진 크기, 도착한 날짜를 알 수 있음."),
    "S-02": Text("The seizer has every public card with its day of registration.",
                 "압수자는 모든 공개 명함과 등록일을 얻음."),
    "S-03": Text("The seizer tells which box is whose inbox, for every handle registered here.",
                 "압수자는 등록된 계정마다 어느 상자가 그 우편함인지 알 수 있음."),
    "S-04": Text("The seizer may learn the order of the last seconds' writes from the logs.",
                 "압수자는 로그에서 최근 몇 초의 쓰기 순서를 알 수도 있음."),
    "S-05": Text("The seizer of a running machine sees the addresses that are connected just then.",
                 "켜진 기계를 압수하면 그 순간 연결된 주소를 알 수 있음."),
}  # fmt: skip
_CANNOT: Final = (
    ("S-10", (Kind.TEXT,), False,
     Text("No message is on the disks, in no form and no part that is looked for.",
          "디스크에 대화 내용이, 찾아본 어떤 형태로도 일부라도 없음.")),
    ("S-11", (Kind.TEXT,), True,
     Text("No message is in the memory of the process.", "프로세스 메모리에 대화 내용이 없음.")),
    ("S-12", (Kind.ROOM,), False,
     Text("No room name is on the disks.", "디스크에 방 이름이 없음.")),
    ("S-13", (Kind.PHRASE, Kind.KEY), False,
     Text("No recovery phrase and no lasting private key of a client (account, device, inbox) is on the disks.",
          "디스크에 24개 단어나 이용자의 오래 쓰는 개인 키(계정, 기기, 우편함)가 없음.")),
    ("S-14", (Kind.ROOM, Kind.PHRASE, Kind.KEY), True,
     Text("No room name, phrase or lasting private key of a client is in memory.",
          "메모리에 방 이름, 24개 단어, 이용자의 오래 쓰는 개인 키가 없음.")),
    ("S-15", (Kind.ADDRESS,), False,
     Text("No client address is on the disks.", "디스크에 접속 주소가 없음.")),
    ("S-16", (Kind.ADDRESS,), True,
     Text("No client address is in the memory of the process, of devices connected now or before.",
          "지금이든 예전이든 연결한 기기의 접속 주소가 프로세스 메모리에 없음.")),
)  # fmt: skip
_DECLARED: Final = Text(
    "No file, table, column or line of a log is there that is not declared, and no handle outside the public cards.",
    "선언되지 않은 파일, 표, 열, 로그 줄이 없고, 공개 명함 밖에 계정 이름이 없음.",
)


_BELOW: Final = Text(
    "Nothing that a relay has erased is on a disk that is overwritten in place, below the files: it was searched.",
    "덮어쓰는 디스크에는 서버가 지운 것이 파일 아래에도 없음: 디스크 이미지 전체를 검색함.",
)
_NOTHING: Final[dict[str, Text]] = {
    "S-01": Text("no frame was there", "프레임이 하나도 없었음"),
    "S-02": Text("no card was there", "명함이 하나도 없었음"),
    "S-03": Text("no inbox of a card was there", "명함에 적힌 우편함이 없었음"),
    "S-04": Text("the logs told of no two writes just then", "그때 로그에 쓰기가 둘 이상 남아 있지 않았음"),
    "S-05": Text("nobody was seen to be connected", "연결된 사람이 보이지 않았음"),
}
_DENIED: Final = Text("memory not searched: no permission", "메모리를 검색하지 못함: 권한 없음")
_NO_DISK: Final = Text("there was nothing to search", "검색할 것이 없었음")


def _can(haul: Haul, inventory: Inventory) -> Iterator[Check]:
    """What the page admits, where it was seen in what was carried away."""
    seen = {
        "S-01": any(box.days for box in inventory.boxes),
        "S-02": bool(inventory.cards),
        "S-03": count_inboxes(inventory) > 0,
        "S-04": inventory.log_writes > 1,
        "S-05": bool(haul.connected),
    }
    return (Check.shown(id, text, seen=seen[id], otherwise=_NOTHING[id]) for id, text in _CAN.items())


def _cannot(haul: Haul, undeclared: Iterable[str]) -> Iterator[Check]:
    for id, kinds, memory, text in _CANNOT:
        found = ", ".join(sorted({leak.label for leak in haul.of(*kinds, memory=memory)}))
        yield Check.of(id, text.with_list(found), held=not found).unless(_blind(haul, kinds, memory=memory))
    strays = [*undeclared, *sorted({leak.source for leak in haul.of(Kind.NAME, memory=False)})]
    check = Check.of("S-17", _DECLARED.with_list(", ".join(strays)), held=not strays)
    yield check.unless(_blind(haul, (Kind.NAME,), memory=False))


def describe_below(below: Erased) -> Iterator[Text]:
    """What was planted on images and looked for when it was erased."""
    if below.lacking:
        yield Text(f"Not looked at, only files: {below.lacking}", f"보지 못함, 파일만 검색함: {below.lacking}")
        return
    yield Text(
        f"On images of ext4, with and without a journal, the relay's own stores kept frames and chunks with "
        f"{below.planted:,} marks, and trimmed, moved and expired them",
        f"ext4 이미지(저널 있음·없음)에서 서버의 저장소가 표식 {below.planted:,}개가 든 프레임과 조각을 보관했다가 "
        "지우고, 옮기고, 만료시킴",
    )
    yield Text(
        f"Found of them afterwards: {'; '.join(below.left) or '0'}", f"그 뒤 발견된 것: {'; '.join(below.left) or '0'}"
    )


def _below(below: Erased) -> Check:
    why = Text(f"no image: {below.lacking}", f"이미지 없음: {below.lacking}") if below.lacking else None
    return Check.of("S-29", _BELOW.with_list("; ".join(below.left)), held=not below.left).unless(why)


def _blind(haul: Haul, kinds: Iterable[Kind], *, memory: bool) -> Text | None:
    """Why secrets of these kinds could not have been found: every kind that a line names has to be planted."""
    lacking = set(kinds) - {secret.kind for secret in haul.sought}
    if lacking:
        names = ", ".join(sorted(lacking))
        return Text(
            f"nothing was planted that could be looked for, of: {names}", f"찾을 수 있게 심은 것이 없음: {names}"
        )
    if memory and not haul.memory_read:
        return _DENIED
    return None if memory or haul.disk.bytes else _NO_DISK
