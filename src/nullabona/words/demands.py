"""The words of demands, in Korean and English: in packages, and on the device of the person who is told of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.wire.demands import Answer, DataClass, Label, RefusalReason

DATA_CLASS: Final[Mapping[DataClass, Label]] = {
    "subscriber": Label("가입자 정보", "Subscriber data"),
    "identification": Label("이용자 식별 자료(접속 주소 등)", "Data to identify a user (network addresses)"),
    "traffic": Label("통신 사실 자료", "Traffic data"),
    "content": Label("대화 내용", "Content of messages"),
    "contacts": Label("연락처·대화 상대", "Contacts and correspondents"),
    "rooms": Label("대화방과 참여자", "Rooms and their members"),
    "realtime_traffic": Label("실시간 통신 사실", "Traffic data in real time"),
    "realtime_content": Label("실시간 대화 내용", "Content in real time"),
    "preservation": Label("자료 보존", "Preservation of data"),
    "removal": Label("게시물·메시지 삭제", "Removal of content"),
    "account_action": Label("계정 조치", "Action on an account"),
    "assistance": Label("기술 협조", "Technical assistance"),
}
ANSWER: Final[Mapping[Answer, Label]] = {
    "produced": Label("제출함", "Produced"),
    "not_held": Label("보유하지 않음", "Not held"),
    "not_in_scope": Label("대상 아님", "Not in scope"),
    "refused": Label("거절함", "Refused"),
}
REASON: Final[Mapping[RefusalReason, Label]] = {
    "incomplete": Label("서류가 불완전함", "the document is incomplete"),
    "manifest_error": Label(
        "명백한 잘못이 있음(다른 사업자 등)", "it contains a manifest error (such as another company)"
    ),
    "cannot_identify_user": Label("이용자를 특정할 수 없음", "the user cannot be identified from it"),
    "not_stored_by_provider": Label("사업자가 보관하지 않는 자료", "the data is not stored by or for the provider"),
    "no_longer_held": Label("더 이상 보유하지 않음", "the data is no longer held"),
    "impossible_otherwise": Label("그 밖의 사실상 불가능", "another de facto impossibility"),
    "issuer_not_competent": Label("발부 권한 없는 기관", "the issuing authority is not competent"),
    "offence_not_covered": Label("대상 범죄가 아님", "the offence is not covered"),
    "service_not_covered": Label("대상 서비스가 아님", "the service is not covered"),
    "immunity_or_press": Label("면책·특권·언론의 자유", "immunities, privileges or freedom of the press"),
    "third_country_conflict": Label("제3국 법과의 충돌", "conflict with the law of a third country"),
    "gate_not_met": Label("법이 정한 절차가 갖추어지지 않음", "a step that the law requires is missing"),
    "withdrawn": Label("요청이 철회됨", "the demand was withdrawn"),
}
FIELD: Final[Mapping[str, Label]] = {
    "name": Label("이용자 이름(아이디)", "name of the handle"),
    "skeleton": Label("닮은 이름을 막는 형태", "its shape, which refuses look-alikes"),
    "encoded": Label("본인이 공개한 명함(16진수)", "card as published by its owner (hexadecimal)"),
    "registered_day": Label("가입한 날", "day of registration"),
    "label": Label("공개 기록에서 이 이름이 있는 자리", "where the handle stands in the public record"),
    "epoch": Label("명함이 공개 기록에 오른 회차", "epoch in which the card entered the public record"),
    "replaced": Label("아직 보여 주는 이전 명함", "earlier card that is still shown"),
    "entries": Label("공개 기록의 항목(최근 30일)", "entries in the public record (last 30 days)"),
    "until_day": Label("이름을 비워 두는 마지막 날", "last day the name is held free"),
}
