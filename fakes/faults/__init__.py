"""The fault language: at which moment, what, how often, and then what."""

from .actions import Action
from .moments import Moment, Stage
from .plan import Fault, FaultPlan
from .steps import Close, Reset, SendBelowTls, SendOctets, Step, Wait

__all__ = [
    "Action",
    "Close",
    "Fault",
    "FaultPlan",
    "Moment",
    "Reset",
    "SendBelowTls",
    "SendOctets",
    "Stage",
    "Step",
    "Wait",
]
