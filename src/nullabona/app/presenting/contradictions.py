"""What is wrong with a `bad-request`, in Korean: the error says it in English only, and its code alone says nothing.

Each sentence of a `BadRequest` that the page can meet has its own words here; pure.
"""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = "이름은 60자까지예요."
_POLL: Final = "투표 항목은 서로 다르게, 2개에서 12개까지 적어 주세요."
CONTRADICTIONS: Final[tuple[tuple[str, tuple[str, str]], ...]] = (
    (r"that is your own handle", ("내 아이디예요.", "상대의 아이디를 적어 주세요.")),
    (r"that is not the handle of this account", ("내 아이디와 달라요.", "보이는 그대로 적어 주세요.")),
    (r"that is the relay you would leave", ("지금 쓰고 있는 릴레이예요.", "옮겨 갈 릴레이의 주소를 적어 주세요.")),
    (r"a name has at most \d+ characters", (_NAME, "")),
    (r"a device's name has at most \d+ printable characters", ("기기 이름은 40자까지예요.", "")),
    (r"a room's name has .*", ("그룹 이름은 1자에서 120자까지예요.", "")),
    (r"a greeting has .*", ("인사말은 500자까지예요.", "")),
    (r"a caption has .*", ("설명은 10,000자까지예요.", "나머지는 메시지로 보내 주세요.")),
    (r"a message has at most .*", ("메시지는 100,000자까지예요.", "파일로 보내거나 나누어 보내 주세요.")),
    (r"a message needs some text", ("보낼 내용이 없어요.", "한 글자라도 적어 주세요.")),
    (r"this file is empty", ("빈 파일이라 보낼 것이 없어요.", "")),
    (r"a profile picture is .*", ("프로필 사진으로 쓸 수 없는 사진이에요.", "다른 사진을 골라 주세요.")),
    (r"a reaction is one emoji", ("공감은 이모지 하나예요.", "")),
    (r"a timer is at most a year", ("사라지는 시간은 1년까지 정할 수 있어요.", "")),
    (r"a voice note is .*", ("이 브라우저의 녹음은 다른 사람이 들을 수 없어요.", "다른 브라우저에서 해 보세요.")),
    (r"a voice note lasts .*", ("음성 메시지는 15분까지예요.", "나누어 보내 주세요.")),
    (r"a poll has .*", (_POLL, "")),
    (r"a poll's question has .*", ("투표의 질문은 1자에서 300자까지예요.", "")),
    (r"each answer of a poll has .*", ("투표 항목은 1자에서 100자까지예요.", "")),
    (r"this poll is closed", ("이미 끝난 투표예요.", "")),
    (r"this poll does not have .*", ("이 투표에서 고를 수 없는 항목이에요.", "하나만 고를 수 있는지 봐 주세요.")),
    (r"a link is good for .*", ("링크는 1시간에서 720시간까지, 1,000번까지 쓸 수 있게 만들 수 있어요.", "")),
    (r"there is no such link; .*", ("그런 링크가 없어요.", "기한이 지났을 수 있어요.")),
    (r".+ is in this room already", ("이미 이 대화방에 있는 사람이에요.", "")),
    (r"that account is not in this room", ("이 대화방에 없는 사람이에요.", "")),
    (r"you cannot remove yourself", ("나를 내보낼 수는 없어요.", "‘대화방 나가기’를 눌러 주세요.")),
    (r"that would change nothing, or .*", ("이미 그렇거나, 관리자가 한 명도 남지 않게 돼요.", "")),
    (r".+ has not asked to talk to you", ("대화를 요청하지 않은 사람이에요.", "요청을 거두었을 수 있어요.")),
    (r".+ is not blocked", ("차단하지 않은 사람이에요.", "")),
    (r"nobody is being asked to let you .*", ("이 그룹에는 들어가고 싶다고 알리지 않았어요.", "")),
    (r"this contact's safety number .*", ("이 사람의 아이디는 전과 같은 계정을 가리켜요.", "")),
    (
        r"nobody else has this message, .*",
        ("다른 사람에게 없는 메시지라서 답장할 수 없어요.", "그 말을 옮겨 적어 주세요."),
    ),
    (r"the room has no such message", ("대화방에 그런 메시지가 없어요.", "지워졌거나 사라졌을 수 있어요.")),
    (r"there is no such message that .*", ("바꿀 수 있는 메시지가 없어요.", "지워졌거나 사라졌을 수 있어요.")),
    (
        r"imported history cannot .*",
        ("가져온 대화는 모두에게서 바꿀 수 없어요.", "나에게서만 지우거나 가져오기를 되돌려 주세요."),
    ),
    (r"this cannot be forwarded", ("전달할 수 없는 메시지예요.", "")),
    (r"this file is not at that room's .*", ("그 방의 릴레이에 없는 파일이에요.", "저장한 뒤 새 파일로 보내 주세요.")),
    (r"this file was sent already", ("이미 보낸 파일이에요.", "그만두려면 모두에게서 삭제해 주세요.")),
    (r"this message has no file.*", ("지금은 주고받을 파일이 없는 메시지예요.", "")),
    (r"this message has not failed", ("이미 보냈거나 보내는 중인 메시지예요.", "")),
    (r"this message cannot say that", ("보낼 수 없는 글자가 들어 있어요.", "지우고 다시 보내 주세요.")),
    (r"this is no poll", ("투표가 아니에요.", "")),
    (r"no device has used this code yet", ("아직 이 코드를 쓴 기기가 없어요.", "새 기기에서 코드를 적어 주세요.")),
    (r"the account has no such device", ("내 계정에 없는 기기예요.", "이미 내보냈을 수 있어요.")),
    (r"this device cannot put itself out", ("지금 쓰는 기기를 내보낼 수는 없어요.", "다른 기기에서 해 주세요.")),
    (
        r"this device has not heard from .*",
        ("아직 다른 기기의 소식을 듣지 못했어요.", "두 기기를 켜 두고 잠시 뒤에 다시 해 주세요."),
    ),
    (r"this device was put out of the account", ("이 기기는 계정에서 나왔어요.", "기기를 다시 연결해 주세요.")),
)
"""(sentence of the error, (what the page says, its hint))."""


def contradiction(sentence: str) -> tuple[str, str] | None:
    """A `BadRequest` in Korean; None for one that no page can meet."""
    return next((said for pattern, said in CONTRADICTIONS if re.fullmatch(pattern, sentence)), None)
