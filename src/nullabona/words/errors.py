"""Errors in the person's language. English is what the error itself says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from nullabona.errors import NullabonaError
from nullabona.words.client_errors import CLIENT_KO
from nullabona.words.desk import DESK_KO

Language = Literal["ko", "en"]

ERRORS_KO: Final[Mapping[str, tuple[str, str]]] = {
    "profile-in-use": ("다른 프로그램이 이 프로필을 쓰고 있습니다", "그 프로그램을 닫고 다시 하세요"),
    "profile-missing": ("여기에 프로필이 없습니다", "먼저 계정을 만들거나 --profile로 있는 프로필을 가리키세요"),
    "wrong-passphrase": ("암호가 맞지 않습니다", "한/영 자판과 대문자를 확인하세요"),
    "passphrase-needed": ("암호가 필요합니다", "--passphrase-file 또는 NULLA_PASSPHRASE_FILE을 쓰세요"),
    "stale-profile": ("되돌려진 복사본으로 보입니다", "24개 단어로 이 기기를 새로 설정하세요"),
    "no-account": ("이 프로필에는 계정이 없습니다", "먼저 만드세요: nulla account create 이름@릴레이"),
    "account-exists": ("이 프로필에는 이미 계정이 있습니다", "다른 계정에는 다른 프로필을 쓰세요"),
    "no-such-room": ("그런 방이 없습니다", "방 목록을 보세요: nulla room list"),
    "no-such-contact": ("그런 상대가 없습니다", "먼저 대화를 요청하고 상대가 수락해야 합니다"),
    "no-such-operator-notice": ("그런 운영자 통지가 없습니다", "목록을 보세요: nulla operator-notices list"),
    "not-in-room": ("더 이상 이 방에 있지 않습니다", "방의 관리자에게 다시 초대해 달라고 하세요"),
    "not-allowed": ("방의 규칙이 허락하지 않습니다", "방의 관리자에게 부탁하세요"),
    "last-admin": ("마지막 관리자입니다", "먼저 다른 관리자를 정하세요"),
    "ambiguous": ("여러 개에 들어맞습니다", ""),
    "unknown-handle": ("그런 아이디를 쓰는 사람이 없습니다", "철자와 @ 뒤의 릴레이 주소를 확인하세요"),
    "unreachable": ("릴레이에 연결할 수 없습니다", "잃은 것은 없습니다. 다시 시도됩니다"),
    "timed-out": ("릴레이가 제때 답하지 않았습니다", "잃은 것은 없습니다. 다시 시도됩니다"),
    "pending-still": ("아직 끝나지 않았습니다", "저장되어 있으니 다음에 연결될 때 나갑니다"),
    "refused": ("릴레이가 거절했습니다", ""),
    "bad-phrase": ("24개 단어가 맞지 않습니다", "단어를 모두 차례대로 적으세요"),
    "bad-link-code": (
        "다른 기기가 보여 준 코드가 아닙니다",
        "다른 기기의 설정에서 새 코드를 보여 주세요",
    ),
    "link-expired": ("코드가 너무 오래됐습니다", "다른 기기에서 새 코드를 보여 주세요"),
    "link-declined": ("다른 기기에서 허락하지 않았습니다", "다른 기기에서 새 코드를 보여 주고, 거기에서 허락하세요"),
    "link-silent": (
        "다른 기기가 더 답하지 않습니다. 들어온 기기는 없습니다",
        "새 코드를 보여 주고, 끝났다고 할 때까지 두 기기를 켜 두세요",
    ),
    "link-misused": (
        "두 번째 기기가 같은 코드를 썼습니다. 아무도 들이지 않았습니다",
        "아무도 보지 않는 곳에서 새 코드를 보여 주고, 모르는 기기가 있으면 내보내세요",
    ),
    "link-exposed": (
        "계정의 비밀이 나간 뒤에 두 번째 기기가 같은 코드를 썼습니다. 모르는 사람이 비밀을 알 수 있습니다",
        "모두 내 기기가 아니라면 모르는 기기를 내보내고, 새 계정을 만들어 다른 경로로 알린 뒤 이 계정을 지우세요",
    ),
    "link-forged": (
        "답한 쪽이 이 기기를 그 아이디의 계정이 아닌 다른 계정에 넣으려 했습니다",
        "아무것도 남기지 않았습니다. 아무도 보지 않는 곳에서 새 코드를 보여 주고, 두 화면의 숫자를 견주어 보세요",
    ),
    "link-syntax": ("초대 링크가 아닙니다", "nullabona:로 시작하는 링크 전체를 복사하세요"),
    "link-kind": ("이 버전이 모르는 링크입니다", "새 버전에서 열어 보세요"),
    "link-handle": ("링크 속 아이디가 올바르지 않습니다", "링크를 준 사람에게 새 링크를 달라고 하세요"),
    "link-mismatch": ("링크가 뜻한 사람과 다른 계정입니다. 아무것도 보내지 않았습니다", "다른 경로로 먼저 물어보세요"),
    "bad-image": ("보여 줄 수 있는 그림이 아닙니다", "파일로 보내거나 JPEG, PNG, WebP, GIF를 고르세요"),
    "file-too-large": ("파일이 너무 큽니다. 100 MiB까지 보낼 수 있습니다", "나누어 보내세요"),
    "file-unreadable": ("파일을 읽을 수 없습니다", "파일이 있는지, 읽을 권한이 있는지 확인하세요"),
    "archive-damaged": (
        "쓴 뒤에 바뀌었거나 망가진 백업입니다",
        "다른 사본을 쓰세요. 이 파일에서는 아무것도 가져오지 않았습니다",
    ),
    "archive-truncated": ("백업이 끝까지 있지 않습니다", "전체를 다시 복사하세요. 아무것도 가져오지 않았습니다"),
    "archive-too-new": ("더 새로운 버전으로 만든 백업입니다", "새 버전의 nullabona를 설치하세요"),
    "backup-locked": ("이 암호나 단어로는 열리지 않는 백업입니다", "암호를 확인하거나 그 계정의 24개 단어를 쓰세요"),
    "backup-not-age": ("백업 파일이 아닙니다", "nulla backup이 쓴 파일을 고르세요"),
    "backup-missing": ("백업을 읽을 수 없습니다", "파일이 있는지, 읽을 권한이 있는지 확인하세요"),
    "backup-unwritable": (
        "그곳에 백업을 쓸 수 없습니다. 전에 있던 것은 그대로입니다",
        "폴더가 있는지, 쓸 권한과 남은 공간이 있는지 확인하세요",
    ),
    "backup-out-of-line": ("서로 이어지지 않는 백업입니다", "전체 백업을 먼저, 그 뒤에 만든 것을 다음에 적으세요"),
    "backup-of-other": ("다른 계정의 백업입니다", "이 계정에서 만든 백업을 고르세요"),
    "backup-no-account": ("계정이 들어 있지 않은 기록입니다", "백업 파일로 되찾으세요"),
    "export-refused": ("내보낸 것이 아닌 다른 파일이 있는 폴더입니다", "빈 폴더나 전에 내보낸 폴더를 고르세요"),
    "export-failed": (
        "그곳에 내보낼 수 없습니다. 전에 내보낸 것은 그대로입니다",
        "권한과 남은 공간을 확인하고 다시 하세요",
    ),
    "file-exists": ("같은 이름의 파일이 이미 있습니다", "다른 이름이나 폴더를 고르세요"),
    "file-unwritable": ("그곳에 저장할 수 없습니다", "폴더와 권한, 남은 공간을 확인하세요"),
    "file-not-here": ("파일이 이 기기에 없습니다", "먼저 내려받으세요"),
    "file-failed": ("파일을 받지 못했습니다", "보낸 사람에게 다시 보내 달라고 하세요"),
    "log-incomplete": (
        "기록의 일부를 내놓지 않습니다",
        "나중에 다시 해 보세요. 계속되면 운영자가 서명한 것을 보여 주지 않는 것입니다",
    ),
    "log-differs": ("기록이 서명된 것과 다릅니다", "체크포인트와 해당 파일을 증거로 보관하세요"),
    "log-forked": (
        "기록이 둘로 갈라졌습니다. 서로 다른 두 역사가 서명되었습니다",
        "두 체크포인트를 보관하고 다른 사람에게 보여 주세요",
    ),
    "log-rolled-back": (
        "기록이 전보다 짧아졌습니다",
        "전에 본 체크포인트를 보관하고, 다른 사람은 무엇을 보는지 물어보세요",
    ),
    "log-stale": (
        "새 체크포인트가 너무 오래되었습니다",
        "나중에 다시 해 보세요. 계속되면 기록이 멈췄거나 새 것을 숨기는 것입니다",
    ),
    "not-witnessed": ("증인이 모자랍니다", "아무것도 믿지 않았습니다. 다른 사람은 다른 기록을 보고 있을 수 있습니다"),
    "wrong-origin": ("정책이 모르는 기록입니다", "이 기록의 정책이 맞는지 확인하세요"),
    "http-misbehaved": ("서버가 엉뚱하게 답했습니다", "주소가 맞는지 보고, 나중에 다시 해 보세요"),
    "fork-evidence-invalid": ("증거가 되지 않는 파일입니다", "믿지 마세요. 다른 기록이나 정책의 것인지 확인하세요"),
    "fork-undecided": (
        "두 체크포인트만으로는 기록이 갈라졌는지 알 수 없습니다",
        "기록의 파일로 판단하세요: nulla log verify-evidence 파일 --policy 파일 --log 곳",
    ),
    "malformed": ("형식이 맞지 않습니다", "증거로 보관하세요. 아무것도 믿지 않았습니다"),
    "note-invalid": ("서명이 맞지 않습니다", "증거로 보관하세요. 아무것도 믿지 않았습니다"),
    "proof-invalid": ("증명이 성립하지 않습니다", "증거로 보관하세요. 아무것도 믿지 않았습니다"),
    "policy-invalid": ("정책 파일이 올바르지 않습니다", "정책을 준 사람에게 물어보세요"),
    "no-log": ("여기에 기록이 없습니다", "`checkpoint` 파일이 있는 폴더나 주소를 적으세요"),
    "bad-url": ("쓸 수 없는 주소입니다", "https://로 시작하는 주소를 적으세요"),
    "key-file": ("열쇠 파일을 쓸 수 없습니다", "본인 소유이고 권한이 0600이어야 합니다"),
    "monitor-memory": ("기억해 둔 체크포인트가 이 정책과 맞지 않습니다", "이 기록과 정책의 상태 파일을 쓰세요"),
    "docket-package-broken": ("꾸러미가 온전하지 않습니다", "믿지 말고 운영자에게 다시 달라고 하세요"),
    "docket-package-unreadable": ("이 폴더에 꾸러미가 없습니다", "bagit.txt가 있는 폴더를 가리키세요"),
    "docket-certificate-broken": ("확인서의 서명이 맞지 않습니다", "믿지 말고 운영자에게 다시 달라고 하세요"),
    "docket-receipt-wrong": ("접수증이 이 요청의 것이 아닙니다", "자기 요청의 접수증을 운영자에게 달라고 하세요"),
    "policy-unreadable": ("정책 파일을 읽을 수 없습니다", "정책 파일을 가리키세요: --policy 파일"),
    "docket-figure-wrong": (
        "통계가 맞지 않거나 법이 허용하는 것보다 많이 말합니다",
        "고친 뒤 다시 공개하세요. 아무것도 쓰지 않았습니다",
    ),
    "docket-site-folder": ("폴더에 다른 것이 들어 있습니다", "새 폴더나 빈 폴더를 가리키세요"),
    "docket-does-not-hold": ("공개 기록부가 맞지 않습니다", "무엇이 잘못되었는지 보세요: nulla docket verify"),
    "docket-folder-exists": ("그 폴더에 다른 것이 들어 있습니다", "새 폴더를 가리키세요"),
    "docket-record-unreadable": ("기록 파일을 읽을 수 없습니다", "창구가 쓴 기록 파일을 가리키세요"),
    "docket-key-exists": ("같은 이름의 파일이 이미 있습니다", "새 이름을 고르세요"),
    **CLIENT_KO,
    **DESK_KO,
    "bug": ("프로그램 안에서 잘못되었습니다", "어떤 명령이었는지 알려 주세요"),
}
"""code → (sentence, hint); an empty hint keeps the error's own, which may list choices."""


def in_words(error: NullabonaError, language: Language) -> tuple[str, str]:
    """The sentence and the hint for a person."""
    if language != "ko" or error.code not in ERRORS_KO:
        return error.message, error.hint
    sentence, hint = ERRORS_KO[error.code]
    return sentence, hint or error.hint


def translated_error(error: NullabonaError, language: Language) -> str:
    """As ``error.render()``, in the person's language where there is a translation."""
    if language != "ko" or error.code not in ERRORS_KO:
        return error.render()
    sentence, hint = ERRORS_KO[error.code]
    hint = hint or error.hint
    text = f"오류: {sentence} ({error.message}) [{error.code}]"
    return f"{text}\n\n도움말: {hint}" if hint else text
