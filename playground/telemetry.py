"""What ADK notes of a turn for OpenTelemetry: all that it does by itself if anybody listens; otherwise little, as noting costs too."""

from __future__ import annotations

import os
from functools import cache

from google.adk.models import LlmRequest
from google.adk.telemetry.context import TelemetryConfig
from google.adk.telemetry.setup import maybe_set_otel_providers
from google.genai import types
from opentelemetry import metrics, trace
from opentelemetry._logs import get_logger_provider
from opentelemetry._logs._internal import ProxyLoggerProvider
from opentelemetry.metrics._internal import _ProxyMeterProvider
from opentelemetry.trace import ProxyTracerProvider

# 40% of a turn at 1,000 events, and nobody asked to have conversations in spans. ADK reads it at every turn.
os.environ.setdefault("ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS", "false")

_TERSE = TelemetryConfig(genai_semconv_stability_opt_in="stable")  # the newer form copies all chunks at each chunk


@cache
def set_up_telemetry() -> None:
    """Send ADK's traces and the meetings' metrics where OTEL_EXPORTER_OTLP_ENDPOINT says, if it says so; once a process."""
    maybe_set_otel_providers()


def _somebody_listens() -> bool:
    providers = (trace.get_tracer_provider(), get_logger_provider(), metrics.get_meter_provider())
    return not all(isinstance(provider, ProxyTracerProvider | ProxyLoggerProvider | _ProxyMeterProvider) for provider in providers)


def telemetry_of_turn() -> TelemetryConfig | None:
    """Return what ADK is to note of a turn: its default if anybody listens; otherwise little, which saves a tenth of each chunk's work."""
    return None if _somebody_listens() else _TERSE


class _Kept(list[types.Content]):
    """Stands, empty, in the place of a request's contents."""

    def __init__(self, contents: list[types.Content]) -> None:
        super().__init__()
        self.contents = contents


def kept_from_telemetry(request: LlmRequest) -> list[types.Content]:
    """Take a request's contents out of it, unless somebody listens; who calls puts them back before the model's first step.

    ADK makes a record of each content between its call of the model and that step, whether or not anybody listens: at 5,000 events
    four fifths of a turn. A request that another stream has taken them out of, and has not put them back, has them all the same.
    """
    contents = request.contents.contents if isinstance(request.contents, _Kept) else request.contents
    if not _somebody_listens():
        request.contents = _Kept(contents)
    return contents
