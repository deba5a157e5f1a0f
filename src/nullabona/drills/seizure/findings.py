"""What a seizure brought: the outcome of the search, and how it is told to people and to machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nullabona.drills.expert.inventory import Box, Inventory, day_text, size_counts
from nullabona.drills.reporting.text import Text
from nullabona.drills.search import OPEN_FILE, Finding, Kind, Searched, Secret, Swap
from nullabona.drills.search.forms import forms_of

MEMORY: Final = "memory "
"""How the names of memory regions begin."""
_CARDS: Final = ("cards.db", "cards.db-wal")


@dataclass(slots=True)
class Haul:
    """What was searched and found. ``memory_read`` is false if memory could not be read."""

    sought: list[Secret] = field(default_factory=list)
    """What was looked for ..."""
    short: list[Secret] = field(default_factory=list)
    """... and what of the secrets could not be: it would turn up by chance."""
    disk: Searched = field(default_factory=Searched)
    memory: Searched = field(default_factory=Searched)
    findings: list[Finding] = field(default_factory=list)
    memory_read: bool = False
    connected: list[str] = field(default_factory=list)
    """Addresses of the connections that were open."""
    swap: Swap = field(default_factory=lambda: Swap(0, 0))
    """What of the process was swapped out when it was seized."""

    @property
    def leaks(self) -> list[Finding]:
        """The findings that count."""
        return [found for found in self.findings if not _is_public(found)]

    @property
    def public(self) -> int:
        """How many handles were found where their public cards are."""
        return len({found.label for found in self.findings if _is_public(found)})

    def of(self, *kinds: Kind, memory: bool) -> list[Finding]:
        """The leaks of these kinds, on disk or in memory."""
        return [f for f in self.leaks if f.kind in kinds and f.source.startswith(MEMORY) == memory]


def _is_public(found: Finding) -> bool:
    """A handle is a public record; it is expected in the cards, and in the memory of the process that serves them."""
    file = found.source.removeprefix(OPEN_FILE).removesuffix(" (deleted)")
    return found.kind is Kind.NAME and (file in _CARDS or found.source.startswith(MEMORY))


# -- for people ---------------------------------------------------------------------------------------------------


def describe_carried(haul: Haul) -> Iterator[Text]:
    """How much was taken and searched."""
    files, size = len(haul.disk.sources), _megabytes(haul.disk.bytes)
    yield Text(
        f"{files} files with their logs, free pages and names: {size} searched",
        f"파일 {files}개 (로그, 빈 페이지, 파일 이름 포함): {size} 검색",
    )
    if not haul.memory_read:
        yield Text(
            "Memory: NOT searched, no permission (root is needed) or no process given",
            "메모리: 검색하지 못함. 권한이 없거나(root 필요) 프로세스를 지정하지 않음",
        )
        return
    size, seconds = _megabytes(haul.memory.bytes), haul.memory.seconds
    yield Text(
        f"The memory of the running process: {size} searched in {seconds:.1f} s",
        f"실행 중인 프로세스의 메모리: {size}, {seconds:.1f}초 동안 검색",
    )
    yield _describe_swap(haul.swap)
    opened, forms = haul.disk.opened + haul.memory.opened, _count_forms(haul.sought)
    yield Text(f"{opened} compressed streams were opened; {forms.en}", f"압축 데이터 {opened}개를 풀어 봄; {forms.ko}")


def _count_forms(sought: Sequence[Secret]) -> Text:
    """In how many ways each may be written down: a key in fewer than a text, ASCII in fewer than Korean."""
    counts = [len(forms_of(secret)) for secret in sought] or [0]
    least, most = min(counts), max(counts)
    return Text(
        f"each secret was looked for whole and in pieces, in {least} to {most} forms",
        f"비밀마다 {least}~{most}가지 형태로 전체와 조각을 검색",
    )


def _describe_swap(swap: Swap) -> Text:
    if not swap.areas:
        return Text("The machine has no swap", "기계에 스왑이 없음")
    size = _megabytes(swap.bytes)
    return Text(
        f"{size} of it were swapped out, and read back and searched with it; the machine's swap ({swap.areas} areas) "
        "holds pages of every program and is searched only if it is named with --also",
        f"그중 {size}은(는) 스왑에 있었고, 함께 읽어 검색함; 기계의 스왑 영역({swap.areas}곳)에는 다른 프로그램의 "
        "것도 있어 --also로 지정한 것만 검색함",
    )


def describe_readable(inventory: Inventory) -> Iterator[Text]:
    """What is there instead of secrets."""
    frames = [size for box in inventory.boxes for size in box.sizes]
    yield Text(
        f"{len(inventory.boxes)} boxes with {len(frames)} encrypted frames: {size_counts(frames)}",
        f"상자 {len(inventory.boxes)}개, 암호화된 프레임 {len(frames)}개: {size_counts(frames)}",
    )
    blobs, size = len(inventory.blobs), _megabytes(sum(inventory.blobs))
    yield Text(f"{blobs} encrypted blobs, {size} together", f"암호화된 블롭 {blobs}개, 모두 {size}")
    cards, names = len(inventory.cards), ", ".join(card.name for card in inventory.cards) or "-"
    yield Text(
        f"{cards} public cards ({names}), each with the day of registration",
        f"공개 명함 {cards}장 ({names}), 각각 등록일 포함",
    )


def describe_inferred(inventory: Inventory, haul: Haul) -> Iterator[Text]:
    """What may be concluded from it."""
    days = Counter(day_text(day) for box in inventory.boxes for day in box.days)
    shown = ", ".join(f"{day}: {count}" for day, count in sorted(days.items())) or "-"
    yield Text(
        f"Frames by expiry day, so by day of arrival: {shown}", f"만료일별 프레임 수 (곧 도착한 날짜별): {shown}"
    )
    inboxes = count_inboxes(inventory)
    rest = len(inventory.boxes) - inboxes
    yield Text(
        f"{inboxes} boxes are inboxes of known handles (their cards say so); {rest} belong to nobody named",
        f"상자 {inboxes}개는 공개 명함에 적힌 우편함; 나머지 {rest}개는 누구의 것인지 적힌 곳이 없음",
    )
    log = f"{inventory.log_bytes:,} B"
    yield Text(
        f"The write-ahead logs ({log}) hold {inventory.log_writes} pages in the order in which they were last written; "
        "the pages of the file keep traces of the order until the daily rewrite, which was not looked at here",
        f"미리 쓰기 로그({log})에 마지막으로 쓴 페이지 {inventory.log_writes}개가 쓴 순서대로 있음. 파일 페이지에 남는 "
        "하루치 순서의 흔적은 여기서 살펴보지 않음",
    )
    connections = len(haul.connected)
    yield Text(
        f"{connections} connections were open: while they last, the machine's kernel knows their addresses. Whose "
        "inbox each waits at stands in the memory of the process, too; it was not read out of it here",
        f"열린 연결 {connections}개: 연결된 동안은 운영체제가 상대 주소를 앎. 어느 우편함에서 기다리는지도 프로세스 "
        "메모리에 있으나, 여기서 읽어 내지는 않음",
    )


_KINDS: Final = {
    Kind.TEXT: Text("messages", "메시지"),
    Kind.ROOM: Text("room names", "방 이름"),
    Kind.NAME: Text("names, outside the public cards", "이름(공개 명함 밖)"),
    Kind.PHRASE: Text("recovery phrases", "24개 단어"),
    Kind.KEY: Text("keys", "키"),
    Kind.ADDRESS: Text("client addresses", "접속 주소"),
}


def describe_found(haul: Haul) -> Iterator[Text]:
    """How many of the secrets that were looked for were found, kind by kind, and where each was."""
    counts = Counter(secret.kind for secret in haul.sought)
    yield from (_found(haul, kind, counts[kind]) for kind in _KINDS if counts[kind])
    if haul.short:
        yield describe_short(haul.short)
    if public := haul.public:
        yield Text(
            f"{public} handles stand in their own public cards, as they should",
            f"계정 이름 {public}개는 공개 명함에 있음 (공개 정보)",
        )
    for found in haul.leaks:
        where = f"{found.source} @ {found.offset} ({found.form}, {found.share:.0%})"
        yield Text(f"LEAK: {found.label} in {where}", f"유출: {found.label}, 위치 {where}")
    if passed := haul.disk.passed_over + haul.memory.passed_over:
        yield Text(
            f"{passed} places not counted: a relay that nobody ever used has the same words",
            f"{passed}곳은 세지 않음: 아무도 쓰지 않은 서버에도 같은 말이 있음",
        )


def describe_short(short: Sequence[Secret]) -> Text:
    """What was planted and not looked for."""
    labels = ", ".join(secret.label for secret in short)
    return Text(
        f"{len(short)} more could not be looked for, and are not counted: so short, or so plain, that they would turn "
        f"up by chance ({labels})",
        f"{len(short)}개는 검색하지 못해 세지 않음: 너무 짧거나 단순해서 우연히 나올 수 있음 ({labels})",
    )


def _found(haul: Haul, kind: Kind, count: int) -> Text:
    disk = len({found.label for found in haul.of(kind, memory=False)})
    memory = len({found.label for found in haul.of(kind, memory=True)})
    en = f"{memory} in memory" if haul.memory_read else "memory not searched"
    ko = f"메모리에서 {memory}개 발견" if haul.memory_read else "메모리는 검색하지 못함"
    return Text(
        f"{count} {_KINDS[kind].en}: {disk} found on disk, {en}",
        f"{_KINDS[kind].ko} {count}개: 디스크에서 {disk}개, {ko}",
    )


# -- for machines -------------------------------------------------------------------------------------------------


def encode_haul(haul: Haul, inventory: Inventory) -> dict[str, Any]:
    """The same facts as values of JSON."""
    sizes = Counter(size for box in inventory.boxes for size in box.sizes)
    return {
        "memory_searched": haul.memory_read,
        "searched": {
            "files": len(haul.disk.sources),
            "disk_bytes": haul.disk.bytes,
            "memory_bytes": haul.memory.bytes,
            "swapped_bytes": haul.swap.bytes,
            "swap_areas": haul.swap.areas,
            "seconds": round(haul.disk.seconds + haul.memory.seconds, 2),
        },
        "held": {
            "boxes": len(inventory.boxes),
            "inboxes": count_inboxes(inventory),
            "frames_ever": sum(box.number for box in _others(inventory)),
            "frames": sum(sizes.values()),
            "frame_sizes": {str(size): count for size, count in sorted(sizes.items())},
            "blobs": len(inventory.blobs),
            "cards": len(inventory.cards),
            "log_writes": inventory.log_writes,
            "undeclared": list(inventory.undeclared),
        },
        "secrets": dict(Counter(secret.kind.value for secret in haul.sought)),
        "too_short": [secret.label for secret in haul.short],
        "leaks": [_encode_finding(found) for found in haul.leaks],
        "public": haul.public,
        "connections": len(haul.connected),
    }


def _encode_finding(found: Finding) -> dict[str, Any]:
    return {
        "label": found.label,
        "kind": found.kind.value,
        "source": found.source,
        "offset": found.offset,
        "form": found.form,
        "places": found.places,
        "share": round(found.share, 3),
    }


def count_inboxes(inventory: Inventory) -> int:
    """How many boxes a card says to be its account's inbox."""
    return len(inventory.boxes) - len(_others(inventory))


def _others(inventory: Inventory) -> list[Box]:
    """Boxes that no card names: their numbers begin at 1."""
    known = {card.card.body.inbox.address for card in inventory.cards}
    return [box for box in inventory.boxes if box.address not in known]


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
