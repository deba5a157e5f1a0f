"""Errors of clients, of directories' records and of services in Korean, as a terminal says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CLIENT_KO: Final[Mapping[str, tuple[str, str]]] = {
    # names and addresses
    "handle-refused": ("쓸 수 없는 아이디입니다", "name@relay.example 처럼 쓰세요"),
    "handle-syntax": ("아이디 모양이 아닙니다", "name@relay.example 처럼 쓰세요"),
    "handle-host": ("@ 뒤가 릴레이 주소가 아닙니다", "relay.example 같은 주소를 쓰세요"),
    "handle-length": ("아이디는 2자에서 32자까지입니다", ""),
    "handle-character": ("한글이나 영문 소문자, 숫자와 그 사이의 _ . - 만 쓸 수 있습니다", ""),
    "handle-mixed-script": ("한글과 영문을 섞을 수 없습니다", "숫자는 어느 쪽과도 쓸 수 있습니다"),
    "handle-confusable": ("다른 글자처럼 보이는 글자가 있습니다", "보통의 영문자로 쓰세요"),
    "handle-reserved": ("운영자나 기관으로 보일 수 있는 아이디입니다", "다른 아이디를 고르세요"),
    "endpoint-refused": (
        "연결하지 않는 주소입니다",
        "wss:// 또는 https:// 주소를 쓰세요. ws://와 http://는 이 컴퓨터와 .onion 주소에만 씁니다",
    ),
    "relay-untrusted": (
        "릴레이의 인증서를 믿을 수 없습니다. 아무것도 보내지 않았습니다",
        "누군가 끼어 있을 수 있습니다. 다른 네트워크에서 해 보고 주소를 견주어 보세요",
    ),
    "proxy-refused": (
        "쓸 수 없는 프록시이거나, 프록시가 있어야 합니다",
        "이 컴퓨터의 SOCKS5 프록시를 적으세요. Tor는 보통 socks5://127.0.0.1:9050입니다",
    ),
    "path-unusable": (
        "이 사용자로는 열거나 쓸 수 없는 파일이나 폴더입니다",
        "그것과 그것이 있는 폴더의 소유자와 권한을 보세요(파일 0600, 폴더 0700). 디스크에 자리도 있어야 합니다",
    ),
    "ca-file-unreadable": ("인증서 파일을 쓸 수 없습니다", "PEM 형식의 인증서가 든 파일이어야 합니다"),
    "too-many-requests": ("한 연결에서 너무 많은 요청을 시작했습니다", "앞의 요청이 끝난 뒤 다시 하세요"),
    "offline": ("릴레이에 연결하지 않도록 되어 있습니다", "연결을 켜고 다시 하세요"),
    # the profile
    "profile-exists": ("여기에 이미 무언가 있습니다. 바꾼 것은 없습니다", "그것을 열거나 다른 폴더를 고르세요"),
    "profile-exposed": (
        "이 컴퓨터의 다른 사용자가 프로필을 볼 수 있습니다",
        "나만 볼 수 있게 하세요: 폴더는 chmod 700, 안의 파일은 chmod 600",
    ),
    "bad-passphrase": ("이 암호는 쓸 수 없습니다", "비어 있지 않은 암호를 고르세요"),
    "wrong-unlock": ("이 프로필은 다른 방법으로 잠겨 있습니다", "잠근 방법 그대로 여세요"),
    "keychain-failed": ("시스템의 열쇠 보관함을 쓸 수 없습니다", "보관함을 열거나 암호로 프로필을 잠그세요"),
    "store-damaged": ("저장된 파일이 손상되었습니다", "폴더를 그대로 두고, 24개 단어로 다른 폴더에서 새로 시작하세요"),
    "store-too-new": ("더 새로운 버전이 쓴 프로필입니다", "새 버전의 nullabona를 설치하세요"),
    "store-failed": ("디스크에 쓰지 못했습니다", "디스크에 자리가 있는지, 고장은 아닌지 확인하세요"),
    # people and conversations
    "handle-taken": ("이미 쓰는 사람이 있습니다", "다른 아이디를 고르세요"),
    "card-too-old": ("상대의 앱이 오랫동안 열리지 않았습니다", "상대가 앱을 한 번 열면 초대할 수 있습니다"),
    "card-invalid": ("상대의 명함이 올바르지 않습니다. 아무것도 보내지 않았습니다", "명함을 다시 올려 달라고 하세요"),
    "card-stale": ("상대의 명함이 낡은 것입니다", "잠시 뒤에 다시 하세요"),
    "card-forked": ("상대의 명함이 전과 이어지지 않습니다", "먼저 안전 번호를 비교하세요"),
    "signed-handle-refused": (
        "서명된 것에 적힌 아이디가 규칙에 맞지 않습니다",
        "믿지 마세요. 아무것도 쓰지 않았습니다",
    ),
    "no-such-message": ("그런 메시지가 없습니다", "지워졌거나 사라졌을 수 있습니다"),
    "message-failed": (
        "릴레이가 이 메시지를 받지 않습니다",
        "`nulla follow`의 알림을 보세요. 더 짧으면 될 수 있습니다",
    ),
    "bad-request": ("서로 맞지 않는 것을 시켰습니다", ""),
    "no-such-import": ("그런 가져오기가 없습니다", "목록을 보세요: nulla import --list"),
    "import-unanswered": ("먼저 정해야 할 것이 있습니다", ""),
    "not-an-export": (
        "읽을 수 있는 대화 파일이 아닙니다",
        "카카오톡, 텔레그램 데스크톱, 왓츠앱에서 내보낸 .txt, .csv, .zip, result.json을 고르세요",
    ),
    "export-unreadable": ("파일을 읽을 수 없거나 파일이 망가졌습니다", "그 메신저에서 대화를 다시 내보내세요"),
    "export-unsafe": (
        "크기나 이름을 속이는 압축 파일입니다. 아무것도 풀지 않았습니다",
        "메신저가 만든 파일을 다시 내보내 가져오세요",
    ),
    # public records and the operator
    "record-unknown": ("이 기기는 그 디렉터리의 공개 기록을 아직 보지 않았습니다", "먼저 그곳의 사람을 찾아보세요"),
    "record-gap": (
        "이 기기가 쉬는 동안의 공개 기록을 디렉터리가 증명하지 못합니다",
        "그 사이는 확인하지 못했습니다. 대화 상대와 안전 번호를 비교하세요",
    ),
    "log-replaced": (
        "디렉터리의 공개 기록이나 열쇠가 전과 다른 것으로 바뀌었습니다",
        "운영자에게 다른 방법으로 물어보세요. 새로 시작한 것이 맞을 때만: nulla record forget 호스트",
    ),
    "log-behind": (
        "증인이 서명한 항목이 이 사본에는 없습니다",
        "마지막으로 읽은 사람의 사본을 쓰세요. 그 항목이 없으면 증인이 다시 서명하지 않습니다",
    ),
    "card-not-in-log": (
        "보여 준 명함이 공개 기록에 없습니다",
        "아무것도 믿지 않았습니다. 다른 방법으로 물어보고 안전 번호를 비교하세요",
    ),
    "card-refuted": (
        "누군가 그 아이디를 쓴다고 하지만 공개 기록에는 다른 명함이 있거나 명함이 없습니다",
        "답하지 마세요. 아는 사람이라면 다른 방법으로 물어보세요",
    ),
    "promise-invalid": ("명함을 올리겠다는 디렉터리의 약속이 올바르지 않습니다", "아무것도 믿지 않았습니다"),
    "map-proof-invalid": (
        "아이디에 대한 증명이 맞지 않습니다",
        "아무것도 믿지 않았습니다. 기록과 다른 것을 보여 준 것입니다",
    ),
    "vrf-invalid": ("아이디의 자리에 대한 증명이 맞지 않습니다", "아무것도 믿지 않았습니다"),
    "bad-proof": ("서명된 말이 성립하지 않습니다", "아무것도 믿지 않았습니다"),
    "evidence-invalid": ("이 정책으로는 증거가 되지 않는 파일입니다", "믿지 마세요. 다른 정책의 것인지 확인하세요"),
    "docket-forked": (
        "운영자의 기록부가 서로 다른 두 갈래로 나타났습니다",
        "이 운영자의 기록부를 믿지 마세요. 증거는 이 기기에 있습니다",
    ),
    "docket-rolled-back": (
        "운영자의 기록부가 전보다 짧아졌습니다",
        "이 운영자의 기록부를 믿지 마세요. 증거는 이 기기에 있습니다",
    ),
    "docket-unproven": ("운영자가 전에 본 것과 같은 기록부임을 보여 주지 않습니다", "운영자에게 까닭을 물어보세요"),
    "docket-not-an-event": (
        "열린 칸에 요청에 관한 일이 들어 있지 않습니다",
        "보관하세요. 준 사람이 기록보다 많이 말하고 있습니다",
    ),
    "operator-notice-unchecked": (
        "통지가 들어 있다는 기록부의 정책이 이 기기에 없거나 시계가 느립니다",
        "운영자의 정책을 믿을 수 있는 방법으로 받으세요: nulla record pin 파일",
    ),
    "operator-notice-stale": ("통지의 증명이 너무 오래되었습니다. 누군가 간직했다가 다시 보낸 것입니다", ""),
    "operator-notice-unwitnessed": (
        "증인들의 서명이 모자라는 기록부의 통지입니다",
        "보여 주지 않습니다. 나에게만 다른 기록부를 보여 주는 것일 수 있습니다",
    ),
    # what a room's members and the machine refuse
    "policy-refused": ("대화방의 규칙에 어긋나는 변경입니다. 아무도 따르지 않습니다", ""),
    "mls-refused": ("이 기기가 쓸 수 없는 암호 메시지입니다", ""),
    "bad-config": ("설정이 올바르지 않습니다", ""),
    "log-file": ("파일을 읽거나 쓸 수 없습니다", ""),
    # the app's command
    "app-silent": ("다른 앱이 이 프로필을 쓰면서 답하지 않습니다", "먼저 이 프로필의 다른 `nulla app`을 끝내세요"),
    "launch-exposed": ("앱을 여는 파일을 둘 폴더를 다른 사람이 볼 수 있습니다", "지우거나 나만 볼 수 있게 하세요"),
    "port-taken": ("그 포트를 쓸 수 없습니다", "--port를 빼면 비어 있는 포트를 고릅니다"),
    "window-missing": (
        "창을 여는 라이브러리가 없습니다",
        "nullabona[window]를 설치하거나 --window를 빼세요. 브라우저로도 됩니다",
    ),
    # services
    "data-gone": (
        "켜져 있는 동안 파일이 지워지거나 바뀌었습니다",
        "릴레이를 다시 시작하세요. 빠진 것은 기기들이 다시 채웁니다",
    ),
    "record-key-unreadable": (
        "공개 기록의 열쇠 파일을 읽을 수 없습니다",
        "백업에서 되돌려 놓으세요. 없으면 기록을 이어 갈 수 없습니다",
    ),
    "record-broken": (
        "명함과 기록이 서로 맞지 않습니다. 하나가 예전 사본입니다",
        "멈추고, 둘 다 가장 새로운 사본으로 되돌리세요",
    ),
    "card-store-failed": ("명함을 저장하지 못했습니다", "디스크에 자리가 있는지, 고장은 아닌지 확인하세요"),
    "cards-in-use": ("다른 프로그램이 명함을 쓰고 있습니다", "먼저 다른 디렉터리를 멈추거나 다른 폴더를 고르세요"),
    "cards-unreadable": (
        "우리 것이 아니거나 더 새로운 버전의 데이터베이스입니다",
        "그것을 쓴 버전을 쓰거나 다른 폴더를 고르세요",
    ),
    "witness-store-failed": (
        "증인의 데이터베이스를 쓸 수 없습니다. 아무것도 함께 서명하지 않았습니다",
        "디스크를 확인하세요. 기록이 다시 물어봅니다",
    ),
    "desk-missing": ("이 훈련에는 법무 창구의 부품이 필요합니다", "설치하세요: pip install 'nullabona[docket]'"),
}
"""As ``ERRORS_KO``."""
