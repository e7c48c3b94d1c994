"""The fault language: at which moment, what, how often, and then what."""

from .actions import Action
from .moments import Moment, Stage
from .plan import Fault, FaultPlan
from .steps import (
    ChangeKeys,
    Close,
    Reset,
    SendBelowTls,
    SendOctets,
    SendTlsRecord,
    Step,
    Wait,
)

__all__ = [
    "Action",
    "ChangeKeys",
    "Close",
    "Fault",
    "FaultPlan",
    "Moment",
    "Reset",
    "SendBelowTls",
    "SendOctets",
    "SendTlsRecord",
    "Stage",
    "Step",
    "Wait",
]
