"""Refusals of the legal desk and its console in Korean. English is what the error itself says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DESK_KO: Final[Mapping[str, tuple[str, str]]] = {
    "docket-store-failed": (
        "저장소가 지금은 할 수 없습니다. 아무것도 저장하지 않았습니다",
        "디스크가 가득 찼거나 고장 났는지 보세요",
    ),
    "taxonomy-invalid": (
        "요청 종류를 적은 파일에 쓸 수 없는 것이 있습니다",
        "파일을 고치세요. 아무것도 가져오지 않았습니다",
    ),
    "docket-answer-impossible": ("보유 자료와 맞지 않는 회신입니다", "자료마다 낼 수 있는 회신을 고르세요"),
    "docket-append-only": ("한번 기록한 것은 바꿀 수 없습니다", "정정을 새로 기록하세요"),
    "docket-assertion-invalid": (
        "서명이 맞지 않거나 이 담당자의 열쇠가 아닙니다",
        "처음부터 다시 하고 자신의 열쇠로 서명하세요",
    ),
    "docket-bad-identity": ("age 열쇠가 아닙니다", "열쇠는 AGE-SECRET-KEY-1로, 받는 이는 age1로 시작합니다"),
    "docket-band-impossible": (
        "남겨 둘 칸 수를 맞출 수 없습니다",
        "요청을 더 열어야 합니다. 칸 수와 남길 칸 수는 창구를 세울 때 정합니다",
    ),
    "docket-commitment-wrong": ("연 내용이 봉인한 내용과 다릅니다", "증거로 남기고 감사 담당자에게 알리세요"),
    "docket-custodian-key": ("보관자의 열쇠를 쓸 수 없습니다", "만드세요: nulla docket package key 이름 파일"),
    "docket-decision-invalid": ("요청에 맞는 결정이 아닙니다", "요청 자료마다 답하고, 거절한 것에는 사유를 적으세요"),
    "docket-demand-incomplete": (
        "요청 내용이 빠졌거나 서로 어긋납니다",
        "고쳐 적거나, 접수한 뒤 불완전한 문서로 거절하세요",
    ),
    "docket-founding-refused": ("창구를 세울 수 없습니다", "관리자 두 사람과 서버실 밖의 받는 이가 필요합니다"),
    "docket-gate-not-met": ("접수 요건이 충족되지 않았습니다", "그 사유로 거절하거나, 충족된 뒤 정정하세요"),
    "docket-in-use": ("다른 프로그램이 이 창구를 쓰고 있습니다", "그 프로그램을 멈추거나 그것을 쓰세요"),
    "docket-journal-broken": (
        "업무 일지의 사슬이 끊어졌습니다",
        "사본과 비교하세요. 날마다의 머리는 공개 기록에 있습니다",
    ),
    "docket-locked": ("지금의 열쇠로는 열 수 없습니다", "나중에 합류했다면 사건을 맡은 담당자에게 공유를 부탁하세요"),
    "docket-no-act": ("이 변경에 필요한 서명이 없습니다", "창구에서 필요한 서명과 함께 하세요"),
    "docket-no-receipt": ("아직 접수증이 없습니다", "기록부에 오른 뒤 법률 고문이 발급합니다"),
    "docket-no-such-authority": ("명부에 없는 기관입니다", "번호를 직접 알아내 먼저 등록하세요"),
    "docket-no-such-case": ("그런 사건이 없습니다", "사건 목록을 보세요"),
    "docket-no-such-officer": ("그런 담당자가 없습니다", "담당자 목록을 보세요"),
    "docket-no-such-proposal": ("두 번째 서명을 기다리는 그런 일이 없습니다", "대기 목록을 보세요"),
    "docket-no-such-slot": ("그런 칸이 없습니다", "열린 칸은 공개 기록에 있습니다"),
    "docket-not-allowed": ("맡은 역할로는 할 수 없습니다", "그 역할을 맡은 담당자에게 부탁하세요"),
    "docket-not-founded": ("이 폴더에는 창구가 없습니다", "먼저 세우세요: nulla docket init"),
    "docket-clock-doubtful": (
        "이 기기의 시계가 실제로 지난 시간보다 앞서 있어, 아무것도 확정하거나 지우지 않았습니다",
        "시계를 맞추세요. 시계가 맞고 기기가 꺼져 있었다면: nulla docket beat --clock-is-right",
    ),
    "docket-file": (
        "파일이나 폴더를 읽을 수 없습니다",
        "있는지, 읽을 권한이 있는지 확인하세요. docket.toml의 경로는 그 파일이 있는 폴더에서 시작합니다",
    ),
    "docket-log-elsewhere": (
        "창구와 기록부가 서로 다른 때의 것입니다. 기록부에는 아무것도 더하지 않았습니다",
        "한때의 복사본에서 함께 되돌리고, 증인이 본 것보다 오래된 것은 쓰지 마세요: docs/how-to/run-the-legal-desk.md",
    ),
    "docket-not-in-log": ("아직 공개 기록에 오르지 않았습니다", "다음 주기까지 기다리세요"),
    "docket-not-publishing": ("기록부 없이 연 창구입니다", "docket.toml에 기록부를 적으세요: origin, log_keys, policy"),
    "docket-not-yet-public": ("지금은 이 건을 공개할 수 없습니다", "봉인하세요. 기한이 되면 열거나 다시 봉인합니다"),
    "docket-notice-barred": (
        "지금은 당사자에게 알릴 수 없습니다",
        "비밀유지가 끝날 때까지 미루거나 금지하는 법률을 적으세요",
    ),
    "docket-notice-invalid": ("통지가 올바르지 않습니다", "믿지 말고 운영자에게 다른 방법으로 물어보세요"),
    "docket-officer-file": (
        "담당자 파일을 쓸 수 없습니다",
        "nulla docket officer new로 만들고 남이 읽지 못하게 하세요",
    ),
    "docket-unsealed": (
        "확인서 열쇠가 없어 자료가 봉인되지 않은 채 나가게 됩니다",
        "docket.toml에 확인서 열쇠를 지정하거나, 봉인하지 않고 전달하는 것을 선택하세요",
    ),
    "docket-seal-there": ("확인서 열쇠가 있으므로 봉인하지 않고 전달할 수 없습니다", "봉인하여 전달하세요"),
    "docket-form-changed": (
        "서명한 형태로는 더 이상 자료를 줄 수 없습니다",
        "그 뒤에 열쇠가 추가되거나 바뀌거나 없어졌습니다. 전달에 다시 서명하세요",
    ),
    "docket-receipt-first": ("접수증보다 먼저 자료를 낼 수 없습니다", "먼저 접수증을 발급하세요"),
    "docket-receipt-invalid": (
        "접수증이 맞지 않습니다",
        "보관하세요. 맞지 않는 접수증은 그것을 준 쪽에 대한 증거입니다",
    ),
    "docket-recused": ("이 사건에서 회피했습니다", "다른 담당자가 해야 합니다"),
    "docket-replayed": ("이미 쓴 서명입니다", "처음부터 다시 하세요. 서명은 한 사건의 한 조치에만 씁니다"),
    "docket-role-alone": ("관리자와 감사는 다른 역할과 함께 맡을 수 없습니다", "다른 사람을 등록하세요"),
    "docket-held": (
        "첫 서명과 두 번째 서명 사이에 하루가 지나야 합니다",
        "하루가 지난 뒤 확인하세요. 문제가 있으면 그전에 이의를 제기하세요",
    ),
    "docket-same-person": ("같은 사람이 두 번 할 수 없습니다", "다른 담당자가 해야 합니다"),
    "docket-details-wrong": ("빈 칸이 있거나 글이 너무 깁니다", "칸을 채우거나 더 짧게 쓰세요"),
    "docket-case-altered": (
        "사건의 내용이 서명된 내용과 다릅니다. 누가 창구를 거치지 않고 데이터베이스를 바꾸었습니다",
        "이 사건으로는 아무것도 하지 마세요. 창구의 파일을 누가 쓸 수 있는지 알아보고 복사본과 비교하세요",
    ),
    "docket-stale": ("그사이 바뀌었습니다", "사건을 다시 보고 서명하세요"),
    "docket-too-early": ("아직 때가 되지 않았습니다", "봉인 기한 한 달 전에 다시 하세요"),
    "docket-unreadable": ("창구의 데이터베이스를 열 수 없습니다", "그것을 쓴 버전을 쓰거나 다른 폴더를 고르세요"),
    "no-quorum": ("증인이 모자라 공개하지 못했습니다", "다음 발행 때 다시 시도합니다. 계속되면 증인에게 물어보세요"),
    "log-damaged": (
        "기록의 파일이나 데이터베이스가 손상되었습니다",
        "멈추고 사본과 비교하세요. 파일과 데이터베이스를 같은 때의, 공개한 것보다 오래되지 않은 것으로 되돌리세요",
    ),
    "log-exists": ("그 폴더에 이미 기록이 있습니다", "빈 폴더를 고르세요"),
    "log-store-failed": ("기록의 데이터베이스에 쓸 수 없습니다", "디스크를 확인하세요"),
    "log-entry-too-long": ("기록에 넣기에는 너무 긴 항목입니다", ""),
    "log-key-taken": ("기록에 같은 이름의 다른 항목이 있습니다", ""),
    "data-version": ("기록의 데이터가 이 기록의 것이 아니거나 다른 버전의 것입니다", "폴더와 이름을 확인하세요"),
    "data-in-use": ("다른 프로그램이 이 폴더를 쓰고 있습니다", "그 프로그램을 먼저 끄거나 다른 폴더를 고르세요"),
    "disk-failed": ("디스크에 쓸 수 없습니다", "남은 공간과 권한, 디스크를 확인하고 다시 하세요"),
    "docket-too-new": (
        "더 새로운 버전이 쓴 데이터베이스입니다",
        "그 버전이나 더 새로운 버전을 쓰세요. 바뀐 것은 없습니다",
    ),
    "docket-notice-outdated": (
        "예전 버전이 만든 통지라서 이용자의 앱이 읽지 못합니다",
        "다른 방법으로 알리세요. 통지는 사건이 지워질 때까지 목록에 남습니다",
    ),
    "docket-wrong-state": ("지금 단계에서는 할 수 없습니다", "사건이 어느 단계에 있는지 보세요"),
    "passkey-refused": ("이 패스키로는 할 수 없습니다", "다시 해 보고, 안 되면 다른 장치를 쓰고 관리자에게 알리세요"),
    "passkey-copied": (
        "인증 장치의 횟수가 전보다 적습니다. 복제되었을 수 있습니다",
        "다른 장치로 들어와 이 장치를 빼고 바로 알리세요",
    ),
    "signature-spent": ("이미 쓴 서명이거나 시간이 지났습니다", "처음부터 다시 확인하고 서명하세요"),
    "enrolment-refused": ("초대장이 틀렸거나, 썼거나, 기한이 지났습니다", "관리자에게 새 초대장을 부탁하세요"),
    "passkey-unsuitable": (
        "이 인증 장치는 쓸 수 없습니다",
        "PIN이나 지문을 쓰는 보안 키 또는 이 기기의 인증 장치를 쓰세요",
    ),
    "too-few-passkeys": ("인증 장치가 두 개 있어야 합니다", "먼저 장치를 하나 더 추가하세요"),
    "not-ready": ("아직 때가 되지 않았습니다", "표시된 시각까지 기다리세요"),
    "too-often": ("너무 여러 번 틀렸습니다", "잠시 뒤 다시 하세요"),
    "document-gone": ("올린 원본이 더 이상 없습니다", "원본을 다시 고르세요"),
    "form-wrong": ("양식의 칸이 비었거나 맞지 않습니다", "칸을 고쳐 다시 보내세요"),
    "console-site": ("이 주소에서는 패스키를 쓸 수 없습니다", "https 주소나 http://localhost:포트를 쓰세요"),
    "console-listen": ("이 주소에서 기다릴 수 없습니다", "--listen으로 다른 포트를 고르세요"),
    "console-store-failed": ("저장하지 못했습니다. 바뀐 것은 없습니다", "디스크가 찼거나 고장 났는지 확인하세요"),
    "console-unreadable": ("콘솔의 데이터베이스를 열 수 없습니다", "그것을 쓴 버전을 쓰거나 다른 폴더를 고르세요"),
}
"""code → (sentence, hint); an empty hint keeps the error's own."""
