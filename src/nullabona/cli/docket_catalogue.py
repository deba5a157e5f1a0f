"""What the commands of the legal desk say to people, in English and Korean."""

from __future__ import annotations

from typing import Final

DOCKET: Final[dict[str, tuple[str, str]]] = {
    "docket-moved": ("{number} is {state} now.", "{number} 사건: {state}."),
    "docket-carried-out": ("Done.", "처리했습니다."),
    "docket-waits": (
        "Waits for a second officer: nulla docket officer confirm {challenge}",
        "다른 담당자의 확인을 기다립니다: nulla docket officer confirm {challenge}",
    ),
    "docket-founded": (
        "The desk is founded. Take {path} to the auditor and leave no copy here.",
        "창구를 만들었습니다. {path} 파일을 감사인에게 옮기고 여기에는 남기지 마세요.",
    ),
    "docket-cadence-slow": (
        "A receipt may take {minutes} minutes, for good: too long for {instruments}, whose answers will often be late.",
        "접수증까지 최대 {minutes}분이 걸리며 바꿀 수 없습니다. {instruments} 회신이 자주 늦어집니다.",
    ),
    "docket-journal-whole": ("{count} events; the chain is whole.", "기록 {count}건, 사슬이 온전합니다."),
    "docket-verified": (
        "Holds: {size} entries, {demands} demands are open.",
        "검증되었습니다. 항목 {size}개, 공개된 요청 {demands}건.",
    ),
    "docket-not-verified": (
        "Does NOT hold: {findings} findings in {size} entries.",
        "검증되지 않았습니다. 항목 {size}개에서 문제 {findings}건.",
    ),
    "docket-notices-waiting": ("{count} wait for the log: {cases}", "기록부를 기다리는 통지 {count}건: {cases}"),
    "docket-notices-barred": (
        "{count} are barred by a gag and wait: {cases}",
        "비밀유지 명령으로 기다리는 통지 {count}건: {cases}",
    ),
    "docket-notices-gone": ("{count} reach nobody: the account is gone.", "계정이 없어져 전할 수 없는 통지 {count}건."),
    "docket-notices-failed": (
        "{count} were not delivered ({code}) and are tried again the next time: {cases}",
        "전달하지 못한 통지 {count}건 ({code}), 다음에 다시 시도합니다: {cases}",
    ),
    "docket-outage-stated": ("the operator says: {text}", "운영자의 설명: {text}"),
    "docket-unproven-outside-the-desk": (
        "cannot be proven: that every demand went through this desk. An authority without a receipt knows.",
        "증명할 수 없음: 모든 요청이 이 창구를 거쳤는지. 접수증 없이 자료를 받은 기관만 압니다.",
    ),
    "docket-unproven-times-unwitnessed": (
        "cannot be proven: when anything was entered, because the policy asks for no witness.",
        "증명할 수 없음: 언제 기록되었는지. 이 정책은 증인을 요구하지 않습니다.",
    ),
    "docket-unproven-sealed": (
        "cannot be known yet: what is in {slots} sealed slots of {term}.",
        "아직 알 수 없음: {term}의 봉인된 칸 {slots}개에 든 것.",
    ),
    "docket-unproven-not-recounted": (
        "cannot be recounted yet: {reported} demands are reported for {term}, {opened} are open.",
        "아직 다시 셀 수 없음: {term} 보고 {reported}건 가운데 {opened}건이 공개됨.",
    ),
}
"""key → (English, Korean)."""
