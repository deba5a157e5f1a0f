"""Refusals as the page says them: in the person's language, without the commands that a terminal would name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from nullabona.app.presenting.contradictions import contradiction
from nullabona.errors import NullabonaError
from nullabona.words.catalogue import Language
from nullabona.words.errors import in_words


class Said(NamedTuple):
    """A sentence and a hint in Korean; in English only where the error's own will not do at a page."""

    ko: str
    ko_hint: str = ""
    en: str = ""
    en_hint: str = ""


SAID: Final[Mapping[str, Said]] = {
    "taken": Said("이미 쓰는 사람이 있어요.", en="Somebody has it already."),
    "handle-refused": Said("쓸 수 없는 아이디예요.", "name@relay.example 처럼 써요."),
    "handle-syntax": Said("아이디 모양이 아니에요.", "name@relay.example 처럼 써요."),
    "handle-host": Said("@ 뒤가 릴레이 주소가 아니에요.", "relay.example 같은 주소를 써요."),
    "handle-lacks-relay": Said(
        "아이디 뒤에 @와 릴레이 주소를 붙여 주세요.",
        "예: 나은@127.0.0.1:8440",
        "Add @ and the relay's address.",
        "E.g. mina@127.0.0.1:8440",
    ),
    "handle-length": Said("아이디는 2자에서 32자까지예요."),
    "handle-character": Said("한글이나 영문 소문자, 숫자와 그 사이의 _ . - 만 쓸 수 있어요."),
    "handle-mixed-script": Said("한글과 영문을 섞을 수 없어요.", "숫자는 어느 쪽과도 쓸 수 있어요."),
    "handle-confusable": Said("다른 글자처럼 보이는 글자가 있어요.", "보통의 영문자로 써 주세요."),
    "handle-reserved": Said("운영자나 기관으로 보일 수 있는 아이디예요.", "다른 아이디를 골라 주세요."),
    "handle-taken": Said("이미 쓰는 사람이 있어요."),
    "unknown-handle": Said("그런 아이디를 쓰는 사람이 없어요.", "철자와 @ 뒤의 릴레이 주소를 확인해 주세요."),
    "wrong-phase": Said("지금은 할 수 없어요."),
    "locked": Said("앱이 잠겨 있어요.", "암호를 입력하면 열려요."),
    "too-soon": Said("틀린 암호가 여러 번 들어왔어요.", "잠시 뒤에 다시 시도해 주세요."),
    "wrong-passphrase": Said("암호가 맞지 않아요.", "한/영 전환과 대문자를 확인해 주세요."),
    "bad-passphrase": Said("이 암호는 쓸 수 없어요.", "비어 있지 않은 암호를 골라 주세요."),
    "wrong-unlock": Said("이 프로필은 암호로 잠겨 있지 않아요."),
    "no-such-upload": Said("올린 파일이 없어졌어요.", "파일을 다시 골라 주세요."),
    "cannot-put-down": Said(
        "이 컴퓨터에 잠시 옮겨 둘 수 없어요.", "디스크에 자리가 있는지 보고 파일을 다시 골라 주세요."
    ),
    "words-wrong": Said("적어 둔 단어와 달라요.", "순서와 철자를 살펴봐 주세요."),
    "bad-phrase": Said("24개 단어가 맞지 않아요.", "단어를 모두 차례대로 적어 주세요."),
    "bad-call": Said("할 수 없는 요청이에요."),
    "bad-request": Said("할 수 없는 요청이에요."),
    "account-exists": Said("이 프로필에는 이미 계정이 있어요."),
    "no-account": Said("이 프로필에는 아직 계정이 없어요.", en_hint="create one first"),
    "no-such-room": Said("그런 대화방이 없어요.", en_hint="it may be gone since"),
    "no-such-message": Said("그런 메시지가 없어요.", "지워졌거나 사라졌을 수 있어요."),
    "no-such-operator-notice": Said("그런 통지가 없어요.", en_hint="all of them are listed on the privacy page"),
    "no-such-contact": Said("그런 대화 상대가 없어요.", en_hint="ask them first; they have to accept"),
    "not-in-room": Said("이 대화방에 더는 있지 않아요.", "관리자에게 다시 초대를 부탁해 보세요."),
    "not-allowed": Said("대화방의 규칙이 허락하지 않아요.", "관리자에게 부탁해 보세요."),
    "last-admin": Said("마지막 관리자예요.", "먼저 다른 사람을 관리자로 정해 주세요."),
    "ambiguous": Said("여러 개에 들어맞아요."),
    "unreachable": Said("릴레이에 연결할 수 없어요.", "잃은 것은 없어요. 저절로 다시 시도해요."),
    "offline": Said("릴레이에 연결하지 않도록 되어 있어요."),
    "timed-out": Said("릴레이가 제때 답하지 않았어요.", "잃은 것은 없어요. 저절로 다시 시도해요."),
    "refused": Said("릴레이가 거절했어요."),
    "endpoint-refused": Said("연결하지 않는 주소예요.", "wss:// 또는 https:// 주소를 써 주세요."),
    "relay-untrusted": Said(
        "릴레이의 인증서를 믿을 수 없어요. 아무것도 보내지 않았어요.",
        "누군가 끼어 있을 수 있어요. 다른 네트워크에서 해 보세요.",
    ),
    "card-too-old": Said("상대의 앱이 오랫동안 열리지 않았어요.", "상대가 앱을 한 번 열면 초대할 수 있어요."),
    "card-invalid": Said("상대의 명함이 올바르지 않아요. 아무것도 보내지 않았어요."),
    "card-stale": Said("상대의 명함이 낡은 것이에요.", "잠시 뒤에 다시 시도해 주세요."),
    "card-forked": Said("상대의 명함이 전과 이어지지 않아요.", "먼저 안전 번호를 비교해 주세요."),
    "link-syntax": Said("초대 링크가 아니에요.", "nullabona:로 시작하는 링크 전체를 붙여 넣어 주세요."),
    "link-kind": Said("이 버전이 모르는 링크예요.", "새 버전에서 열어 보세요."),
    "link-handle": Said("링크 속 아이디가 올바르지 않아요.", "링크를 준 사람에게 새 링크를 부탁해 보세요."),
    "link-mismatch": Said("링크가 뜻한 사람과 다른 계정이에요. 아무것도 보내지 않았어요.", "먼저 직접 물어보세요."),
    "bad-image": Said("사진으로 보여 줄 수 없는 파일이에요.", "파일로 보내거나 JPEG, PNG, WebP, GIF를 골라 주세요."),
    "file-too-large": Said("파일이 너무 커요. 100 MiB까지 보낼 수 있어요.", "나누어 보내 주세요."),
    "file-unreadable": Said("파일을 읽을 수 없어요."),
    "file-not-here": Said("파일이 이 기기에 없어요.", "먼저 내려받아 주세요."),
    "file-failed": Said("파일을 받지 못했어요.", "보낸 사람에게 다시 부탁해 보세요."),
    "message-failed": Said(
        "릴레이가 이 메시지를 받지 않아요.", "더 짧게 써 보세요.", en_hint="a shorter message may pass"
    ),
    "record-unknown": Said("아직 그 디렉터리의 공개 기록을 보지 않았어요.", "먼저 그곳의 사람을 찾아보세요."),
    "log-replaced": Said(
        "디렉터리의 공개 기록이나 열쇠가 전과 다른 것으로 바뀌었어요.",
        "운영자에게 다른 방법으로 물어보세요. 새로 시작한 것이 맞을 때만 ‘개인정보’ 화면에서 새 기록을 받아들이세요.",
        en_hint="ask its operator in another way. Only if they began a new one, say so on the Privacy page",
    ),
    "log-forked": Said(
        "디렉터리의 공개 기록이 서로 다른 두 갈래로 나타났어요.",
        "믿을 수 없는 디렉터리예요. 증거를 이 기기에 남겼어요.",
    ),
    "log-rolled-back": Said(
        "디렉터리가 전보다 오래된 공개 기록을 보여 줬어요.", "아무것도 믿지 않았어요. 운영자에게 물어보세요."
    ),
    "log-stale": Said("디렉터리의 공개 기록이 멈췄어요.", "이 기기의 시계를 확인해 주세요."),
    "not-witnessed": Said(
        "디렉터리가 증인들의 서명이 없는 기록을 보여 줬어요.",
        "아무것도 믿지 않았어요. 나에게만 다른 내용을 보여 주는 것일 수 있어요.",
    ),
    "card-not-in-log": Said("보여 준 명함이 공개 기록에 없어요.", "아무것도 믿지 않았어요. 안전 번호를 비교해 주세요."),
    "card-refuted": Said(
        "누군가 그 아이디를 쓴다고 하지만 공개 기록에는 다른 명함이 있거나 명함이 없어요.",
        "답하지 마세요. 아는 사람이라면 다른 방법으로 물어보세요.",
    ),
    "promise-invalid": Said("명함을 올리겠다는 디렉터리의 약속이 올바르지 않아요.", "아무것도 믿지 않았어요."),
    "record-gap": Said(
        "이 기기가 쉬는 동안의 공개 기록을 디렉터리가 증명하지 못해요.", "대화 상대와 안전 번호를 비교해 주세요."
    ),
    "map-proof-invalid": Said("아이디에 대한 증명이 맞지 않아요.", "아무것도 믿지 않았어요."),
    "vrf-invalid": Said("아이디의 자리에 대한 증명이 맞지 않아요.", "아무것도 믿지 않았어요."),
    "signed-handle-refused": Said("서명된 것에 적힌 아이디가 규칙에 맞지 않아요.", "아무것도 쓰지 않았어요."),
    "pending-still": Said("아직 끝나지 않았어요.", "저장했으니 연결되면 이어져요."),
    "policy-refused": Said("대화방의 규칙에 어긋나는 변경이에요. 아무도 따르지 않아요."),
    "mls-refused": Said("이 기기가 쓸 수 없는 암호 메시지예요."),
    "archive-damaged": Said(
        "망가졌거나 쓴 뒤에 바뀐 백업이에요.", "다른 사본을 써 주세요. 이 파일에서는 아무것도 가져오지 않았어요."
    ),
    "archive-too-new": Said("더 새로운 버전으로 만든 백업이에요.", "새 버전을 설치해 주세요."),
    "archive-truncated": Said("백업이 끝까지 있지 않아요.", "전체를 다시 복사해 주세요. 아무것도 가져오지 않았어요."),
    "backup-locked": Said(
        "이 암호나 단어로는 열리지 않는 백업이에요.", "암호를 확인하거나 그 계정의 24개 단어를 써 주세요."
    ),
    "backup-missing": Said("백업을 읽을 수 없어요.", "파일이 있는지, 읽을 권한이 있는지 확인해 주세요."),
    "backup-no-account": Said("계정이 들어 있지 않은 기록이에요.", "백업 파일로 되찾아 주세요."),
    "backup-not-age": Said(
        "백업 파일이 아니에요.", "백업할 때 만들어진 파일을 골라 주세요.", en_hint="choose the file that a backup made"
    ),
    "file-unwritable": Said("그곳에 저장할 수 없어요.", "쓸 권한과 남은 공간을 확인해 주세요."),
    "backup-of-other": Said("다른 계정의 백업이에요.", "이 계정에서 만든 백업을 골라 주세요."),
    "backup-out-of-line": Said(
        "서로 이어지지 않는 백업이에요.", "전체 백업을 먼저, 그 뒤에 만든 것을 다음에 골라 주세요."
    ),
    "backup-unwritable": Said(
        "그곳에 백업을 쓸 수 없어요. 전에 있던 것은 그대로예요.", "쓸 권한과 남은 공간을 확인해 주세요."
    ),
    "export-failed": Said(
        "그곳에 내보낼 수 없어요. 전에 내보낸 것은 그대로예요.", "쓸 권한과 남은 공간을 확인해 주세요."
    ),
    "export-refused": Said(
        "내보낸 것이 아닌 다른 파일이 있는 폴더예요. 바꾼 것은 없어요.", "빈 폴더나 전에 내보낸 폴더를 골라 주세요."
    ),
    "export-unreadable": Said("파일을 읽을 수 없거나 파일이 망가졌어요.", "그 메신저에서 대화를 다시 내보내 주세요."),
    "export-unsafe": Said(
        "크기나 이름을 속이는 압축 파일이에요. 아무것도 풀지 않았어요.",
        "메신저가 만든 파일을 다시 내보내 가져와 주세요.",
    ),
    "import-unanswered": Said(
        "먼저 정해야 할 것이 있어요.", "미리 보기에서 내가 누구인지, 날짜를 어떤 순서로 쓰는지 골라 주세요."
    ),
    "no-such-import": Said("그런 가져오기가 없어요.", en_hint="all of them are listed where you import"),
    "not-an-export": Said(
        "읽을 수 있는 대화 파일이 아니에요.", "카카오톡, 텔레그램 데스크톱, 왓츠앱에서 내보낸 파일을 골라 주세요."
    ),
    "bad-link-code": Said("다른 기기가 보여 준 코드가 아니에요.", "한 글자씩 견주어 보거나 새 코드를 보여 주세요."),
    "link-expired": Said("코드가 너무 오래됐어요.", "다른 기기에서 새 코드를 보여 주세요."),
    "link-declined": Said("다른 기기에서 허락하지 않았어요.", "그 기기에서 새 코드를 보여 주고 허락해 주세요."),
    "link-silent": Said(
        "다른 기기가 더 답하지 않아요. 들어온 기기는 없어요.",
        "새 코드를 보여 주고, 끝났다고 할 때까지 두 기기를 켜 두세요.",
    ),
    "link-misused": Said(
        "두 번째 기기가 같은 코드를 썼어요. 아무도 들이지 않았어요.",
        "아무도 보지 않는 곳에서 새 코드를 보여 주고, 모르는 기기가 있으면 내보내세요.",
    ),
    "link-exposed": Said(
        "계정의 비밀이 나간 뒤에 두 번째 기기가 같은 코드를 썼어요. 모르는 사람이 비밀을 알 수 있어요.",
        "모두 내 기기가 아니라면 모르는 기기를 내보내고, 새 계정을 만들어 다른 경로로 알린 뒤 이 계정을 지워 주세요.",
    ),
    "link-forged": Said(
        "답한 쪽이 이 기기를 그 아이디의 계정이 아닌 다른 계정에 넣으려 했어요.",
        "아무것도 남기지 않았어요. 아무도 보지 않는 곳에서 새 코드를 보여 주고, 두 화면의 숫자를 견주어 보세요.",
    ),
    "stale-profile": Said("되돌려진 복사본으로 보여요.", "24개 단어로 이 기기를 새로 설정해 주세요."),
    "profile-exists": Said("여기에 이미 프로필이 있어요."),
    "profile-in-use": Said("다른 프로그램이 이 프로필을 쓰고 있어요.", "그 프로그램을 닫고 다시 해 주세요."),
    "profile-exposed": Said("이 컴퓨터의 다른 사용자가 프로필을 볼 수 있어요.", "폴더를 나만 볼 수 있게 해 주세요."),
    "keychain-failed": Said("시스템의 열쇠 보관함을 쓸 수 없어요."),
    "store-damaged": Said("저장된 파일이 손상됐어요.", "폴더를 그대로 두고, 24개 단어로 새로 시작해 주세요."),
    "store-too-new": Said("더 새로운 버전이 쓴 프로필이에요.", "새 버전을 설치해 주세요."),
    "store-failed": Said("디스크에 쓰지 못했어요.", "남은 공간을 확인해 주세요."),
    "malformed": Said("밖에서 온 것이 올바르지 않아요. 쓰지 않았어요."),
    "bug": Said("프로그램 안에서 잘못되었어요.", "무엇을 하던 중인지 알려 주세요."),
}
"""code → what the page says."""


def said(error: NullabonaError, language: Language) -> tuple[str, str]:
    """The sentence and the hint."""
    if error.code == "bad-request" and language == "ko" and (why := contradiction(error.message)) is not None:
        return why
    own, hint = in_words(error, language)
    known = SAID.get(error.code)
    if known is not None:
        own, hint = (known.ko, known.ko_hint) if language == "ko" else (known.en or own, known.en_hint or hint)
    return own[:1].upper() + own[1:], hint[:1].upper() + hint[1:]
