"""The two catalogues as data: what the documents require, and how senders go wrong.

`load_catalogue()` gives the 139 statements of the Auth0 and the Ory page (`Requirement`) and the
312 situations (`Situation`) as immutable values, in the order of their sources. The rows are
written by people, in the YAML files of this folder; each file says at its top what its keys mean.
"""

from harness.requirements.catalogue import Catalogue, Family, load_catalogue
from harness.requirements.rows import (
    Document,
    Expectation,
    ExpectationByMode,
    Kind,
    Requirement,
    Row,
    Severity,
    Situation,
    State,
)

__all__ = [
    "Catalogue",
    "Document",
    "Expectation",
    "ExpectationByMode",
    "Family",
    "Kind",
    "Requirement",
    "Row",
    "Severity",
    "Situation",
    "State",
    "load_catalogue",
]
