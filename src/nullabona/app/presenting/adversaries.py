"""Four adversaries in plain words: lines of spec/threat-model.md that matter to a person, by their ids.

``tests/app/test_adversaries.py`` holds them to the model: each id is there, on the same side, shown in the same way.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from nullabona.app.protocol import privacy_views as v
from nullabona.words.catalogue import Language


class Line(NamedTuple):
    """A line; ``shown_by`` is the drill, ``test`` or ``unproven``."""

    id: str
    can: bool
    shown_by: str
    en: str
    ko: str


_CAN: Final = True
_CANNOT: Final = False
WARRANT: Final = (
    Line(
        "W-01",
        _CAN,
        "drill: warrant",
        "See my public card and the day I registered.",
        "공개된 명함과 가입한 날짜를 볼 수 있어요.",
    ),
    Line(
        "W-02",
        _CAN,
        "drill: warrant",
        "Count the sealed items that wait in my inbox, with their sizes and days.",
        "우편함에서 기다리는 봉인된 것의 개수와 크기, 날짜를 셀 수 있어요.",
    ),
    Line(
        "W-03",
        _CAN,
        "drill: warrant",
        "Learn roughly how long the account has been in use.",
        "계정을 대략 얼마 동안 썼는지 알 수 있어요.",
    ),
    Line(
        "W-10",
        _CANNOT,
        "drill: warrant",
        "Obtain messages: they do not exist there.",
        "메시지를 얻을 수 없어요. 거기에 없으니까요.",
    ),
    Line("W-11", _CANNOT, "drill: warrant", "Obtain whom I talk to.", "누구와 이야기하는지 알 수 없어요."),
    Line(
        "W-12",
        _CANNOT,
        "drill: warrant",
        "Obtain my rooms, their names or members.",
        "내 대화방도, 그 이름과 구성원도 알 수 없어요.",
    ),
    Line(
        "W-13",
        _CANNOT,
        "drill: warrant",
        "Obtain my addresses, devices or times of use.",
        "접속 주소, 기기, 사용 시각을 얻을 수 없어요.",
    ),
    Line(
        "W-15",
        _CANNOT,
        "test",
        "Make the operator decrypt: the code for it is not there.",
        "운영자에게 복호화를 시킬 수 없어요. 그런 코드가 없으니까요.",
    ),
)
TAP: Final = (
    Line(
        "T-01",
        _CAN,
        "drill: tap",
        "See my network address, when I am connected, and the padded size of everything.",
        "내 네트워크 주소와 접속 시각, 오가는 것의 부풀린 크기를 볼 수 있어요.",
    ),
    Line(
        "T-02",
        _CAN,
        "drill: tap",
        "Link the boxes that I read by my network address, and guess rooms and pairs from it.",
        "내가 읽는 상자들을 접속 주소로 잇고 방과 상대를 짐작할 수 있어요.",
    ),
    Line(
        "T-03",
        _CAN,
        "drill: tap",
        "Watch one account from its inbox on.",
        "우편함에서 시작해 한 계정을 지켜볼 수 있어요.",
    ),
    Line(
        "T-04",
        _CAN,
        "drill: tap",
        "Guess from times and sizes what I am doing.",
        "시각과 크기로 무엇을 하는지 짐작할 수 있어요.",
    ),
    Line(
        "T-17",
        _CANNOT,
        "drill: tap",
        "Tie two of my requests for rooms by their connection. Some new friends and groups they guess all the same.",
        "방에 대한 두 요청을 연결로 이을 수 없어요. 그래도 새 친구와 그룹 일부는 짐작할 수 있어요.",
    ),
    Line("T-10", _CANNOT, "drill: tap", "Read words or files.", "글이나 파일을 읽을 수 없어요."),
    Line("T-11", _CANNOT, "test", "Open what waits in my inbox.", "우편함에 있는 것을 열 수 없어요."),
)
RAID: Final = (
    Line(
        "S-01",
        _CAN,
        "drill: seizure",
        "Count sealed frames, see padded sizes and the day each came.",
        "봉인된 조각의 수와 부풀린 크기, 도착한 날짜를 볼 수 있어요.",
    ),
    Line(
        "S-02",
        _CAN,
        "drill: seizure",
        "Read the list of handles registered there.",
        "그곳에 등록된 아이디 목록을 볼 수 있어요.",
    ),
    Line(
        "S-05",
        _CAN,
        "drill: seizure",
        "See who is connected at that moment.",
        "그 순간 접속해 있는 주소를 볼 수 있어요.",
    ),
    Line(
        "S-06",
        _CAN,
        "unproven",
        "Keep sealed data, and open it later if a device with its keys is taken.",
        "봉인된 것을 보관했다가, 열쇠가 있는 기기를 빼앗으면 나중에 열 수 있어요.",
    ),
    Line("S-10", _CANNOT, "drill: seizure", "Find a message on the disks.", "디스크에서 메시지를 찾을 수 없어요."),
    Line("S-11", _CANNOT, "drill: seizure", "Find a message in memory.", "메모리에서 메시지를 찾을 수 없어요."),
    Line(
        "S-15",
        _CANNOT,
        "drill: seizure",
        "Find my network address on the disks.",
        "디스크에서 내 접속 주소를 찾을 수 없어요.",
    ),
    Line(
        "S-25",
        _CANNOT,
        "drill: tap",
        "Tell from memory which rooms I am in, or with whom.",
        "메모리에서 내가 어느 방에 누구와 있는지 알 수 없어요.",
    ),
    Line(
        "S-20",
        _CANNOT,
        "drill: demo",
        "Silence us: an empty relay takes over, and nothing is lost.",
        "우리를 침묵시킬 수 없어요. 빈 릴레이로 바꿔도 잃는 것이 없어요.",
    ),
)
LAPTOP: Final = (
    Line(
        "D-01",
        _CAN,
        "drill: stolen-device",
        "Read everything in an unlocked app, and write in my name.",
        "잠그지 않은 앱의 모든 것을 읽고 내 이름으로 쓸 수 있어요.",
    ),
    Line(
        "D-02",
        _CAN,
        "drill: stolen-device",
        "Try passphrases of a locked app, slowly.",
        "잠긴 앱의 암호를 느리게나마 하나씩 시도할 수 있어요.",
    ),
    Line(
        "D-03",
        _CAN,
        "drill: stolen-device",
        "Read a profile made without a passphrase.",
        "암호 없이 만든 프로필은 읽을 수 있어요.",
    ),
    Line(
        "D-04",
        _CAN,
        "drill: stolen-device",
        "Take the account's secret from an unlocked app and come back with it: my devices warn me.",
        "잠그지 않은 앱에서 계정의 비밀을 가져가 다시 들어올 수 있어요. 그러면 내 기기가 알려 줘요.",
    ),
    Line(
        "D-08",
        _CAN,
        "drill: stolen-device",
        "Hear on, if I have nothing left but my 24 words, until I ask a contact to talk.",
        "내게 24개 단어만 남았다면, 내가 대화 상대에게 대화를 요청할 때까지 계속 들을 수 있어요.",
    ),
    Line("D-10", _CANNOT, "drill: stolen-device", "Read a locked app's files.", "잠긴 앱의 파일을 읽을 수 없어요."),
    Line(
        "D-11",
        _CANNOT,
        "drill: stolen-device",
        "Read messages that were deleted, once the program was idle for a moment or was closed in good order.",
        "프로그램이 잠깐 쉬었거나 제대로 닫힌 뒤에는 지운 메시지를 읽을 수 없어요.",
    ),
    Line(
        "D-13",
        _CANNOT,
        "drill: stolen-device",
        "Hear anything once I have removed that device.",
        "내가 그 기기를 내보낸 뒤에는 아무것도 들을 수 없어요.",
    ),
)


def adversaries(language: Language) -> list[v.Adversary]:
    """All four, worded."""
    return [
        v.Adversary("warrant", _worded(WARRANT, language)),
        v.Adversary("tap", _worded(TAP, language)),
        v.Adversary("raid", _worded(RAID, language)),
        v.Adversary("laptop", _worded(LAPTOP, language)),
    ]


def _worded(lines: tuple[Line, ...], language: Language) -> list[v.AdversaryLine]:
    return [v.AdversaryLine(one.id, one.can, one.ko if language == "ko" else one.en, one.shown_by) for one in lines]
