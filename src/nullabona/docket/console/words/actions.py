"""What signing does, in plain words: stated before an officer signs, so that nobody has to guess."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "say.intake": (
        "Take in {instrument} of {authority}, reference {ref}",
        "{authority}의 {instrument}(문서 {ref}) 접수",
    ),
    "say.amend": ("Amend case {number}", "사건 {number} 정정"),
    "say.match": ("Look up whom case {number} names ({count})", "사건 {number}의 식별자 {count}개 대조"),
    "say.review": ("State that case {number} agrees with its original", "사건 {number}의 내용이 원본과 같음을 확인"),
    "say.decide": ("Decide case {number}: {outcome}", "사건 {number} 결정: {outcome}"),
    "say.produce": (
        "Release the package of case {number} to the authority",
        "사건 {number}의 자료를 기관에 제출하도록 승인",
    ),
    "say.refuse": ("Release the refusal of case {number} to the authority", "사건 {number}의 거절 회신을 승인"),
    "say.receipt": ("Issue the receipt of case {number}", "사건 {number}의 접수증 발급"),
    "say.hand-over": ("Hand the package of case {number} over", "사건 {number}의 자료 전달"),
    "say.notify": ("Tell the person about case {number}", "사건 {number}에 관해 당사자에게 통지"),
    "say.defer-notice": ("Defer the notice of case {number} until {until}", "사건 {number}의 통지를 {until}까지 연기"),
    "say.bar-notice": (
        "Record that the law bars notice of case {number}",
        "사건 {number}의 통지가 법률로 금지됨을 기록",
    ),
    "say.publish": ("Publish case {number}", "사건 {number} 공개"),
    "say.seal": ("Seal case {number}: it shows in counts only", "사건 {number} 봉인: 집계에만 나타남"),
    "say.close": ("Close case {number}", "사건 {number} 종결"),
    "say.renew-gag": ("Keep silent about case {number} until {until}", "사건 {number}의 비밀을 {until}까지 유지"),
    "say.lift-gag": ("Lift the gag of case {number}", "사건 {number}의 비밀유지 해제"),
    "say.confirm-gag": ("Confirm the change of the gag of case {number}", "사건 {number}의 비밀유지 변경 확인"),
    "say.recuse": ("Step back from case {number}", "사건 {number}에서 회피"),
    "say.enrol": ("Admit {name} ({officer}) as an officer", "{name}({officer}) 님을 담당자로 승인"),
    "say.revoke": ("Revoke {officer}", "{officer} 해임"),
    "say.grant-role": ("Grant {officer} the role {role}", "{officer}에게 {role} 역할 부여"),
    "say.take-role": ("Take the role {role} from {officer}", "{officer}의 {role} 역할 회수"),
    "say.add-key": ("Admit the authenticator {label} of {officer}", "{officer}의 인증 장치 {label} 승인"),
    "say.register-authority": ("Register {name}, called back at {call}", "{name} 등록, 다시 거는 곳 {call}"),
    "say.confirm": ("Confirm what {by} signed: {what}", "{by} 서명 확인: {what}"),
    "say.desk": ("{action}: {detail}", "{action}: {detail}"),
    "say.set-aside": ("Set your authenticator {label} aside, for good", "내 인증 장치 {label} 영구히 빼 두기"),
    "say.add-passkey": ("Add the authenticator {label} to yours", "내 인증 장치에 {label} 추가"),
    "say.recover": ("Vouch that {officer} lost every authenticator", "{officer} 님이 인증 장치를 모두 잃었음을 확인"),
    "say.object": ("Object to the recovery of {officer}", "{officer}의 복구에 이의 제기"),
    "say.object-key": ("Object: {what}", "이의 제기: {what}"),
    "say.turn-away": ("Turn the applicant {officer} away", "신청자 {officer} 돌려보내기"),
    "say.share": ("Share case {number} with {officer}", "{officer} 님과 사건 {number} 공유"),
    "say.open": ("Open the slots of {count} published cases", "공개된 사건 {count}건의 칸 열기"),
    "say.report": ("Enter the report of {term} in the log", "{term} 보고서를 기록에 올림"),
    "say.settle": ("Settle the half-year {term}", "{term} 반기 정산"),
    "say.outage": (
        "State in the log why the periods {first} to {last} were late",
        "{first}~{last}회차가 늦은 까닭을 기록에 올림",
    ),
    "then.share.1": (
        "They can open the case from now on, and only officers who may read cases can.",
        "이제 그 사람도 사건을 열 수 있습니다. 열람 권한이 있는 담당자만 가능합니다.",
    ),
    "then.open.1": (
        "With the next beat everybody can read these slots. This cannot be taken back.",
        "다음 주기부터 누구나 이 칸을 읽을 수 있습니다. 되돌릴 수 없습니다.",
    ),
    "then.report.1": (
        "When counsel has confirmed it, it is entered in the log for good.",
        "법률 고문이 확인하면 기록에 영구히 올라갑니다.",
    ),
    "then.settle.1": (
        "When a second officer has confirmed it, all slots but the band are opened.",
        "두 번째 담당자가 확인하면 정해진 수를 뺀 모든 칸이 열립니다.",
    ),
    "then.outage.1": (
        "When counsel has confirmed it, it is entered in the log for good, in both languages.",
        "법률 고문이 확인하면 두 언어로 기록에 영구히 올라갑니다.",
    ),
    "then.outage.2": (
        "It excuses nothing: the periods stay late, and everybody reads the reason beside them.",
        "면책이 아닙니다. 늦은 회차는 늦은 대로 남고, 누구나 그 옆에서 까닭을 읽습니다.",
    ),
    "then.intake.1": ("The case gets its number and its deadlines begin.", "사건 번호가 매겨지고 기한이 시작됩니다."),
    "then.intake.2": (
        "The original is sealed; nobody here opens it.",
        "원본을 봉인합니다. 여기서는 아무도 열지 않습니다.",
    ),
    "then.intake.3": (
        "The public record gets a sealed entry with the next beat.",
        "다음 주기에 공개 기록에 봉인된 항목이 들어갑니다.",
    ),
    "then.amend.1": (
        "Every approval so far is void; the case begins again at received.",
        "지금까지의 승인은 모두 무효가 되고 접수 단계로 돌아갑니다.",
    ),
    "then.match.1": (
        "The directory is asked what it holds of each; that is at most a public card and a day.",
        "디렉터리에 보유 자료를 묻습니다. 많아야 공개 명함과 등록일입니다.",
    ),
    "then.review.1": (
        "Counsel can decide. You cannot undo this; an amendment voids it.",
        "법률 고문이 결정할 수 있게 됩니다. 되돌릴 수 없고 정정하면 무효가 됩니다.",
    ),
    "then.decide.1": (
        "The package is made, but nothing leaves the house.",
        "자료가 만들어지지만 밖으로 나가지 않습니다.",
    ),
    "then.decide.2": (
        "A releaser, another person, must approve exactly this package.",
        "다른 사람인 제출 승인자가 바로 이 자료를 승인해야 합니다.",
    ),
    "then.produce.1": (
        "This decision and this package can be handed over. They can no longer be changed.",
        "이 결정과 자료를 전달할 수 있게 됩니다. 더는 바꿀 수 없습니다.",
    ),
    "then.refuse.1": (
        "The refusal can be sent. It can no longer be changed.",
        "거절 회신을 보낼 수 있게 됩니다. 더는 바꿀 수 없습니다.",
    ),
    "then.receipt.1": (
        "The authority gets proof that its demand is on the public record, before any data.",
        "자료보다 먼저, 공개 기록에 들어갔다는 증명을 기관이 받습니다.",
    ),
    "then.hand-over.1": (
        "The package leaves the house. This cannot be taken back.",
        "자료가 밖으로 나갑니다. 되돌릴 수 없습니다.",
    ),
    "then.notify.1": (
        "The person sees a signed notice in their app. This cannot be taken back.",
        "당사자의 앱에 서명된 통지가 보입니다. 되돌릴 수 없습니다.",
    ),
    "then.defer-notice.1": ("The desk reminds you when the time has come.", "때가 되면 창구가 알립니다."),
    "then.bar-notice.1": ("The person is not told by us.", "우리가 당사자에게 알리지 않습니다."),
    "then.publish.1": ("Everybody can read the public part of the case.", "사건의 공개 부분을 누구나 볼 수 있습니다."),
    "then.seal.1": ("The case shows in counts only, until its horizon.", "공개 기한까지 집계에만 나타납니다."),
    "then.close.1": (
        "Nothing more can be done to the case; it is erased when the register may be.",
        "더는 손댈 수 없고 보존 기간이 끝나면 지워집니다.",
    ),
    "then.renew-gag.1": (
        "It takes effect when a second officer has confirmed it.",
        "두 번째 담당자가 확인하면 시행됩니다.",
    ),
    "then.lift-gag.1": (
        "It takes effect when a second officer has confirmed it. Then notice is due.",
        "두 번째 담당자가 확인하면 시행되고, 통지할 차례가 됩니다.",
    ),
    "then.confirm-gag.1": ("The change takes effect now.", "변경이 바로 시행됩니다."),
    "then.recuse.1": ("You will not see this case any more.", "이 사건을 더는 볼 수 없습니다."),
    "then.enrol.1": (
        "It takes effect when another admin or counsel has confirmed it.",
        "다른 관리자나 법률 고문이 확인하면 시행됩니다.",
    ),
    "then.revoke.1": (
        "Once confirmed, the officer's sessions end at once and no signature of theirs counts.",
        "확인되는 즉시 세션이 끝나고 서명의 효력이 없어집니다.",
    ),
    "then.grant-role.1": (
        "It takes effect when another admin or counsel has confirmed it.",
        "다른 관리자나 법률 고문이 확인하면 시행됩니다.",
    ),
    "then.take-role.1": (
        "It takes effect when another admin or counsel has confirmed it.",
        "다른 관리자나 법률 고문이 확인하면 시행됩니다.",
    ),
    "then.add-key.1": (
        "Once confirmed, whoever holds it signs as this officer.",
        "확인되면 그 장치를 가진 사람이 이 담당자로 서명합니다.",
    ),
    "then.add-key.2": (
        "Another officer can confirm it after 24 hours; until then any officer can object.",
        "24시간이 지나야 다른 담당자가 확인할 수 있고, 그동안 누구나 이의를 제기할 수 있습니다.",
    ),
    "then.object-key.1": (
        "The proposal ends and cannot be taken up again; the objection stays in the journal.",
        "이 제안은 끝나고 되살릴 수 없습니다. 이의는 일지에 남습니다.",
    ),
    "then.register-authority.1": (
        "It takes effect when a reviewer or counsel has confirmed it.",
        "검토자나 법률 고문이 확인하면 시행됩니다.",
    ),
    "then.confirm.1": ("It takes effect now, with both signatures on record.", "두 서명이 기록되고 바로 시행됩니다."),
    "then.set-aside.1": (
        "It opens nothing any more, and cannot be taken up again.",
        "더는 아무것도 열지 못하며 다시 쓸 수 없습니다.",
    ),
    "then.add-passkey.1": (
        "It works when two officers have signed for it, with a day in between.",
        "담당자 두 사람이 하루를 두고 서명하면 쓸 수 있습니다.",
    ),
    "then.recover.1": (
        "A day after the second admin has vouched, a token can be made on the server.",
        "두 번째 관리자가 확인한 지 하루 뒤 서버에서 초대장을 만들 수 있습니다.",
    ),
    "then.object.1": (
        "The recovery ends; a token that was made is void.",
        "복구가 끝나고 만들어진 초대장은 무효가 됩니다.",
    ),
    "then.turn-away.1": ("The application and its authenticators are forgotten.", "신청과 인증 장치를 지웁니다."),
    "form.note": ("Note", "메모"),
    "form.why": ("Why", "까닭"),
    "form.basis": ("Which law, which order", "근거 법률이나 명령"),
    "form.until": ("Until (UTC)", "기한 (UTC)"),
    "form.until-open": ("Empty: no end", "비우면 끝없음"),
    "form.outcome": ("Outcome", "결론"),
    "form.reason": ("Reason", "사유"),
    "form.grounds": ("Grounds", "이유"),
    "form.grounds-hint": (
        "For a third country's law: its title, provision, why it conflicts, penalties.",
        "제3국 법률의 경우 법률 이름, 조항, 충돌하는 까닭, 벌칙을 적으세요.",
    ),
    "form.answers": ("Answer to each class that was asked for", "요청 자료마다의 회신"),
    "form.refusal": ("Only if the whole demand is refused", "요청 전체를 거절할 때만"),
    "form.show": ("Show me what I will sign", "서명할 내용 보기"),
    "form.unmet": (
        "Conditions that are not met: only a refusal is possible.",
        "충족하지 않은 요건이 있어 거절만 할 수 있습니다.",
    ),
}
