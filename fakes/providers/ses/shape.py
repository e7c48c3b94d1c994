"""The shapes of JSON documents, as far as they are read.

Source: botocore 1.44.5, service model `sesv2/2019-09-27`. What is not listed is ignored, and null
is as good as absent. The texts are those of AWS's other JSON services.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Shape = type | list[Any] | dict[str, Any]

_TEXT = {"Data": str, "Charset": str}
_HEADERS = [{"Name": str, "Value": str}]
_ATTACHMENTS = [
    {
        "RawContent": str,
        "FileName": str,
        "ContentType": str,
        "ContentDisposition": str,
        "ContentDescription": str,
        "ContentId": str,
    }
]
_TAGS = _HEADERS
_DESTINATION = {"ToAddresses": [str], "CcAddresses": [str], "BccAddresses": [str]}
_TEMPLATE = {
    "TemplateName": str,
    "TemplateArn": str,
    "TemplateContent": {"Subject": str, "Text": str, "Html": str},
    "TemplateData": str,
    "Headers": _HEADERS,
    "Attachments": _ATTACHMENTS,
}
_SENDER = {
    "FromEmailAddress": str,
    "ReplyToAddresses": [str],
    "FeedbackForwardingEmailAddress": str,
    "ConfigurationSetName": str,
}
_SHAPES: dict[str, dict[str, Any]] = {
    "SendEmail": {
        **_SENDER,
        "Destination": _DESTINATION,
        "EmailTags": _TAGS,
        "Content": {
            "Simple": {
                "Subject": _TEXT,
                "Body": {"Text": _TEXT, "Html": _TEXT},
                "Headers": _HEADERS,
                "Attachments": _ATTACHMENTS,
            },
            "Raw": {"Data": str},
            "Template": _TEMPLATE,
        },
    },
    "SendBulkEmail": {
        **_SENDER,
        "DefaultEmailTags": _TAGS,
        "DefaultContent": {"Template": _TEMPLATE},
        "BulkEmailEntries": [
            {
                "Destination": _DESTINATION,
                "ReplacementTags": _TAGS,
                "ReplacementEmailContent": {
                    "ReplacementTemplate": {"ReplacementTemplateData": str}
                },
                "ReplacementHeaders": _HEADERS,
            }
        ],
    },
    "PutAccountSendingAttributes": {"SendingEnabled": bool},
    "PutSuppressedDestination": {"EmailAddress": str, "Reason": str},
    "ListEmailIdentities": {"NextToken": str, "PageSize": int},
    "BatchGetMetricData": {
        "Queries": [
            {"Id": str, "Namespace": str, "Metric": str, "StartDate": float, "EndDate": float}
        ]
    },
}
_TARGETS = {str: "String", bool: "Boolean", int: "Integer", float: "Double"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something in a document has another type than its shape says."""

    text: str


def shape_of(operation: str) -> Shape | None:
    """The shape of an operation's document; None where it has none."""
    return _SHAPES.get(operation)


def fitted(value: Any, shape: Shape) -> Any:
    """The value without what the shape does not have; a `Misfit` where it does not fit."""
    if isinstance(shape, dict):
        return _structure(value, shape)
    if isinstance(shape, list):
        return _list(value, shape[0])
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, shape) and (shape is bool or not isinstance(value, bool)):
        return value
    if shape is float and is_number:
        return value
    return Misfit(_unexpected(value, _TARGETS[shape]))


def _structure(value: Any, shape: dict[str, Any]) -> Any:
    if not isinstance(value, dict):
        return Misfit(_unexpected(value, "structure"))
    found = {}
    for name, member in shape.items():
        if value.get(name) is not None:
            fitting = fitted(value[name], member)
            if isinstance(fitting, Misfit):
                return fitting
            found[name] = fitting
    return found


def _list(value: Any, member: Shape) -> Any:
    if not isinstance(value, list):
        return Misfit(_unexpected(value, "list"))
    found = [fitted(each, member) for each in value]
    return next((each for each in found if isinstance(each, Misfit)), found)


def _unexpected(value: Any, wanted: str) -> str:
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected"
    kinds = {str: "STRING_VALUE", bool: f"{str(value).upper()}_VALUE", type(None): "NULL_VALUE"}
    if wanted in {"structure", "list"}:
        return "Unexpected field type"
    return f"{kinds.get(type(value), 'NUMBER_VALUE')} can not be converted to a {wanted}"
