"""What packages say, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.wire.demands import Label

CERTIFICATE_TITLE: Final = {
    "production": Label("제출 확인서", "Certificate of Production"),
    "no_data": Label("자료 부존재 확인서", "Certificate of No Records"),
    "refusal": Label("거절 통지서", "Notice of Refusal"),
}
CERTIFICATE: Final[Mapping[str, Label]] = {
    "docket_no": Label("접수번호", "Docket no."),
    "package_id": Label("자료 꾸러미 번호", "Package"),
    "authority": Label("요청 기관", "Authority"),
    "authority_ref": Label("문서번호", "Reference of the authority"),
    "instrument": Label("요청의 종류", "Kind of demand"),
    "legal_basis": Label("법적 근거", "Legal basis"),
    "issued": Label("문서 작성일", "Issued"),
    "received": Label("접수", "Received"),
    "decided": Label("결정", "Decided"),
    "period": Label("대상 기간", "Period asked for"),
    "document": Label("원본 문서의 해시값(SHA-256)", "Hash of the original document (SHA-256)"),
    "targets": Label("문서에 적힌 대상", "Targets as written in the demand"),
    "found": Label("기록 있음", "on record"),
    "not_found": Label("기록 없음", "nothing on record"),
    "demand": Label("요청", "The demand"),
    "answers": Label("항목별 답변", "Answer to each class of data"),
    "asked": Label("요청한 항목", "Class asked for"),
    "answer": Label("답변", "Answer"),
    "grounds": Label("이유", "Grounds"),
    "values": Label("제출하는 기록", "Records produced"),
    "field": Label("기록", "Record"),
    "value": Label("값", "Value"),
    "where": Label("보관 위치", "Kept in"),
    "files": Label("전자정보 상세목록", "Schedule of files"),
    "file": Label("파일", "File"),
    "size": Label("바이트", "Bytes"),
    "system": Label("이 서비스가 보유하는 것", "What this service holds"),
    "declaration": Label("보관자의 확인", "Declaration of the custodian"),
    "verify": Label("확인 방법", "How to check this package"),
    "signature": Label("전자서명", "Electronic signature"),
    "custodian": Label("기록 보관 책임자", "Custodian of records"),
    "in_file": Label("바이트. 전체는 레코드 파일에 있음", "bytes, whole in the file of records; this is their SHA-256"),
}
SYSTEM: Final = Label(
    "이 서비스의 대화는 이용자의 기기에서 암호화되어(RFC 9420) 그 열쇠는 기기를 떠나지 않습니다. 릴레이에는 "
    "무작위 주소의 상자에 담긴 암호문과 그것이 지워지는 날짜만 있습니다. 대화방의 상자가 누구의 것인지는 릴레이도 "
    "모릅니다. 계정의 우편함은 명함에 적혀 있어 알 수 있습니다. 거기에서 기다리는 봉인된 것은 몇 개인지, 크기와 "
    "날짜가 무엇인지 셀 수 있으나 열 수 없고, 누가 넣었는지는 어디에도 나타나지 않습니다. 계정에 관하여 보관하는 "
    "것은 본인이 공개한 명함(새 명함이 공개 기록에 오를 때까지는 그 앞의 명함도), 명함이 공개 기록에 오른 회차(10분 "
    "단위)와 그 확인값, 가입한 날짜, 그리고 이름을 지운 뒤 90일 동안 다른 사람이 그 이름을 갖지 못하게 하는 해시와 "
    "그 마지막 날뿐입니다. 접속 주소, 접속 시각, 연락처, 대화방 목록, 읽을 수 있는 대화 내용은 만들지도 보관하지도 "
    "않습니다.",
    "Messages of this service are encrypted on the users' devices (RFC 9420) and the keys never leave them. The relay "
    "holds ciphertext in boxes at random-looking addresses with the day each is erased. Whose the boxes of rooms are, "
    "the relay does not know. The inbox of an account is named on its card and so is known: the sealed items that wait "
    "in it can be counted, with their sizes and days, but not opened, and nothing shows who put them there. Of an "
    "account there are kept the card that its owner published (and the one before, until the new one stands in the "
    "public record), the epochs, ten minutes each, in which cards entered that record with their check values, the "
    "day of registration, and for 90 days after a handle was deleted a hash that keeps others from taking it, with "
    "the last day of that hold. Network addresses, times of access, contacts, lists of rooms and readable content are "
    "neither made nor kept.",
)
DECLARATION: Final = Label(
    "본인은 위 사업자의 기록 보관 책임자로서 다음을 확인합니다. (1) 첨부한 기록은 해당 시점에 통상의 업무 과정에서 "
    "시스템이 만들고 보관한 "
    "것입니다. (2) 이 꾸러미는 ‘제출함’으로 답한 항목에 관하여, 위 요청의 종류에 법이 허용하는 기록과 요청한 기간의 "
    "범위에서 시스템이 내줄 수 있는 모든 것을 내는 하나의 절차가 자동으로 만든 것이며, 덧붙이거나 뺀 "
    "것이 없습니다. (3) 각 파일은 원본과 같으며 위 해시값으로 확인할 수 있습니다.",
    "As custodian of the records of the operator named above I declare: (1) the records attached were made and kept by "
    "the system in the course of its regular activity, at the time; (2) this package was made automatically by the one "
    "procedure that gives everything of the classes answered “produced”, within the records that the law allows for "
    "this kind of demand and the period that was asked for, and nothing was added or left out; "
    "(3) each file is identical to its original, as the hashes above show. Made with a view to Rules 902(11), 902(13) "
    "and 902(14) of the Federal Rules of Evidence where they apply.",
)
SEALED_ITEMS: Final = Label(
    "읽을 수 있는 내용은 없음. 명함에 적힌 우편함에 봉인된 것이 기다릴 수 있으며, "
    "개수·크기·날짜를 셀 수 있을 뿐 열 수 없음",
    "nothing that can be read; sealed items may wait in the inbox that the card names, and can be counted by size and "
    "day but not opened",
)
"""What *not held* means for the content of messages."""
HOW: Final = Label(
    "꾸러미 폴더에서 sha256sum -c manifest-sha256.txt 를 실행하면 data 폴더의 모든 파일이 목록과 같은지 확인합니다. "
    "이 문서의 서명은 PDF 열람기나 pdfsig로, 기록부에 올라 있음은 docket.tlog-proof와 docket.policy로, 목록 자체를 "
    "포함한 전체는 nulla docket package verify로 확인합니다.",
    "In the folder of the package, sha256sum -c manifest-sha256.txt checks every file in data against the list. The "
    "signature of this document is checked with a PDF reader or pdfsig, the entry in the docket log with "
    "docket.tlog-proof and docket.policy, and all of it, the list too, with nulla docket package verify.",
)
SIGNED: Final = Label(
    "이 문서는 PAdES 방식으로 전자서명됩니다. 시각 인증(RFC 3161) 없이 서명한 경우 날짜는 기록부 체크포인트에 다른 "
    "운영자들이 함께 서명한 "
    "시각으로 뒷받침됩니다.",
    "This document is signed electronically (PAdES). Where it has no time-stamp token (RFC 3161), its date rests on "
    "the "
    "time at which other operators cosigned the checkpoint of the docket log.",
)
NO_DATA: Final = Label(
    "요청한 항목 가운데 이 서비스가 읽거나 내줄 수 있게 보유하는 것이 없습니다.",
    "Of what was asked for, this service holds nothing that it can read or hand over.",
)
