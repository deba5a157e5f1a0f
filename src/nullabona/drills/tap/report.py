"""The report of the drill ``tap``: what was on the tape, what it says, and what could be inferred from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Tell, Text
from nullabona.drills.search import Finding, Hunt, Kind, Searched, Secret, files_below
from nullabona.drills.seizure.findings import describe_short
from nullabona.drills.tap.findings import Heard
from nullabona.drills.tap.listening import (
    Score,
    guess_by_look_ups,
    guess_with_addresses,
    guess_without_addresses,
    looked_up_together,
)
from nullabona.drills.tap.scenario import play

_SIZES: Final = frozenset({512, 1_024, 2_048, 4_096, 16_384, 65_536})
"""Of frames, fixed here and not taken from the product, so that a new size fails T-13 until it is judged."""
_MANY: Final = 100
"""Requests without which a claim about them says little."""


def run(tell: Tell) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    heard, folder = play(tell)
    with folder:
        tell(Text("The tape is searched for what was said", "테이프에서 대화 내용을 찾습니다"))
        return report_of(heard)


def report_of(heard: Heard) -> Report:
    """What came of it."""
    searched, hunt = Searched(), Hunt(heard.secrets)
    sought = [secret for secret in heard.secrets if hunt.finds(secret)]
    found = hunt.search(files_below(heard.tape.parent / heard.tape.name), searched)
    tape = heard.listened
    with_, without = guess_with_addresses(tape), guess_without_addresses(tape)
    scores = {"with": Score.of(with_.pairs, heard.true), "without": Score.of(without.pairs, heard.true)}
    watched = Score.of(
        frozenset(pair for pair in with_.pairs if heard.watched in pair),
        frozenset(pair for pair in heard.true if heard.watched in pair),
    )
    scores["look-ups"] = Score.of(guess_by_look_ups(tape), heard.true)
    out = Report("tap", Text("A live tap with the operator's full help", "운영자가 전적으로 협조하는 실시간 감청"))
    out.section("On the tape", "테이프에 있는 것", _describe(heard, searched))
    out.section("Read of what was said", "대화 내용에서 읽은 것", list(_read(found, heard, sought)))
    out.section("Inferred all the same", "그래도 추측한 것", _inferred(heard, scores, watched))
    out.section("What would help against it", "무엇이 도움이 되는가", _HELPS)
    opened = tape.opened()
    unread = _unread(found, sought, opened, plain=tape.noise.plain)
    out.section("Tried with all that passed", "지나간 모든 것으로 시험한 것", _tried(heard, opened))
    out.checks = [*_can(heard, scores["with"], watched), *_asked(heard, scores["look-ups"]), *unread, *_cannot(heard)]
    out.data = {
        "tape": {"requests": tape.lines, "bytes": tape.size, "seconds": round(tape.seconds, 1)},
        "noise": {"count": tape.noise.count, "alike": tape.noise.alike, "packable": tape.noise.packable},
        "opened": sorted(set(opened)),
        "remembered": heard.remembered,
        "found": [{"label": one.label, "form": one.form} for one in found],
        "pairs": {way: _encode(score) for way, score in scores.items()},
        "watched": {"handle": heard.watched, **_encode(watched)},
    }
    return out


def _tried(heard: Heard, opened: list[str]) -> Iterator[Text]:
    tape = heard.listened
    names = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(opened).items()))
    boxes, inboxes, pieces = len(tape.sealed), len(tape.cards), len(tape.pieces)
    yield Text(
        f"Keys that follow from what a relay is shown, or are the same for everybody, on {boxes} boxes, {inboxes} "
        f"inboxes and {pieces} pieces of files: {f'OPENED {names}' if names else 'none opens'}.",
        f"릴레이가 보는 것에서 나오거나 누구에게나 같은 열쇠로 상자 {boxes}개, 수신함 {inboxes}개, 파일 조각 "
        f"{pieces}개를 열어 봄: {f'열림 {names}' if names else '하나도 열리지 않음'}.",
    )
    marked = len(tape.marked(but=heard.together))
    yield Text(
        f"Of {len(tape.heads)} connections' heads {marked} of those that touch rooms differ from others'.",
        f"연결 {len(tape.heads)}개의 머리글 가운데 방을 만지며 남과 다른 것 {marked}개.",
    )
    remembered = ", ".join(heard.remembered or ())
    tie = f"{remembered} TIE wake tokens to boxes" if remembered else "nothing ties a wake token to a box"
    yield Text(
        f"In the memory of the program {tie}.",
        f"프로그램의 메모리에 깨움 토큰과 상자를 잇는 것이 {f'있음: {remembered}' if remembered else '없음'}.",
    )


def _encode(score: Score) -> dict[str, int]:
    return {"right": score.right, "guessed": score.guessed, "true": score.true}


def _describe(heard: Heard, searched: Searched) -> Iterator[Text]:
    tape = heard.listened
    connections, addresses = len(tape.address), len(set(tape.address.values()))
    yield Text(
        f"{tape.lines} requests and answers in {tape.seconds:.0f} s, {searched.bytes / 1e6:.1f} MB, each with its time;"
        f" {connections} connections from {addresses} addresses.",
        f"{tape.seconds:.0f}초 동안 요청과 응답 {tape.lines}개, {searched.bytes / 1e6:.1f} MB, 각각의 시각. "
        f"주소 {addresses}곳의 연결 {connections}개.",
    )
    rooms = tape.rooms_boxes()
    yield Text(
        f"{len(rooms)} boxes of rooms and {len(tape.boxes) - len(rooms)} inboxes, and which connection touched which.",
        f"방 상자 {len(rooms)}개와 우편함 {len(tape.boxes) - len(rooms)}개, 어느 연결이 어느 상자를 만졌는지.",
    )
    sizes = Counter(size for box in tape.boxes.values() for size in box.sizes)
    listed = ", ".join(f"{size}: {count}" for size, count in sorted(sizes.items())[:8])
    yield Text(f"Sizes of frames, in bytes: {listed}.", f"프레임 크기(바이트): {listed}.")


def _read(found: list[Finding], heard: Heard, sought: list[Secret]) -> Iterator[Text]:
    if found:
        names = ", ".join(sorted({f"{one.label} ({one.form})" for one in found}))
        yield Text(f"FOUND: {names}", f"발견됨: {names}")
    else:
        yield Text(
            f"Nothing: none of {len(sought)} texts, files, rooms' names and ids, and phrases, in no form.",
            f"없음: 대화·파일·방 이름·방 식별자·24개 단어, 모두 {len(sought)}가지 중 어떤 것도, 일부라도 없음.",
        )
    noise = heard.listened.noise
    yield Text(
        f"Of {noise.count} frames and pieces of files {noise.alike} have eight bytes in common with another at one "
        f"place, and {noise.packable} become smaller when they are packed: noise does neither.",
        f"프레임과 파일 조각 {noise.count}개 중 다른 것과 같은 자리에 같은 8바이트가 있는 것 {noise.alike}개, "
        f"압축되는 것 {noise.packable}개: 잡음은 둘 다 아님.",
    )
    if short := [secret for secret in heard.secrets if secret not in sought]:
        yield describe_short(short)


def _inferred(heard: Heard, scores: dict[str, Score], watched: Score) -> Iterator[Text]:
    named = len(guess_with_addresses(heard.listened).named)
    yield Text(
        f"With network addresses: {_pairs_en(scores['with'])}. {named} connections were given a handle, by the address "
        "from which the inbox of its public card is read.",
        f"접속 주소까지 보면: {_pairs_ko(scores['with'])}. "
        f"공개 명함의 우편함을 읽는 주소로 연결 {named}개의 주인을 앎.",
    )
    yield Text(
        f"Without addresses, by whose inbox began to be read when a connection did: {_pairs_en(scores['without'])}.",
        f"주소 없이 연결과 우편함이 함께 시작하는 때로 보면: {_pairs_ko(scores['without'])}.",
    )
    asked = scores["look-ups"]
    yield Text(
        f"Without addresses, by who was looked up after something came into whose inbox: {asked.right} who asked "
        f"another to talk, and {asked.guessed - asked.right} who did not. Here, as by default, the relay is the "
        "directory, too.",
        f"주소 없이 우편함에 무언가 온 뒤 누가 조회되었는지로 보면: 대화를 청한 {asked.right}쌍을 맞히고 "
        f"{asked.guessed - asked.right}쌍은 틀림. 기본 설정처럼 릴레이가 디렉터리를 겸함.",
    )
    sets, groups = looked_up_together(heard.listened), len(heard.guests)
    yield Text(
        f"In the same way, by who was looked up in one breath: {len(sets)} sets of people, among them those who were "
        f"put into {len(heard.guests & sets)} of {groups} groups.",
        f"같은 방법으로, 한꺼번에 조회된 사람들로 보면: {len(sets)}가지 무리, 그중 그룹 {groups}개 가운데 "
        f"{len(heard.guests & sets)}개에 들어간 사람들이 그대로 있음.",
    )
    yield Text(
        f"Watching {heard.watched} alone, with addresses: {_pairs_en(watched)}.",
        f"{heard.watched} 한 사람만 주소까지 지켜보면: {_pairs_ko(watched)}.",
    )
    sender, pieces = _file_sender(heard)
    yield Text(
        f"A file of {pieces} pieces came from {sender or 'nobody'}: what kind of thing is sent shows by how.",
        f"{sender or '아무'} 주소에서 {pieces}조각짜리 파일이 옴: 보내는 방식으로 종류를 알 수 있음.",
    )
    yield Text(
        f"Two warrants for {heard.watched}, one before people asked to talk and one after: {heard.inbox_grew} sealed "
        f"items had come in between. While the groups formed, {heard.invited} came into all inboxes together.",
        f"{heard.watched} 영장을 서로 대화를 신청하기 전과 후에 한 번씩: 그 사이 봉인된 것 {heard.inbox_grew}개가 옴. "
        f"그룹이 만들어지는 동안 모든 수신함에 온 것은 {heard.invited}개.",
    )


def _pairs_en(score: Score) -> str:
    wrong = score.guessed - score.right
    return f"{score.right} of {score.true} pairs who share a room were guessed, and {wrong} who do not"


def _pairs_ko(score: Score) -> str:
    return f"같은 방에 있는 {score.true}쌍 중 {score.right}쌍을 맞히고 {score.guessed - score.right}쌍은 틀림"


def _file_sender(heard: Heard) -> tuple[str, int]:
    return max(heard.listened.blobs_from.items(), key=lambda item: item[1], default=("", 0))


_HELPS: Final = (
    Text("Not tried here: coming by Tor or a shared address takes the network address away, which ties requests "
         "to one another. Whom somebody asks to talk shows in look-ups all the same, unless the directory is "
         "another's.",
         "여기서는 시험하지 않음: Tor나 공용 주소로 접속하면 요청을 서로 잇는 접속 주소가 가려짐. 그래도 누구에게 "
         "대화를 청하는지는 조회에서 드러남. 디렉터리를 다른 쪽에서 운영하면 그렇지 않음."),
    Text("From somebody who sees addresses nothing here hides who talks with whom: docs/leakage.md has the numbers.",
         "주소를 보는 사람에게는 누가 누구와 이야기하는지 숨겨지지 않음. 수치는 docs/leakage.md에 있음."),
)  # fmt: skip


# -- claims -------------------------------------------------------------------------------------------------------


_KINDS: Final = (("T-10", (Kind.TEXT, Kind.ROOM, Kind.PHRASE)), ("T-16", (Kind.KEY,)))
_BEHIND: Final = {"T-10": frozenset({"inbox", "file"}), "T-16": frozenset({"frame"})}
"""What must not open with what passed, or that is what could be read."""


def _can(heard: Heard, pairs: Score, watched: Score) -> Iterator[Check]:
    tape = heard.listened
    yield Check.of("T-01", _CLAIMS["T-01"], held=len(set(tape.address.values())) == len(heard.handles))
    yield Check.of("T-02", _CLAIMS["T-02"], held=pairs.right > 0 and tape.rooms_on_one() > 1)
    yield Check.of("T-03", _CLAIMS["T-03"], held=watched.right > 0)
    yield Check.of("T-04", _CLAIMS["T-04"], held=_file_sender(heard)[0] == heard.file_from)
    yield Check.of("W-05", _CLAIMS["W-05"], held=heard.inbox_grew > 0)


def _asked(heard: Heard, score: Score) -> Iterator[Check]:
    """By look-ups: more of the guessed pairs are right than wrong; and all of a group but its maker are one guess."""
    yield Check.of("T-21", _CLAIMS["T-21"], held=2 * score.right > score.guessed > 0)
    groups = heard.guests & looked_up_together(heard.listened)
    yield Check.shown("T-22", _CLAIMS["T-22"], seen=bool(groups), otherwise=_AMONG_OTHERS)


def _unread(found: list[Finding], sought: list[Secret], opened: list[str], *, plain: bool) -> Iterator[Check]:
    """What was not read; every kind that a line names has to be there to be found.

    ``plain``: something that came is no noise, so that it could say anything in a form that nobody looks for.
    """
    there = {secret.kind for secret in sought}
    for id, kinds in _KINDS:
        names = ", ".join(sorted({one.label for one in found if one.kind in kinds}))
        shut = _BEHIND[id].isdisjoint(opened) and not (id == "T-10" and plain)
        check = Check.of(id, _CLAIMS[id].with_list(names), held=not names and shut)
        yield check.unless(None if there.issuperset(kinds) else _NOT_SAID)


def _cannot(heard: Heard) -> Iterator[Check]:
    tape = heard.listened
    seen = {size for box in tape.boxes.values() for size in box.sizes}
    lengths = ", ".join(map(str, sorted(seen - _SIZES)))
    sizes = Check.of("T-13", _CLAIMS["T-13"].with_list(lengths), held=not lengths and tape.nonces.drawn)
    yield sizes.unless(None if seen else _NOT_SAID)
    inbox, rooms = tape.reading(inbox=True), tape.reading(inbox=False)
    tied = inbox & (rooms | tape.filing)
    there = inbox and rooms and tape.filing
    apart = Check.of("T-14", _CLAIMS["T-14"], held=not tied and not tape.tied_by_heads())
    yield apart.unless(None if there and tape.heads else _NOT_SAID)
    asked = Check.of("T-15", _CLAIMS["T-15"], held=not (inbox | rooms) & tape.asking)
    yield asked.unless(None if inbox | rooms and tape.asking else _NOT_SAID)
    alone = tape.requests_for_rooms(but=heard.together)
    alike = tape.opened_alike() == 0 and bool(tape.heads) and not tape.marked(but=heard.together)
    yield Check.of("T-17", _CLAIMS["T-17"], held=len(alone) > _MANY and max(alone) == 1 and alike)
    yield Check.of("T-19", _CLAIMS["T-19"], held=heard.invited == 0)
    untied = len(tape.tokens) > len(heard.together) and not tape.shared() and not heard.remembered
    yield Check.of("S-25", _CLAIMS["S-25"], held=untied).unless(_NOT_SAID if heard.remembered is None else None)


_AMONG_OTHERS: Final = Text("others were looked up in the same moments", "같은 순간에 다른 사람도 조회됨")
_NOT_SAID: Final = Text("nothing of the kind was there to be seen", "그런 것이 하나도 없었음")
_CLAIMS: Final = {
    "T-01": Text("A tap has every connection's address, and the time and padded size of every frame.",
                 "감청자는 모든 연결의 주소, 모든 프레임의 시각과 맞춰진 크기를 앎."),
    "T-02": Text("A tap links the boxes that one address touches, or one connection of whoever comes --fast, and "
                 "so guesses rooms and pairs.",
                 "감청자는 한 주소가, --together로 접속한 사람은 한 연결이 만지는 상자를 이어 방과 상대를 추측함."),
    "T-03": Text("A tap that watches one account, with addresses, learns with whom it shares rooms.",
                 "한 계정을 주소까지 지켜보는 감청자는 누구와 방을 같이 쓰는지 앎."),
    "T-04": Text("A tap tells files from talk, and who sent one.", "감청자는 파일과 대화를 구별하고 누가 보냈는지 앎."),
    "T-10": Text("A tap reads no message, no file, no room's name and no phrase; frames and pieces of files are noise.",
                 "감청자는 메시지, 파일, 방 이름, 24개 단어를 하나도 읽지 못함. 프레임과 파일 조각은 잡음으로만 보임."),
    "T-13": Text("No frame shows how long a message is: frames have one of six sizes, and what is in the clear in them "
                 "is drawn.",
                 "프레임의 크기는 여섯 가지뿐이고 드러난 부분은 무작위라 메시지의 길이를 알 수 없음."),
    "T-14": Text("No connection reads both an inbox and a room, or carries a file beside an inbox, and no head says "
                 "whose it is: without addresses only times tie them together.",
                 "우편함과 방을 함께 읽거나 우편함 곁에서 파일을 나르는 연결이 없음: 주소가 없으면 시각으로만 이을 수 "
                 "있음."),
    "T-15": Text("No connection that reads shows whom its owner looks up or writes to for the first time.",
                 "상자를 읽는 연결에서는 누구를 조회하거나 처음 말을 거는지 보이지 않음."),
    "T-16": Text("No room's id passes, which MLS leaves in the clear of a message: it is sealed in the frame.",
                 "MLS가 평문으로 두는 방의 식별자가 지나가지 않음: 프레임 안에 봉해져 있음."),
    "T-17": Text("But for who comes --fast, no connection carries two requests for rooms' boxes, all begin alike, "
                 "and no two boxes are opened by one secret: only times and addresses tie them.",
                 "--together가 아니면 방 상자에 대한 요청을 둘 나르는 연결이 없고, 두 상자를 여는 비밀도 없음: "
                 "시각과 주소로만 이을 수 있음."),
    "T-19": Text("A group of people who talk already forms without anything in their inboxes.",
                 "이미 이야기하는 사람끼리 그룹을 만들 때는 수신함에 아무것도 오지 않음."),
    "T-21": Text("Without any address a tap of a relay that is the directory, too, tells who asks whom to talk: "
                 "whoever is asked looks up who asks.",
                 "디렉터리를 겸하는 릴레이의 감청자는 주소 없이도 누가 누구에게 대화를 청하는지 앎: 청을 받은 쪽이 "
                 "청한 쪽을 조회함."),
    "T-22": Text("Such a tap tells whom somebody puts into a group, too: whoever makes it looks all of them up at "
                 "once.",
                 "그런 감청자는 그룹에 누구를 넣는지도 앎: 그룹을 만드는 쪽이 모두를 한꺼번에 조회함."),
    "S-25": Text("No read waits at a room's box, no two devices wait for one wake token, and nothing in memory "
                 "ties a wake token to a box: memory ties them to no room.",
                 "방 상자에서 기다리는 읽기가 없고 두 기기가 같은 깨움 토큰을 기다리지 않으며 메모리에 "
                 "토큰과 상자를 잇는 것도 없음: 메모리로는 방과 이을 수 없음."),
    "W-05": Text("Warrants that come again count what came into the inbox between them.",
                 "영장을 거듭하면 그 사이 우편함에 온 것의 수를 앎."),
}  # fmt: skip
