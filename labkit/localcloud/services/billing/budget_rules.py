"""What a budget must be like. Source: the comments of google/cloud/billing/budgets/v1/budget_model.proto."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from labkit.localcloud.errors import ApiError

_LONGEST_NAME = 60
_MOST_CHANNELS = 5
_SCHEMA_VERSION = "1.0"
_TOPIC = re.compile(r"projects/[^/]+/topics/[^/]+")
_CHANNEL = re.compile(r"projects/[^/]+/notificationChannels/[^/]+")


def violations(budget: Any, currency: str) -> Iterator[ApiError]:
    """INVALID_ARGUMENT for each rule that is broken, each naming its field; `currency` is the account's."""
    if len(budget.display_name) > _LONGEST_NAME:
        yield _invalid(
            "display_name", f"has {len(budget.display_name)} characters; at most {_LONGEST_NAME} are allowed"
        )
    yield from _amount(budget, currency)
    for index, rule in enumerate(budget.threshold_rules):
        yield from _threshold(budget, index, rule)
    yield from _filter(budget.budget_filter)
    yield from _notifications(budget)


def _amount(budget: Any, currency: str) -> Iterator[ApiError]:
    kind = budget.amount.WhichOneof("budget_amount")
    if kind is None:
        yield _invalid("amount", "is required: set specified_amount or last_period_amount")
    elif kind == "last_period_amount" and budget.budget_filter.WhichOneof("usage_period") == "custom_period":
        yield _invalid("amount.last_period_amount", "cannot be set together with a custom period")
    elif kind == "specified_amount":
        money = budget.amount.specified_amount
        if money.currency_code not in {"", currency}:
            yield _invalid(
                "amount.specified_amount.currency_code", f"is {money.currency_code}; the account has {currency}"
            )
        if money.units < 0 or money.nanos < 0:
            yield _invalid("amount.specified_amount", "is negative")


def _threshold(budget: Any, index: int, rule: Any) -> Iterator[ApiError]:
    field = f"threshold_rules[{index}]"
    if not rule.threshold_percent >= 0:  # Also for NaN.
        yield _invalid(f"{field}.threshold_percent", f"is {rule.threshold_percent}; 0.5 means half of the amount")
    forecast = rule.Basis.Value("FORECASTED_SPEND")
    if rule.spend_basis == forecast and budget.budget_filter.WhichOneof("usage_period") == "custom_period":
        yield _invalid(f"{field}.spend_basis", "cannot be FORECASTED_SPEND for a custom period")


def _filter(given: Any) -> Iterator[ApiError]:
    specified = given.CreditTypesTreatment.Value("INCLUDE_SPECIFIED_CREDITS")
    if given.credit_types and given.credit_types_treatment != specified:
        yield _invalid("budget_filter.credit_types", "needs credit_types_treatment INCLUDE_SPECIFIED_CREDITS")
    if given.credit_types_treatment == specified and not given.credit_types:
        yield _invalid("budget_filter.credit_types", "is empty, and the treatment is INCLUDE_SPECIFIED_CREDITS")
    if len(given.labels) > 1 or any(len(values.values) != 1 for values in given.labels.values()):
        yield _invalid("budget_filter.labels", "may hold one label with one value")
    if given.WhichOneof("usage_period") == "custom_period" and not given.custom_period.HasField("start_date"):
        yield _invalid("budget_filter.custom_period.start_date", "is required")


def _notifications(budget: Any) -> Iterator[ApiError]:
    rule = budget.notifications_rule
    if rule.pubsub_topic and not _TOPIC.fullmatch(rule.pubsub_topic):
        yield _invalid("notifications_rule.pubsub_topic", "is not projects/PROJECT/topics/TOPIC")
    if rule.pubsub_topic and rule.schema_version != _SCHEMA_VERSION:
        yield _invalid("notifications_rule.schema_version", f"must be {_SCHEMA_VERSION!r} where a topic is set")
    if len(rule.monitoring_notification_channels) > _MOST_CHANNELS:
        yield _invalid("notifications_rule.monitoring_notification_channels", f"has more than {_MOST_CHANNELS} entries")
    if not all(_CHANNEL.fullmatch(channel) for channel in rule.monitoring_notification_channels):
        yield _invalid(
            "notifications_rule.monitoring_notification_channels", "are not projects/PROJECT/notificationChannels/ID"
        )


def _invalid(field: str, problem: str) -> ApiError:
    return ApiError.invalid(f"budget.{field} {problem}.", field=f"budget.{field}")
