"""`harness list --catalogue`: the situations, and which scenarios ask them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from harness.cli.options import selected
from harness.requirements import Catalogue
from harness.situation_coverage import FamilyCoverage, SituationCoverage, situation_coverage

_FIRST = 3


def list_situations(
    paths: tuple[str, ...], words: dict[str, Any], catalogue: Catalogue, *, as_json: bool
) -> None:
    """Print them family by family. `words` are the options that select.

    Those for situations select what is printed, and all the others which cases count.
    """
    globs = words["situations"]
    cases, notes, _ = selected(paths, {**words, "situations": ()}, catalogue)
    families = situation_coverage(catalogue, cases, globs=globs)
    if as_json:
        click.echo(json.dumps(_document(families), indent=2, ensure_ascii=False))
        return
    for note in notes:
        click.echo(f"note: {note}", err=True)
    for family in families:
        click.echo(f"{family.family.title}: {_covered(family)}")
        for each in family.situations:
            click.echo(f"  {each.situation.id:<9} {_brief(each)}")
        click.echo()
    click.echo(_total(families))


def _brief(each: SituationCoverage) -> str:
    """What a situation is and who asks it; one that nobody asks begins with the reason."""
    if each.reason is not None:
        return f"({each.reason}) {each.situation.title}"
    names = [name for name, _ in each.scenarios]
    rest = f" and {len(names) - _FIRST} more" if len(names) > _FIRST else ""
    cases = "1 case" if each.cases == 1 else f"{each.cases} cases"
    return f"{each.situation.title}: {cases} of {', '.join(names[:_FIRST])}{rest}"


def _covered(family: FamilyCoverage) -> str:
    return f"{family.covered} of {len(family.situations)} covered"


def _total(families: Sequence[FamilyCoverage]) -> str:
    rows = [each for family in families for each in family.situations]
    reasons = Counter(each.reason for each in rows if each.reason is not None)
    covered = len(rows) - reasons.total()
    said = "; ".join(f"{reason}: {number}" for reason, number in reasons.most_common())
    return f"{covered} of {len(rows)} situations covered" + (f". {said}" if said else "")


def _document(families: Sequence[FamilyCoverage]) -> dict[str, Any]:
    return {
        "total": sum(len(each.situations) for each in families),
        "covered": sum(each.covered for each in families),
        "families": [each.document() for each in families],
    }
