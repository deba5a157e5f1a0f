"""What stands around every page."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "brand": ("nullabona", "nullabona"),
    "desk": ("legal desk", "법무 창구"),
    "skip": ("Skip to the page", "본문으로 건너뛰기"),
    "menu": ("Menu", "메뉴"),
    "nav": ("Pages", "페이지"),
    "nav.queue": ("Due", "처리할 일"),
    "nav.intake": ("Take in a demand", "요청 접수"),
    "nav.cases": ("All cases", "모든 사건"),
    "nav.authorities": ("Authorities", "기관 명부"),
    "nav.record": ("Public record", "공개 기록"),
    "nav.audit": ("Journal", "업무 일지"),
    "nav.officers": ("Officers", "담당자"),
    "nav.confirm": ("Waiting for a second", "두 번째 서명 대기"),
    "nav.own": ("Your authenticators", "내 인증 장치"),
    "sign-out": ("Sign out", "로그아웃"),
    "session-ends": ("Session ends in", "세션 종료까지"),
    "language": ("Language", "언어"),
    "theme": ("Colours", "색상"),
    "theme.auto": ("Auto", "자동"),
    "theme.light": ("Light", "밝게"),
    "theme.dark": ("Dark", "어둡게"),
    "keys": ("g, then the letter: go there · j k: up and down", "g 다음 글자: 이동 · j k: 위아래"),
    "unit-d": ("d", "일"),
    "unit-h": ("h", "시간"),
    "unit-m": ("min", "분"),
    "unit-s": ("s", "초"),
    "yes": ("yes", "예"),
    "no": ("no", "아니요"),
    "none": ("none", "없음"),
    "back": ("Back", "뒤로"),
    "cancel": ("Do nothing", "하지 않기"),
    "optional": ("optional", "선택"),
    "not-done": (
        "Nothing was signed: the authenticator was not used, or it refused",
        "서명하지 않았습니다. 인증 장치를 쓰지 않았거나 장치가 거절했습니다",
    ),
    "failed": ("It did not work. Nothing was changed", "실패했습니다. 바뀐 것은 없습니다"),
    "too-large": ("The file is too large", "파일이 너무 큽니다"),
    "wrong.title": ("That cannot be done", "할 수 없습니다"),
    "wrong.bug": ("Something went wrong inside; nothing was changed", "내부에서 잘못되었습니다. 바뀐 것은 없습니다"),
    "wrong.missing": (
        "There is no such page, or it is not for you.",
        "그런 페이지가 없거나 볼 수 있는 페이지가 아닙니다.",
    ),
    "wrong.token": (
        "This form was made for another session. Nothing was done; load the page anew.",
        "다른 세션에서 만든 양식입니다. 아무것도 하지 않았습니다. 페이지를 다시 여세요.",
    ),
    "wrong.code": ("Code", "코드"),
    "done": ("Done.", "마쳤습니다."),
    "utc": ("UTC", "UTC"),
    "nobody": ("nobody", "없음"),
    "no-js": (
        "Passkeys need JavaScript, which is off in this browser.",
        "패스키를 쓰려면 JavaScript가 필요하지만 이 브라우저에서는 꺼져 있습니다.",
    ),
}
