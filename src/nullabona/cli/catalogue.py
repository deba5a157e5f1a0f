"""What the command line says to people, in Korean and English. Data (``--json``) is the same in both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.cli.docket_catalogue import DOCKET
from nullabona.cli.happenings import HAPPENINGS
from nullabona.words.errors import Language

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    **DOCKET,
    **HAPPENINGS,
    "account-created": ("{handle} is yours on this device.", "이 기기에서 {handle} 계정을 만들었습니다."),
    "import-done": (
        "{added} lines came in; they stay on this device.",
        "{added}줄을 가져왔습니다. 이 기기에만 있습니다.",
    ),
    "import-undone": ("Nothing of it is left.", "가져온 것을 모두 지웠습니다."),
    "import-lines": ("  {lines} lines, {first} to {last}", "  {lines}줄, {first}부터 {last}까지"),
    "import-continued": (
        "  {count} lines of the file go on with the one before",
        "  파일의 {count}줄은 앞줄에 이어집니다",
    ),
    "import-media": ("  files: {here} here, {missing} missing", "  파일: {here}개 있음, {missing}개 없음"),
    "import-odd": ("  {what}: {count} (lines {numbers})", "  {what}: {count}건({numbers}번째 줄)"),
    "import-odd-unparsed": ("not understood, kept as it stands", "알아보지 못해 그대로 둠"),
    "import-odd-odd-date": ("a date that does not exist, kept as text", "없는 날짜라서 글로 둠"),
    "import-odd-time-goes-back": ("earlier than the line before", "앞줄보다 이른 시각"),
    "import-known": ("  This very export is here already.", "  이미 가져온 파일입니다."),
    "import-ask-me": (
        "Who are you in it? Say --me NAME, or --me '' if you are not in it.",
        "이 대화에서 누구인가요? --me 이름으로 알려 주세요. 본인이 없으면 --me ''.",
    ),
    "import-ask-order": (
        "Its dates can be read in two ways. Say --day-first or --month-first.",
        "날짜를 두 가지로 읽을 수 있습니다. --day-first(일/월)나 --month-first(월/일)로 알려 주세요.",
    ),
    "account-moved": (
        "Your inbox is at {relay} now, and {count} of your rooms go there; others come along by themselves.",
        "이제 {relay}에서 받고, 방 {count}개가 그리로 갑니다. 다른 사람들은 저절로 따라옵니다.",
    ),
    "account-published": ("The directory shows your card.", "디렉터리에 명함이 올라갔습니다."),
    "account-restored": (
        "{handle} is yours on this device. Past messages do not come back; rooms do, by those whom you ask.",
        "이 기기에서 {handle} 계정을 되찾았습니다. 지난 메시지는 돌아오지 않고, 방은 아는 사람에게 물으면 돌아옵니다.",
    ),
    "restored-then": (
        "Then `nulla contact add` each old contact: their device brings you back into the rooms you share, by itself.",
        "이제 예전 상대마다 `nulla contact add`를 하세요. 상대의 기기가 함께 있던 방으로 저절로 들여보냅니다.",
    ),
    "restored-soon": (
        "For up to {minutes} minutes people still find the card from before; then the record shows this device's.",
        "길게는 {minutes}분 동안 다른 사람에게는 예전 명함이 보이고, 그 뒤에는 이 기기의 명함이 보입니다.",
    ),
    "write-down": (
        "Write down the 24 words of `nulla account phrase`: without them a lost device is a lost account.",
        "`nulla account phrase`가 보여 주는 24개 단어를 적어 두세요. 기기를 잃으면 그 단어로만 계정을 되찾습니다.",
    ),
    "ask-delete": (
        "This cannot be undone. Type {handle} to delete the account",
        "되돌릴 수 없습니다. 계정을 지우려면 아이디를 그대로 적으세요: {handle}",
    ),
    "account-deleted": (
        "{handle} is deleted. Nobody can take the handle for 90 days; this profile's folder is yours to erase.",
        "{handle} 계정을 지웠습니다. 90일 동안 아무도 이 아이디를 쓸 수 없습니다. 이 프로필 폴더는 직접 지우세요.",
    ),
    "this-device": ("(this one)", "(이 기기)"),
    "link-code": (
        "On the new device: nulla device join {handle} and this code. It is good for ten minutes, while this runs.",
        "새 기기에서 nulla device join {handle} 뒤에 이 코드를 적으세요. 이 명령이 켜져 있는 10분 동안 쓸 수 있습니다.",
    ),
    "link-agree": (
        "A device called {name} used the code. Is it yours, and in front of you?",
        "{name}(이)라는 기기가 코드를 썼습니다. 지금 앞에 있는 당신의 기기입니까?",
    ),
    "link-waiting": (
        "The other device can see this one: say yes there.",
        "다른 기기에 이 기기가 보입니다. 거기에서 허락하세요.",
    ),
    "link-number": (
        "The new device must show this number of your account, or it was taken into another one: {number}",
        "새 기기에 당신 계정의 이 숫자가 보여야 합니다. 다르면 다른 계정에 들어간 것입니다: {number}",
    ),
    "link-same-number": (
        "This device is about to be one of {handle}, number {number}. Does the other device show the same number?",
        "이 기기에서 {handle} 계정을 쓰려고 합니다. 숫자는 {number}입니다. 다른 기기에도 같은 숫자가 보입니까?",
    ),
    "link-not-in-record": (
        "The public record does not show {handle} yet or cannot be asked: only the number tells whose account it is.",
        "공개 기록에 {handle} 계정이 아직 없거나 지금 물어볼 수 없습니다. 누구의 계정인지는 숫자로만 알 수 있습니다.",
    ),
    "device-in": ("{name} is one of your devices now.", "이제 {name} 기기에서도 이 계정을 씁니다."),
    "link-later": (
        "{name} does not have everything yet. The rest follows when both run: nulla sync, here and there.",
        "{name} 기기에 아직 다 가지 않았습니다. 두 기기에서 nulla sync를 하면 나머지가 이어집니다.",
    ),
    "device-joined": ("This is a device of {handle} now.", "이제 이 기기에서 {handle} 계정을 씁니다."),
    "history-so-far": ("{count} messages from before are here.", "지난 메시지 {count}개를 받았습니다."),
    "history-whole": ("All {count} messages from before are here.", "지난 메시지 {count}개를 모두 받았습니다."),
    "history-later": (
        "What was said before comes while both devices run (`nulla sync`).",
        "지난 메시지는 두 기기가 켜져 있는 동안 옵니다(`nulla sync`).",
    ),
    "device-out": ("{name} is out of every room.", "{name} 기기를 모든 방에서 내보냈습니다."),
    "record-forgotten": (
        "The public record of {host} is forgotten. With `nulla account publish` your card is put into the new one.",
        "{host}의 공개 기록을 잊었습니다. `nulla account publish`로 새 기록에 명함을 올리세요.",
    ),
    "publish-later": (
        "The directory is out of reach; the card is published with the next command that reaches it.",
        "디렉터리에 연결할 수 없습니다. 다음에 연결될 때 명함을 올립니다.",
    ),
    "requested": ("Asked {handle}.", "{handle} 님에게 대화를 요청했습니다."),
    "accepted": ("You can talk with {handle} now.", "이제 {handle} 님과 대화할 수 있습니다."),
    "declined": ("Forgotten.", "지웠습니다."),
    "unblocked": ("{handle} is heard again.", "{handle} 님의 차단을 풀었습니다."),
    "contact-deleted": ("{handle} is forgotten.", "{handle} 님을 대화 상대에서 지웠습니다."),
    "link-made": (
        "It is good for {hours} hours, and works while your client runs.",
        "{hours}시간 동안 쓸 수 있으며, 이 기기가 켜져 있을 때 처리됩니다.",
    ),
    "links-revoked": ("Nobody can use them any more.", "이제 아무도 그 링크를 쓸 수 없습니다."),
    "link-opened": ("Asked {handle}.", "{handle} 님에게 알렸습니다."),
    "group-asked": (
        "Asked {handle} to let you in; their client has to run for it. `nulla room asked` shows what came of it.",
        "{handle} 님에게 들어가게 해 달라고 했습니다. `nulla room asked`로 결과를 볼 수 있습니다.",
    ),
    "wish-waiting": ("{handle} was asked to let you in", "{handle} 님에게 들어가게 해 달라고 했습니다"),
    "wish-silent": (
        "{handle} has not answered for {minutes} minutes; their client may be off (--again, --withdraw)",
        "{handle} 님이 {minutes}분 동안 답하지 않았습니다. 기기가 꺼져 있을 수 있습니다(--again, --withdraw)",
    ),
    "wish-used": (
        "the link of {handle} was used up; ask them for a new one (--withdraw forgets this)",
        "{handle} 님의 링크를 다 썼습니다. 새 링크를 부탁하세요(--withdraw로 지웁니다)",
    ),
    "wish-expired": (
        "the link of {handle} has expired; ask them for a new one (--withdraw forgets this)",
        "{handle} 님의 링크가 만료되었습니다. 새 링크를 부탁하세요(--withdraw로 지웁니다)",
    ),
    "wish-closed": (
        "the link of {handle} does not lead in any more; ask them for a new one (--withdraw forgets this)",
        "{handle} 님의 링크로는 이제 들어갈 수 없습니다. 새 링크를 부탁하세요(--withdraw로 지웁니다)",
    ),
    "verified": ("You compared it with {handle}.", "{handle} 님과 이미 비교했습니다."),
    "not-verified": (
        "Compare it with {handle} over another channel, then add --yes.",
        "다른 경로로 {handle} 님과 비교한 뒤 --yes를 붙이세요.",
    ),
    "number-changed": (
        (
            "! {handle} leads to other keys than those of {account}, whom you know; your room is with {account} only. "
            "Ask them in another way, then: nulla contact verify {account} --confirm"
        ),
        (
            "! {handle} 아이디의 열쇠가 알던 계정 {account}의 것이 아닙니다. 그 방의 글은 {account}에게만 갑니다. "
            "다른 방법으로 물어본 뒤: nulla contact verify {account} --confirm"
        ),
    ),
    "number-replaced": (
        "{handle} is another account's now; this number is of {account}, whom you knew before.",
        "{handle} 아이디는 이제 다른 계정의 것입니다. 이 번호는 전에 알던 계정 {account}의 것입니다.",
    ),
    "mark-changed": ("! other keys", "! 열쇠가 다름"),
    "mark-replaced": ("known before", "전에 알던 계정"),
    "mark-verified": ("verified", "확인함"),
    "custodian-made": (
        "Publish this hash of the certificate, and keep the file where nobody else can read it.",
        "이 인증서 해시를 공개하고, 파일은 다른 사람이 읽을 수 없는 곳에 두세요.",
    ),
    "package-unsealed": (
        "The package is not sealed: nobody's signature is on it. The journal says so.",
        "꾸러미를 봉인하지 않았습니다. 아무도 서명하지 않은 자료이며, 이 사실이 일지에 남습니다.",
    ),
    "package-sealed": (
        "The package is sealed by the custodian whose certificate has this SHA-256: {custodian}",
        "꾸러미를 봉인했습니다. 확인서 열쇠의 인증서 SHA-256: {custodian}",
    ),
    "package-locked": (
        "It is locked to the authority's key {recipient}: only the authority opens it.",
        "기관의 열쇠로 잠갔습니다: {recipient}. 그 기관만 열 수 있습니다.",
    ),
    "package-unlocked": (
        "It is not locked: whoever has the files can read them. The registry has no key of this authority.",
        "잠그지 않았습니다. 파일을 가진 사람은 누구나 읽을 수 있습니다. 명부에 이 기관의 열쇠가 없습니다.",
    ),
    "published": ("{count} files changed.", "파일 {count}개가 바뀌었습니다."),
    "saved": ("Saved.", "저장했습니다."),
    "backup-made": (
        "{path}: {messages} messages and {files} files, {size} bytes; read back and whole.",
        "{path}: 메시지 {messages}개와 파일 {files}개, {size}바이트. 다시 읽어 온전한지 확인했습니다.",
    ),
    "backup-unread": ("{path} is written; it was not read back.", "{path}에 썼습니다. 다시 읽어 보지는 않았습니다."),
    "backup-opens-with-words": (
        "It opens with the 24 words of `nulla account phrase`, or with the key of `nulla backup key`.",
        "`nulla account phrase`의 24개 단어나 `nulla backup key`의 열쇠로 열립니다.",
    ),
    "backup-opens-with-passphrase": (
        "It opens with its passphrase only; nobody can help who forgets it.",
        "이 백업의 암호로만 열립니다. 잊으면 아무도 열 수 없습니다.",
    ),
    "backup-whole": (
        "whole: {messages} messages and {files} files of {handle}",
        "온전합니다. {handle}의 메시지 {messages}개와 파일 {files}개",
    ),
    "backup-needs-first": (
        "It holds only what changed after another backup and is restored together with that one.",
        "다른 백업 뒤에 바뀐 것만 들어 있어 그 백업과 함께 되찾아야 합니다.",
    ),
    "backup-passphrase": ("Passphrase of the backup", "백업의 암호"),
    "new-backup-passphrase": ("New passphrase for the backup", "백업에 쓸 새 암호"),
    "restored": (
        "{handle} is back on this device: {messages} messages, {contacts} contacts, {rooms} rooms.",
        "이 기기에서 {handle} 계정을 되찾았습니다. 메시지 {messages}개, 대화 상대 {contacts}명, 방 {rooms}개.",
    ),
    "restored-rooms": (
        "The rooms can be read; members let this device in again by themselves, once theirs are running.",
        "방은 읽을 수 있습니다. 방에 있는 사람의 기기가 켜져 있으면 저절로 이 기기를 들여보냅니다.",
    ),
    "exported": (
        "{rooms} rooms, {lines} lines, {files} files.",
        "방 {rooms}개, {lines}줄, 파일 {files}개를 내보냈습니다.",
    ),
    "export-missing": (
        "{missing} files are not on this device; `nulla save` fetches one.",
        "파일 {missing}개는 이 기기에 없습니다. `nulla save`로 받을 수 있습니다.",
    ),
    "export-readable": (
        "What lies there is not encrypted: anybody who has the files can read it.",
        "내보낸 것은 암호화되어 있지 않습니다. 파일을 가진 사람은 누구나 읽을 수 있습니다.",
    ),
    "progress-writing": ("writing", "쓰는 중"),
    "progress-reading": ("reading", "읽는 중"),
    "blocked": ("{handle} is blocked.", "{handle} 님을 차단했습니다."),
    "room-created": ("Made the room {title}.", "{title} 방을 만들었습니다."),
    "room-changed": ("Done.", "바꿨습니다."),
    "leaving": (
        "Asked to leave; another member carries it out.",
        "나가겠다고 알렸습니다. 다른 사람의 기기가 처리합니다.",
    ),
    "sent": ("Sent.", "보냈습니다."),
    "delivered": ("Delivered.", "도착했습니다."),
    "queued": (
        "Stored; it goes out with the next command that reaches the relay.",
        "저장했습니다. 다음에 연결될 때 나갑니다.",
    ),
    "synced": ("Everything has gone out and come in.", "보낼 것은 다 보냈고 받을 것은 다 받았습니다."),
    "apart-waits": (
        "The inbox is read at moments of its own; this can take some minutes.",
        "우편함을 그때그때 다른 때에 읽으므로 몇 분 걸릴 수 있습니다.",
    ),
    "catches-up": (
        "Each room is read at a moment of its own; this can take half a minute.",
        "대화방마다 다른 때에 읽으므로 30초쯤 걸릴 수 있습니다.",
    ),
    "room-may-come": (
        "No such room is here; looking whether it has just come in.",
        "그런 대화방이 없어 방금 온 것이 있는지 찾아봅니다.",
    ),
    "not-all": (
        "Not everything has come in yet; this is what is here already.",
        "아직 다 받지 못해 저장된 것만 보여 줍니다.",
    ),
    "offline": (
        "The relay is out of reach; this is what is here already.",
        "릴레이에 연결할 수 없어 저장된 것만 보여 줍니다.",
    ),
    "passphrase": ("Passphrase", "암호"),
    "new-passphrase": ("New passphrase", "새 암호"),
    "repeat-passphrase": ("The same again", "한 번 더"),
    "ask-phrase": ("The 24 words", "24개 단어"),
    "accept-waits": (
        "Your yes to {handle} is kept; it goes out when the public record has proven who they are.",
        "{handle} 님에게 할 답을 저장했습니다. 공개 기록에서 확인되면 나갑니다.",
    ),
    "enter-waits": (
        "Your yes is kept; you are in when the public record has proven who invites you.",
        "답을 저장했습니다. 초대한 사람이 공개 기록에서 확인되면 들어갑니다.",
    ),
    "evidence-none": ("Nothing was kept: nothing was wrong.", "남긴 증거가 없습니다. 잘못된 것이 없었습니다."),
    "evidence-proof": ("(proof)", "(증명)"),
    "evidence-hint": ("(what was shown)", "(보여 준 것)"),
    "evidence-written": (
        "Written to {folder}. Anybody checks a .evidence file with: nulla record verify FILE --policy POLICY",
        "{folder}에 적었습니다. .evidence 파일은 누구나 nulla record verify FILE --policy POLICY로 확인합니다.",
    ),
    "proven-card": (
        "For {handle}, epoch {epoch} (closed {at}) has the card with the hash {digest}.",
        "{handle}의 회차 {epoch}({at} 마감)에는 해시가 {digest}인 명함이 있습니다.",
    ),
    "proven-deleted": (
        "For {handle}, epoch {epoch} (closed {at}) says that the card was deleted.",
        "{handle}의 회차 {epoch}({at} 마감)에는 명함이 삭제되었다고 되어 있습니다.",
    ),
    "proven-nothing": (
        "For {handle}, epoch {epoch} (closed {at}) has nothing.",
        "{handle}의 회차 {epoch}({at} 마감)에는 아무것도 없습니다.",
    ),
    "proven-promise": (
        "The directory had signed a promise that by epoch {epoch} it is {digest}.",
        "디렉터리는 회차 {epoch}까지 {digest}를 올리겠다고 서명했습니다.",
    ),
    "proven-by": (
        "The log signed this among {size} entries, and these witnesses did: {names}.",
        "기록이 항목 {size}개와 함께 서명했고, 증인도 서명했습니다: {names}.",
    ),
    "proven-alone": (
        "The log signed this among {size} entries; the policy demands no witness.",
        "기록이 항목 {size}개와 함께 서명했습니다. 정책은 증인을 요구하지 않습니다.",
    ),
    "proven-not": (
        "Not proven: that the owner of the handle did not want it so. That is their word.",
        "아이디 주인이 원한 것이 아니라는 점은 증명되지 않습니다. 그것은 주인의 말입니다.",
    ),
    "in-record-pending": ("not proven yet", "아직 확인 안 됨"),
    "in-record-promised": ("promised to the record", "기록에 곧 오름"),
    "in-record-proven": ("in the record", "기록에 있음"),
    "in-record-refuted": ("NOT in the record", "기록과 다름"),
    "app-open": ("Open this in your browser: {url}", "브라우저에서 이 주소를 여세요: {url}"),
    "app-running": ("The messenger is running; Ctrl-C ends it.", "메신저가 켜져 있습니다. Ctrl-C로 끝냅니다."),
    "no-lines": ("Nothing here yet.", "아직 아무것도 없습니다."),
    "deleted": ("(deleted)", "(삭제된 메시지)"),
    "edited": (" (edited)", " (수정됨)"),
    "forwarded": ("(forwarded)", "(전달됨)"),
    "log-verified": (
        "{origin}: every one of {size} entries is what was signed.\nroot {root}\nwitnesses: {witnesses}",
        "{origin}: 항목 {size}개가 모두 서명된 그대로입니다.\n루트 {root}\n증인: {witnesses}",
    ),
    "log-consistent": (
        "{origin}: {size} entries lead to the root of the checkpoint.\nroot {root}",
        "{origin}: 항목 {size}개가 체크포인트의 루트로 이어집니다.\n루트 {root}",
    ),
    "log-unsigned": (
        "! no signature was checked: give --policy FILE",
        "! 서명은 확인하지 않았습니다. --policy FILE을 주세요",
    ),
    "log-progress": ("{done} of {size} entries", "항목 {size}개 중 {done}개"),
    "log-proven": (
        "Entry {index} is in the log of {size} entries.",
        "항목 {index}번은 항목 {size}개의 기록에 있습니다.",
    ),
    "log-checked": (
        "It is entry {index} of {origin}; {witnesses} witnesses cosigned.",
        "{origin}의 {index}번 항목입니다. 증인 {witnesses}곳이 함께 서명했습니다.",
    ),
    "log-fork-side": (
        "Signed by the log: size {size}, root {root}, witnessed by {witnesses}.",
        "기록이 서명함: 크기 {size}, 루트 {root}, 증인 {witnesses}.",
    ),
    "log-fork-nobody": ("nobody whom the policy knows", "정책이 아는 증인 없음"),
    "log-forked": (
        "{origin} HAS TWO HISTORIES: its operator has signed both. Show this to others.",
        "{origin}: 기록이 둘로 갈라졌습니다. 운영자가 둘 다 서명했습니다. 다른 사람에게 보여 주세요.",
    ),
    "log-mirrored": (
        "The copy of {origin} has all of its {size} entries, each checked.",
        "{origin}의 항목 {size}개를 모두 확인해 사본에 담았습니다.",
    ),
    "log-unreached": ("! not reached this time [{code}]", "! 이번에는 닿지 못했습니다 [{code}]"),
    "log-restored": (
        "{origin} has its {size} entries again, last cosigned {when}; put its keys beside them and start it.",
        "{origin}의 항목 {size}개를 되살렸습니다(마지막 공동 서명 {when}). 열쇠를 함께 두고 시작하세요.",
    ),
    "log-silent": (
        "! {names} did not answer; if they have cosigned more, they will not cosign this",
        "! {names}의 답이 없습니다. 더 많이 공동 서명했다면 이 기록에는 서명하지 않습니다",
    ),
    "log-watched": ("{new} new of {size} entries.", "항목 {size}개 중 새 항목 {new}개."),
    "unread": ("{count} unread", "안 읽음 {count}"),
}
"""key → (English, Korean)."""


def say(key: str, language: Language, **values: object) -> str:
    """The sentence for ``key``."""
    return SENTENCES[key][language == "ko"].format(**values)


def language_of(environment: Mapping[str, str]) -> Language:
    """The language of a person's environment."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "ko" if locale.startswith("ko") else "en"
