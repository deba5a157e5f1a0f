"""``nulla docket``: the legal desk, its packages and its public record."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from nullabona.cli.docket.chosen import Chosen
from nullabona.cli.help import group
from nullabona.cli.lazy import Lazy

_PLACES: Final = {
    "admit": "nullabona.cli.docket.console:admit",
    "amend": "nullabona.cli.docket.case:amend",
    "audit": "nullabona.cli.docket.auditing:audit_command",
    "authority": "nullabona.cli.docket.office:authority",
    "bar-notice": "nullabona.cli.docket.case:bar_notice",
    "publish-due": "nullabona.cli.docket.public:publish_due",
    "backup": "nullabona.cli.docket.care:backup",
    "check": "nullabona.cli.docket.care:check",
    "drain": "nullabona.cli.docket.care:drain",
    "restore": "nullabona.cli.docket.care:restore",
    "status": "nullabona.cli.docket.care:status",
    "close": "nullabona.cli.docket.case:close",
    "confirm-bar": "nullabona.cli.docket.case:confirm_bar",
    "confirm-gag": "nullabona.cli.docket.case:confirm_gag",
    "decide": "nullabona.cli.docket.case:decide",
    "defer": "nullabona.cli.docket.case:defer",
    "deliver": "nullabona.cli.docket.public:deliver",
    "document": "nullabona.cli.docket.case:document",
    "due": "nullabona.cli.docket.case:due",
    "erase": "nullabona.cli.docket.erasing:erase",
    "gag": "nullabona.cli.docket.case:gag",
    "hand-over": "nullabona.cli.docket.handover:hand_over",
    "init": "nullabona.cli.docket.office:init",
    "intake": "nullabona.cli.docket.case:intake",
    "invite": "nullabona.cli.docket.console:invite",
    "journal": "nullabona.cli.docket.journal:journal",
    "check-journal": "nullabona.cli.docket.journal:check_journal_command",
    "keep": "nullabona.cli.docket.keep:keep",
    "list": "nullabona.cli.docket.case:list_cases",
    "match": "nullabona.cli.docket.case:match",
    "nobody-to-tell": "nullabona.cli.docket.case:nobody_to_tell",
    "notify": "nullabona.cli.docket.case:notify",
    "officer": "nullabona.cli.docket.office:officer",
    "open": "nullabona.cli.docket.public:open_command",
    "outage": "nullabona.cli.docket.public:outage",
    "package": "nullabona.cli.docket.package:package",
    "produce": "nullabona.cli.docket.case:produce",
    "publish": "nullabona.cli.docket.site:publish",
    "publish-case": "nullabona.cli.docket.case:publish",
    "receipt": "nullabona.cli.docket.case:receipt",
    "check-receipt": "nullabona.cli.docket.receipts:check_receipt_command",
    "record": "nullabona.cli.docket.record:record",
    "recuse": "nullabona.cli.docket.case:recuse",
    "report": "nullabona.cli.docket.public:report",
    "reseal": "nullabona.cli.docket.public:reseal",
    "resume": "nullabona.cli.docket.case:resume",
    "review": "nullabona.cli.docket.case:review",
    "seal": "nullabona.cli.docket.case:seal",
    "serve": "nullabona.cli.docket.console:serve",
    "show": "nullabona.cli.docket.case:show",
    "stay": "nullabona.cli.docket.case:stay",
    "taxonomy": "nullabona.cli.docket.taxonomy:taxonomy",
    "verify": "nullabona.cli.docket.public:verify_command",
}
_SECTIONS: Final = {
    "docket-cases": (
        "intake", "document", "list", "due", "show", "review", "match", "decide", "produce", "receipt", "hand-over",
        "erase", "close", "keep", "amend", "stay", "resume", "recuse",
    ),
    "docket-notices": (
        "notify", "defer", "bar-notice", "confirm-bar", "nobody-to-tell", "gag", "confirm-gag", "deliver",
    ),
    "docket-log": ("publish-due", "publish-case", "open", "seal", "report", "reseal", "outage"),
    "docket-desk": ("init", "officer", "authority", "taxonomy", "invite", "admit", "serve", "journal"),
    "docket-care": ("check", "status", "drain", "backup", "restore"),
    "docket-public": ("verify", "check-receipt", "audit", "check-journal", "package", "record", "publish"),
}  # fmt: skip


@group(cls=Lazy, places=_PLACES, sections=_SECTIONS)
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", envvar="NULLA_DOCKET",
              show_envvar=True, help="The desk's folder, with its docket.toml.")  # fmt: skip
@click.option("--officer", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", envvar="NULLA_OFFICER",
              show_envvar=True, help="Your officer's file, which signs what you do.")  # fmt: skip
@click.pass_context
def docket(context: click.Context, data: Path | None, officer: Path | None) -> None:
    """For operators' legal desks, and for everybody who checks what they hand over and publish.

    Words and formats: spec/docket.md. A whole case step by step: docs/how-to/answer-a-warrant.md.
    """
    context.obj = Chosen(data, officer)
