"""Two catalogues as data: what documents require, and how senders go wrong.

`load_catalogue()` gives the statements of documents (`Requirement`) and the situations
(`Situation`) as immutable values, in the order of their sources. The rows are written by people:
requirements in a YAML file for each document, in this folder or wherever a project has its own;
situations in the folder beside them. Each file says at its top what its keys mean.
"""

from harness.requirements.catalogue import Catalogue, load_catalogue
from harness.requirements.rows import (
    Expectation,
    ExpectationByMode,
    Kind,
    Requirement,
    Row,
    Severity,
    Situation,
    SituationFamily,
    SourceDocument,
    State,
    Waiting,
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
    "Waiting",
    "load_catalogue",
]
