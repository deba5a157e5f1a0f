"""Signing in, applying, authenticators, and signing."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "in.title": ("Sign in", "로그인"),
    "in.text": (
        "With your security key or this machine's authenticator. There is no password.",
        "보안 키나 이 기기의 인증 장치로 들어갑니다. 비밀번호는 없습니다.",
    ),
    "in.button": ("Use a passkey", "패스키로 로그인"),
    "in.help": (
        (
            "Lost an authenticator? Sign in with your other one and set the lost one aside. "
            "Lost both? Two admins can let you back in after a day."
        ),
        (
            "하나를 잃었으면 다른 장치로 들어와 잃은 장치를 빼 두세요. "
            "둘 다 잃었으면 관리자 두 사람이 하루 뒤 다시 들여보낼 수 있습니다."
        ),
    ),
    "enrol.title": ("Become an officer", "담당자 등록"),
    "enrol.wait": ("Looking at your invitation …", "초대를 확인하고 있습니다 …"),
    "enrol.for": ("This invitation is for", "초대받은 사람"),
    "enrol.text": (
        "Add at least two authenticators: one to carry, one for a safe place. Each asks for its PIN or your finger.",
        (
            "인증 장치를 두 개 이상 추가하세요. 하나는 지니고 하나는 안전한 곳에 둡니다. "
            "장치마다 PIN이나 지문을 확인합니다."
        ),
    ),
    "enrol.added": ("Added", "추가한 장치"),
    "enrol.label": ("What you call it", "장치 이름"),
    "enrol.label-hint": ("for example: black key, laptop", "예: 검은 보안 키, 노트북"),
    "enrol.add": ("Add an authenticator", "인증 장치 추가"),
    "enrol.finish": ("Finish", "마치기"),
    "enrol.recover": (
        "You have a key already: type it from the sheet that you printed, or from your key file.",
        "이미 열쇠가 있습니다. 인쇄해 둔 종이나 열쇠 파일에 적힌 열쇠를 입력하세요.",
    ),
    "enrol.identity": ("Key from the sheet", "종이에 적힌 열쇠"),
    "enrol.paper-title": ("Print this now", "지금 인쇄하세요"),
    "enrol.paper": (
        "It opens the cases sealed to you and is shown once. Put the sheet into the safe; take no picture of it.",
        "당신에게 봉인된 사건을 여는 열쇠입니다. 한 번만 보여 줍니다. 종이를 금고에 넣고 사진을 찍지 마세요.",
    ),
    "enrol.print": ("Print", "인쇄"),
    "enrol.next": (
        "Now two officers have to sign that you are you. Then you can sign in.",
        "이제 담당자 두 사람이 당신을 확인하고 서명하면 로그인할 수 있습니다.",
    ),
    "enrol.go": ("To the sign-in page", "로그인 페이지로"),
    "own.title": ("Your authenticators", "내 인증 장치"),
    "own.text": (
        "Keep two at least. A new one works once two officers have signed for it, with a day in between.",
        "두 개 이상 지니세요. 새 장치는 담당자 두 사람이 하루를 두고 서명한 뒤부터 쓸 수 있습니다.",
    ),
    "own.few": (
        "You have fewer than two authenticators that work. Until there are two, nothing else can be done here.",
        "쓸 수 있는 인증 장치가 두 개보다 적습니다. 두 개가 될 때까지 다른 일은 할 수 없습니다.",
    ),
    "own.added": ("Added", "추가한 때"),
    "own.works": ("works", "사용 중"),
    "own.waits": ("waits for two signatures", "두 사람의 서명 대기"),
    "own.aside": ("set aside", "빼 둔 장치"),
    "own.set-aside": ("Set aside", "빼 두기"),
    "own.coming": ("A key for you is on its way", "당신 이름으로 승인될 장치"),
    "own.coming-text": (
        "{by} signed that it is yours; it can be confirmed from {when} UTC. If it is not yours, object now.",
        "{by} 님이 당신의 장치라고 서명했고 {when} UTC부터 확인할 수 있습니다. 당신의 것이 아니면 이의를 제기하세요.",
    ),
    "own.add-title": ("Add an authenticator", "인증 장치 추가"),
    "own.add-text": (
        "You sign with one that works, then the new one answers.",
        "쓰던 장치로 먼저 서명하고, 이어서 새 장치로 답합니다.",
    ),
    "sign.title": ("Look, then sign", "확인하고 서명하세요"),
    "sign.next": ("What happens when you sign", "서명하면 이렇게 됩니다"),
    "sign.button": ("Sign with your authenticator", "인증 장치로 서명"),
    "sign.exact": ("Exactly what is signed", "서명되는 내용 그대로"),
    "sign.challenge": ("SHA-256, which your authenticator signs", "인증 장치가 서명하는 SHA-256"),
    "sign.until": ("Sign within", "남은 시간"),
    "sign.details": ("Details", "세부 사항"),
    "out.title": ("You are signed out", "로그아웃했습니다"),
}
