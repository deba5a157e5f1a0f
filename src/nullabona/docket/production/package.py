"""Makes a package from the desk's order. Pure: the same order gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from nullabona.docket.core.records import Demand, File, Package
from nullabona.docket.ports import PackageOrder
from nullabona.docket.production.certificate import CERTIFICATE, MANIFEST, make_certificate
from nullabona.docket.production.classes import check_answers
from nullabona.docket.production.manifest import Field, Operator, encode_manifest, make_manifest, produced_fields
from nullabona.docket.production.statement import make_statement, statement_path
from nullabona.docket.taxonomy import Catalogue, row_at
from nullabona.docket.taxonomy.rows import EPOCH
from nullabona.wire.canonical import canonical
from nullabona.wire.demands import Label

RECORDS: Final = "data/records"


@dataclass(frozen=True, slots=True)
class Packager:
    """Makes the packages of one operator; a `nullabona.docket.ports.MakePackage`."""

    operator: Operator
    catalogue: Catalogue

    def __call__(self, order: PackageOrder) -> Package:
        """The files of a production or a refusal, with the certificate still unsigned.

        Raises `AnswerImpossible` for a decision that does not fit the demand or the held data.
        """
        answers = check_answers(order.demand, order.matches, order.decision, order.allowed)
        statement = make_statement(order.number, self.operator.name, order.decided_s, answers)
        content = {statement_path(answers): statement, **record_files(produced_fields(order, answers))}
        manifest = make_manifest(order, self.operator, self._name(order.demand), answers, content)
        made = {**content, MANIFEST: encode_manifest(manifest), CERTIFICATE: make_certificate(manifest)}
        return Package(tuple(File(path, made[path]) for path in sorted(made)))

    def _name(self, demand: Demand) -> Label:
        """The instrument's legal name on the day of issue; its id, if there is no row for that day."""
        row = row_at(self.catalogue, demand.instrument, EPOCH + timedelta(days=demand.issued_day))
        return Label(demand.instrument, demand.instrument) if row is None else row.label


def record_files(fields: tuple[Field, ...]) -> dict[str, bytes]:
    """One file for each class and identifier with produced values."""
    groups = dict.fromkeys((field.data_class, field.identifier) for field in fields)
    return {
        f"{RECORDS}/{identifier + 1:03}-{data_class}.json": canonical(
            [field for field in fields if (field.data_class, field.identifier) == (data_class, identifier)]
        )
        for data_class, identifier in groups
    }
