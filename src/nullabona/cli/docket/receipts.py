"""``nulla docket check-receipt``: check a receipt by itself, as the authority that got it or a court does."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.log.work import read_policy
from nullabona.cli.output import emit, line, say
from nullabona.cli.settings import settings_of, spoken
from nullabona.docket.core.receipt import ReceiptInvalid, check_receipt
from nullabona.docket.production.evidence import read_receipt
from nullabona.operating.desk import read_original
from nullabona.wire.slots import parse_slot_leaf

_FILE = click.Path(path_type=Path, dir_okay=False)


@command("check-receipt")
@click.argument("receipt", type=_FILE, metavar="RECEIPT")
@click.option("--policy", type=_FILE, required=True, metavar="FILE", help="The witnesses to require (spec/log.md).")
@click.option("--document", type=_FILE, metavar="FILE", help="The document of the demand, to compare with the receipt.")
@spoken
@click.pass_context
def check_receipt_command(context: click.Context, /, receipt: Path, policy: Path, document: Path | None) -> None:
    """Check a receipt offline: whether its entry is in a docket log of the policy, and is the entry of this demand.

    Says whose demand it is. Fails if anything does not hold.
    """
    settings = settings_of(context)
    found = read_receipt(read_original(receipt))
    seen = check_receipt(found, read_policy(policy))
    digest = str(found.private.get("document_sha256", ""))
    if document is not None and sha256(read_original(document)).hexdigest() != digest:
        raise ReceiptInvalid("the receipt is of another document")
    at = parse_slot_leaf(found.slot.leaf).at
    if settings.as_json:
        emit({
            "number": found.number, "private": found.private, "origin": seen.checkpoint.origin,
            "slot": [at.period, at.slot], "witnesses": dict(seen.witnesses),
        })  # fmt: skip
        return
    names = ", ".join(name for name, _ in seen.witnesses) or "-"
    values = {"number": found.number, "ref": found.private.get("authority_ref", ""), "origin": seen.checkpoint.origin}
    line(say("docket-receipt-holds", settings.language, **values, period=at.period, slot=at.slot, names=names))
    line(say("docket-receipt-document", settings.language, sha256=digest))
