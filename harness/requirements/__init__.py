"""The two catalogues as data: what the documents require, and how senders go wrong.

`load_catalogue()` gives the 139 statements of the Auth0 and the Ory page (`Requirement`) and the
312 situations (`Situation`) as immutable values, in the order of their sources. The rows are
written by people, in the YAML files of this folder; each file says at its top what its keys mean.
"""

from harness.requirements.catalogue import Catalogue, SituationFamily, load_catalogue
from harness.requirements.rows import (
    Expectation,
    ExpectationByMode,
    Kind,
    Requirement,
    Row,
    Severity,
    Situation,
    SourceDocument,
    State,
)

__all__ = [
    "Catalogue",
    "Expectation",
    "ExpectationByMode",
    "Kind",
    "Requirement",
    "Row",
    "Severity",
    "Situation",
    "SituationFamily",
    "SourceDocument",
    "State",
    "load_catalogue",
]
