"""The process that talks to a provider, and the only module that imports litellm. Knows no budget and no repository.

It is asked by messages (`indexer.llm.messages`), the first of which holds the key, and answers each in whatever order
they get done. It asks once: asking again is up to whoever counts the cost. It ends with its parent, and is killed to
abandon what is under way.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from noctule.indexer.llm.messages import (
    Answer,
    AskFacts,
    AskModel,
    AskScores,
    Connection,
    FaultKind,
    ModelAnswer,
    ModelFacts,
    ModelFault,
    TextScores,
    ToolCall,
)
from noctule.indexer.llm.settings import Prices
from noctule.indexer.llm.usage import Usage
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.parent_pipe import ParentPipe

log = Log(__name__)
Foreign: TypeAlias = Any
"""What litellm gives; an extra that is absent has no types."""

MOST_BYTES_A_TOKEN = 8
SLACK_BYTES = 2_048
"""An answer that is longer than its tokens can be is cut off: a server need not keep to what it was asked."""
_PASSING = frozenset({408, 409, 425, 429})
_TOO_LONG = (
    "context length",
    "context_length",
    "context window",
    "context size",
    "maximum context",
    "too long",
    "too many tokens",
    "exceeds the available context",
    "prompt is longer",
    "input is longer",
    "reduce the length",
)
_REFUSED = ("content_filter", "refusal", "safety", "blocked")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_LOOPS = "repeating the same chunk"
_NO_PROVIDER = "LLM Provider NOT provided"
_NO_KEY = (
    "missing credentials",
    "missing anthropic api key",
    "api key is missing",
    "api_key client option must be set",
)
"""What libraries say, in lower case, that were given no key: litellm passes some of it on as a fault of the server."""


def main() -> None:
    """Serve the parent until it is gone: `worker PARENT`."""
    pipe = ParentPipe(int(sys.argv[1]), Connection, AskFacts, AskModel, AskScores)
    connection = pipe.receive()
    if not isinstance(connection, Connection):
        return
    if connection.address:
        _reach_only(connection.address)
    beginning = threading.Lock()

    @cache
    def start_provider() -> Provider:
        return Provider(_litellm(is_strict=connection.is_strict), connection)

    def provider() -> Provider:
        with beginning:
            return start_provider()

    # The import takes seconds, in which whoever asks must not be kept from asking: the pipe is always read.
    for request in pipe:
        if isinstance(request, AskFacts | AskModel | AskScores):
            threading.Thread(target=_answer, args=(provider, request, pipe), daemon=True).start()


def _answer(provider: Callable[[], Provider], request: AskFacts | AskModel | AskScores, pipe: ParentPipe) -> None:
    started = time.monotonic()
    answer: Answer
    try:
        match request:
            case AskFacts():
                answer = provider().facts(request.model)
            case AskModel():
                answer = provider().ask(request)
            case AskScores():
                answer = provider().score(request)
    except ImportError as error:
        answer = ModelFault("missing", str(error))
    except Exception as error:  # noqa: BLE001 - the outermost loop: litellm lets out errors of any kind
        answer = classify_fault(error)
    told = answer.kind if isinstance(answer, ModelFault) else type(answer).__name__
    log.info("answered", request=request.id, answer=told, seconds=time.monotonic() - started)
    try:
        pipe.send(replace(answer, id=request.id))
    except BrokenPipeError:
        os._exit(0)


def _litellm(*, is_strict: bool) -> Foreign:
    """Import litellm so that it opens no connection, reads no `.env` of any folder, and tells nobody of anything."""
    os.environ.update(
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS="True",
        LITELLM_LOCAL_BLOG_POSTS="True",
        LITELLM_MODE="PRODUCTION",
        HF_HUB_OFFLINE="1",
    )
    for name in ("LITELLM_LOG", "LITELLM_DEV_ENV_HOT_RELOAD"):
        os.environ.pop(name, None)
    import litellm

    litellm.suppress_debug_info = True
    litellm.drop_params = not is_strict
    litellm.num_retries = 0
    litellm.callbacks = litellm.input_callback = litellm.success_callback = litellm.failure_callback = []
    litellm.telemetry = False
    litellm.disable_hf_tokenizer_download = True  # to count what a provider does not, by the model's name
    return litellm


def _reach_only(address: str) -> None:
    """Let this process look up no host but the user's own and their proxies, whatever a library has in mind."""
    proxies = [value for name, value in os.environ.items() if name.lower() in _PROXIES]
    allowed = {urlsplit(place if "//" in place else f"//{place}").hostname for place in (address, *proxies)}

    def refuse(event: str, given: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo" and given[0] is not None:
            host = given[0].decode() if isinstance(given[0], bytes) else str(given[0])
            if host.lower().strip("[]") not in allowed:
                raise PermissionError(f"{host} is not the address of the model")

    sys.addaudithook(refuse)


class Provider:
    """Whoever answers, as litellm reaches them."""

    def __init__(self, library: Foreign, connection: Connection) -> None:
        self._library = library
        self._key = connection.key
        self._address = connection.address
        self._timeout_s = connection.timeout_s
        self._is_strict = connection.is_strict

    def facts(self, model: str) -> ModelFacts | ModelFault:
        """Say what is known of a model without asking anybody: its receiver, prices, and whether it reasons."""
        try:
            _, provider, _, base = self._library.get_llm_provider(model, api_base=self._address or None)
        except self._library.exceptions.BadRequestError as error:
            return classify_fault(error)
        entry = _entry(self._library.model_cost, model, provider)
        base = base or next(
            (b for n in ("API_BASE", "BASE_URL") if (b := os.environ.get(f"{provider.upper()}_{n}"))), ""
        )
        return ModelFacts(
            to=urlsplit(base).netloc.rpartition("@")[2] or provider,
            prices=_prices(entry, ""),
            steep=_prices(entry, "above"),
            reasons=bool(entry.get("supports_reasoning")),
            most_read=entry.get("max_input_tokens"),
        )

    def ask(self, request: AskModel) -> ModelAnswer | ModelFault:
        """Send one request and gather its answer, a piece at a time or in one."""
        given = {name: value for name, value in request.parts.items() if value is not None}
        took, heard = 0.0, time.monotonic()
        sent = self._parameters(given, request.most_output) if self._is_strict else {}
        if "claude" in given["model"].lower():
            # Other providers keep the beginning of a conversation unasked; this one reads it afresh each time.
            given["cache_control_injection_points"] = [{"location": "message", "index": -1}]
        answered = self._library.completion(
            **given,
            max_tokens=request.most_output,
            api_base=self._address or None,
            # With an address of the user's own, no other key than the one that is meant for it goes there.
            api_key=self._key or ("none" if self._address else None),
            timeout=self._timeout_s,
            num_retries=0,
            max_retries=0,
        )
        answer = Gathered(request.most_output * MOST_BYTES_A_TOKEN + SLACK_BYTES)
        if not given.get("stream"):
            answer.take(answered)
            return answer.result(sent)
        try:
            for piece in answered:
                took += min(time.monotonic() - heard, self._timeout_s)  # more is time in which this process was stopped
                heard = time.monotonic()
                if not answer.take(piece) or took > request.limit_s:
                    break
        except Exception as error:  # noqa: BLE001 - as in `_answer`; what came before it has to be counted
            return replace(classify_fault(error, begun=True), got_bytes=answer.got_bytes, usage=answer.usage)
        finally:
            _close(answered)
        return answer.result(sent)

    def score(self, request: AskScores) -> TextScores | ModelFault:
        """Have a text repeated with its probabilities; one more token is asked for, since some servers refuse none."""
        provider, _, name = request.model.rpartition("/")
        answered = self._library.text_completion(
            model=f"text-completion-openai/{name}" if provider in ("", "openai") else request.model,
            prompt=request.text,
            echo=True,
            logprobs=1,
            max_tokens=1,
            temperature=0,
            api_base=self._address or None,
            api_key=self._key or ("none" if self._address else None),
            timeout=self._timeout_s,
            num_retries=0,
            max_retries=0,
        )
        told = getattr(answered.choices[0], "logprobs", None)
        tokens, logprobs = (getattr(told, name, None) or () for name in ("tokens", "token_logprobs"))
        usage = getattr(answered, "usage", None)
        return TextScores(tuple(map(str, tokens)), tuple(logprobs), None if usage is None else _usage(usage))

    def _parameters(self, given: Mapping[str, Any], most_output: int) -> dict[str, Any]:
        """Return what a request asks of the provider beside its messages, in the words that the provider gets."""
        name, provider, _, _ = self._library.get_llm_provider(given["model"], api_base=self._address or None)
        asked = {k: v for k, v in given.items() if k in ("temperature", "reasoning_effort", "thinking")}
        told = self._library.utils.get_optional_params(
            model=name, custom_llm_provider=provider, max_tokens=most_output, **asked
        )
        return {k: v for k, v in told.items() if v is not None and v is not False and v != {}}


class Gathered:
    """An answer as it arrives."""

    def __init__(self, most_bytes: int) -> None:
        self.got_bytes = 0
        self.usage: Usage | None = None
        self._most_bytes = most_bytes
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, dict[str, str]] = {}
        self._finish = ""

    def take(self, piece: Foreign) -> bool:
        """Add a piece; False where the answer is longer than it may be."""
        told = getattr(piece, "usage", None)
        if told is not None:
            self.usage = _usage(told)
        for choice in (getattr(piece, "choices", None) or [])[:1]:
            self._finish = getattr(choice, "finish_reason", None) or self._finish
            delta = getattr(choice, "delta", None) or getattr(choice, "message", None)
            if delta is None:
                continue
            self._add(self._text, getattr(delta, "content", None))
            self._add(self._refusal, _refusal(delta))
            self.got_bytes += len((getattr(delta, "reasoning_content", None) or "").encode())
            for call in getattr(delta, "tool_calls", None) or []:
                self._add_call(call)
        return self.got_bytes <= self._most_bytes

    def _add(self, parts: list[str], text: object) -> None:
        if isinstance(text, str) and text:
            parts.append(text)
            self.got_bytes += len(text.encode("utf-8", "surrogatepass"))

    def _add_call(self, call: Foreign) -> None:
        index = getattr(call, "index", None)
        known = self._calls.setdefault(len(self._calls) if index is None else index, {"id": "", "name": "", "text": ""})
        known["id"] = getattr(call, "id", None) or known["id"]
        function = getattr(call, "function", None)
        known["name"] += getattr(function, "name", None) or ""
        part = getattr(function, "arguments", None) or ""
        known["text"] += part
        self.got_bytes += len(part.encode("utf-8", "surrogatepass"))

    def result(self, sent: Mapping[str, Any] = {}) -> ModelAnswer | ModelFault:
        """Return the whole answer, or what is wrong with it."""
        if self.got_bytes > self._most_bytes:
            self._finish = "length"
        if self._refusal or self._finish in _REFUSED:
            return self._fault("declined", "".join(self._refusal)[:200] or "the provider withheld the answer")
        if not self._text and not self._calls:
            return self._fault("empty", "the answer is empty" if self._finish else "the answer ended before it began")
        if not self._finish:
            return self._fault("cut", "the answer broke off")
        finish = {"tool_calls": "tool calls", "function_call": "tool calls", "length": "length"}.get(
            self._finish, "stop"
        )
        if self._calls and finish == "stop":
            finish = "tool calls"
        calls = tuple(ToolCall(**self._calls[index]) for index in sorted(self._calls))
        return ModelAnswer("".join(self._text), calls, finish, self.got_bytes, self.usage, sent)

    def _fault(self, kind: FaultKind, text: str) -> ModelFault:
        finish = self._finish if kind == "empty" else ""
        return ModelFault(kind, text, billed=True, finish=finish, got_bytes=self.got_bytes, usage=self.usage)


def classify_fault(error: Exception, *, begun: bool = False) -> ModelFault:
    """Say what went wrong with a request, whether asking again can help, and whether it may have been billed.

    `begun`: the answer had begun, or what was sent was taken at least.
    """
    import openai  # litellm's own errors are openai's

    name, text = type(error).__name__, str(error)
    status = getattr(error, "status_code", None)
    code = status if isinstance(status, int) else 0
    lost = _connection_loss(error)
    billed = begun or isinstance(error, openai.APITimeoutError) or lost in ("late", "cut")
    fault = ModelFault("unreachable", text or name, code, billed, _after(error))
    said = f"{text} {getattr(error, 'code', '')} {getattr(error, 'body', '')}".lower()
    if name == "ContextWindowExceededError" or (code in (0, 400, 413, 422, 500) and any(w in said for w in _TOO_LONG)):
        return replace(fault, kind="too long", billed=begun)
    if name == "ContentPolicyViolationError":
        return replace(fault, kind="declined")
    if _LOOPS in said:
        return replace(fault, kind="loops")
    if any(words in said for words in _NO_KEY):
        return replace(fault, kind="rejected", status=401, text="no key was given for it", billed=False)
    if lost in ("late", "unsent"):
        return fault
    if begun or lost == "cut" or not isinstance(error, openai.OpenAIError):
        return replace(fault, kind="cut", text=text if isinstance(error, openai.OpenAIError) else f"{name}: {text}")
    if 400 <= code < 500 and code not in _PASSING:
        advice = "the model's name lacks its provider, as in 'openai/NAME'"
        return replace(fault, kind="rejected", text=advice if _NO_PROVIDER in text else text)
    return fault


def _connection_loss(error: BaseException | None) -> str:
    """Say how a connection was lost on the way: "unsent", "late" or "cut"; an empty string where it was not."""
    import httpx

    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
            return "unsent"
        if isinstance(error, httpx.TimeoutException):
            return "late"
        if isinstance(error, httpx.TransportError):
            return "cut"
        error, seen = error.__cause__ or error.__context__, seen + 1
    return ""


def _entry(table: Mapping[str, Any], model: str, provider: str) -> Mapping[str, Any]:
    """Return what litellm's table says of a model, under its whole name or, of the same provider, under its own."""
    short = model.partition("/")[2]
    for name in (model, f"{provider}/{short}", short):
        entry = table.get(name)
        if isinstance(entry, dict) and (name != short or entry.get("litellm_provider") == provider):
            return entry
    return {}


def _after(error: Exception) -> str:
    """Return what Retry-After says, as the provider worded it."""
    headers = getattr(error, "litellm_response_headers", None)
    if not headers:
        headers = getattr(getattr(error, "response", None), "headers", None)
    return str((headers or {}).get("retry-after") or "")


def _prices(entry: Mapping[str, Any], tier: str) -> Prices | None:
    """Return the prices of litellm's table; `tier` "above": what they become for the longest requests."""

    def price(name: str) -> float | None:
        figures = [entry.get(name)]
        if tier:
            figures += [v for n, v in entry.items() if n.startswith(f"{name}_above_") and n.endswith("k_tokens")]
        return max((float(f) for f in figures if isinstance(f, int | float)), default=None)

    read, written = price("input_cost_per_token"), price("output_cost_per_token")
    if read is None or written is None:
        return None
    cached, kept = price("cache_read_input_token_cost"), price("cache_creation_input_token_cost")
    reasoned = price("output_cost_per_reasoning_token") or 0.0
    each = read, read if cached is None else cached, read if kept is None else kept, max(written, reasoned)
    return Prices(*(1e6 * price for price in each))


def _usage(told: Foreign) -> Usage:
    """Return what a provider tells of tokens; what is no number counts as not told."""
    of_prompt = getattr(told, "prompt_tokens_details", None)
    of_answer = getattr(told, "completion_tokens_details", None)
    figures = {
        "read": getattr(told, "prompt_tokens", None),
        "written": getattr(told, "completion_tokens", None),
        "cached": getattr(of_prompt, "cached_tokens", None),
        "kept": getattr(of_prompt, "cache_creation_tokens", None) or getattr(told, "cache_creation_input_tokens", None),
        "reasoned": getattr(of_answer, "reasoning_tokens", None),
    }
    return Usage(**{name: int(figure) if isinstance(figure, int | float) else 0 for name, figure in figures.items()})


def _refusal(delta: Foreign) -> object:
    of_provider = getattr(delta, "provider_specific_fields", None)
    return getattr(delta, "refusal", None) or (of_provider.get("refusal") if isinstance(of_provider, dict) else None)


def _close(pieces: Foreign) -> None:
    """Hang up, so that the provider stops writing what nobody reads."""
    stream = getattr(pieces, "completion_stream", None)
    for part in (stream, getattr(stream, "response", None)):
        close = getattr(part, "close", None)
        if callable(close):
            close()
            return
