"""One conversation of mini-swe-agent with a model that litellm reaches. The only module that imports either.

The agent's loop is mini-swe-agent's own. Its model and its environment are replaced through their protocols: the model
so that every request is accounted for and asked again with patience, the environment so that commands run in `Shell`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

# Before the imports: without these litellm fetches prices from the network, and mini-swe-agent prints a banner.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("MSWEA_SILENT_STARTUP", "1")

import litellm
import openai
from minisweagent.agents.default import DefaultAgent
from minisweagent.exceptions import FormatError, LimitsExceeded, Submitted
from minisweagent.models.utils.actions_toolcall import (
    BASH_TOOL,
    format_toolcall_observation_messages,
    parse_toolcall_actions,
)
from minisweagent.models.utils.cache_control import set_cache_control

from noctule.evals.errors import ModelFailed, WrongAccounts
from noctule.evals.solvers.agent_retry import Fault, Patience, patiently, seconds_of
from noctule.evals.solvers.agent_shell import Outcome, Shell
from noctule.evals.solvers.agent_usage import OK, Account, Prices, Request, Usage

litellm.suppress_debug_info = True  # it prints advice on standard output
litellm.telemetry = False
litellm.disable_hf_tokenizer_download = True  # else it asks huggingface.co how to count what a provider does not
litellm.drop_params = True

Completion: TypeAlias = Any
"""litellm's ModelResponse; an extra that is absent has no types."""

SYSTEM = "You are a programmer who works in a repository through a shell."
SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
OBSERVATION = """\
[Step {{step}}/{{steps}}]
{% if output.exception_info %}<exception>{{output.exception_info}}</exception>
{% endif %}<returncode>{{output.returncode}}</returncode>
<output>
{{output.output}}</output>"""
FORMAT_ERROR = (
    """\
[Step {{step}}/{{steps}}]
Your last answer could not be carried out: {{error}}
Answer with a call of the tool "bash", with {"command": "..."} as its arguments. To end, run: echo """
    + SUBMIT
)
GO_ON = "You have {left:,} tokens left. Look over your changes again, improve them, and submit when that is done."
PASSING_STATUS = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Provider:
    """How a model is reached, and what it costs where litellm does not know."""

    model: str
    api_base: str | None = None
    request_timeout_s: float = 600.0
    prices: Prices | None = None
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a conversation ended: "Submitted", "LimitsExceeded" or mini-swe-agent's other words for it."""

    status: str
    steps: int
    commands: tuple[str, ...]
    account: Account


class Model:
    """mini-swe-agent's protocol of a model, over litellm; `heard` is told of every request."""

    def __init__(
        self,
        provider: Provider,
        steps: int,
        heard: Callable[[Request], None],
        labels: tuple[str, str],
        budget_tokens: int | None,
    ) -> None:
        self.config = provider
        self.requests: list[Request] = []
        self._most_steps = steps
        self._heard = heard
        self._labels = labels
        self._budget_tokens = budget_tokens
        self._step = 0

    @property
    def steps(self) -> int:
        """How many steps were asked for."""
        return self._step

    @property
    def tokens_left(self) -> int | None:
        """How many tokens may still be spent; None without a budget."""
        if self._budget_tokens is None:
            return None
        return max(0, self._budget_tokens - Account.of(self.requests).usage.tokens)

    def query(self, messages: list[dict[str, Any]], **_: object) -> dict[str, Any]:
        """Ask for the next step. ModelFailed."""
        if self.tokens_left == 0:
            extra = {"exit_status": "BudgetSpent", "submission": ""}
            raise LimitsExceeded({"role": "exit", "content": "BudgetSpent", "extra": extra})
        self._step += 1
        try:
            response = patiently(lambda n: self._ask(messages, n), self.config.patience, time.sleep)
        except Fault as fault:
            account = Account.of(self.requests)
            raise ModelFailed(f"{self.config.model} gave no answer: {fault}; spent: {account}") from fault
        choice, usage = response.choices[0], self.requests[-1].usage
        calls = choice.message.tool_calls or []
        told = {"finish_reason": choice.finish_reason, "step": self._step, "steps": self._most_steps}
        try:
            actions = parse_toolcall_actions(calls, format_error_template=FORMAT_ERROR, template_kwargs=told)
        except FormatError as error:
            error.messages[0]["extra"]["usage"] = usage
            raise
        return {**choice.message.model_dump(), "extra": {"actions": actions, "usage": usage, "cost": 0.0}}

    def _ask(self, messages: Sequence[Mapping[str, Any]], attempt: int) -> Completion:
        """Send one request and account for it, whatever comes of it. Fault."""
        sent: list[Any] = [{k: v for k, v in message.items() if k != "extra"} for message in messages]
        if any(name in self.config.model.lower() for name in ("anthropic", "claude")):
            sent = set_cache_control(sent, mode="default_end")  # others cache unasked
        started = time.perf_counter()
        try:
            response = litellm.completion(
                model=self.config.model,
                messages=sent,
                tools=[BASH_TOOL],
                api_base=self.config.api_base,
                timeout=self.config.request_timeout_s,
                num_retries=0,  # asking again is ours, so that it is counted
                max_retries=0,
            )
        except openai.OpenAIError as error:  # litellm's own errors are among them
            fault = fault_of(error)
            self._account(attempt, fault.kind, time.perf_counter() - started)
            raise fault from error
        seconds = time.perf_counter() - started
        told = getattr(response, "usage", None)
        usage = Usage.of(told.model_dump() if told is not None else None)
        dollars = None if usage is None else self._dollars(response, usage)
        if not response.choices:
            self._account(attempt, "empty answer", seconds, usage, dollars)
            raise Fault("empty answer", "no choice is in it", passing=True)
        self._account(attempt, OK, seconds, usage, dollars)
        return response

    def _dollars(self, response: Completion, usage: Usage) -> float | None:
        if self.config.prices is not None:
            return self.config.prices.dollars(usage)
        model = self.config.model
        if model not in litellm.model_cost and model.partition("/")[2] not in litellm.model_cost:
            return None
        return float(litellm.completion_cost(response, model=model))

    def _account(
        self, attempt: int, status: str, seconds: float, usage: Usage | None = None, dollars: float | None = None
    ) -> None:
        request = Request(*self._labels, self._step, attempt, status, round(seconds, 4), usage, dollars)
        self.requests.append(request)
        self._heard(request)

    def format_message(self, **kwargs: object) -> dict[str, Any]:
        """Return a message as it is."""
        return kwargs

    def format_observation_messages(
        self,
        message: Mapping[str, Any],
        outputs: list[dict[str, Any]],
        _variables: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """Return what commands printed, each under the number of the step."""
        found: list[dict[str, Any]] = format_toolcall_observation_messages(
            actions=message.get("extra", {}).get("actions", []),
            outputs=outputs,
            observation_template=OBSERVATION,
            template_vars={"step": self._step, "steps": self._most_steps},
        )
        return found

    def get_template_vars(self, **_: object) -> dict[str, Any]:
        """Return nothing: what is said is worked out elsewhere."""
        return {}

    def serialize(self) -> dict[str, Any]:
        """Return what the kept conversation says of the model."""
        return {"info": {"config": {"model": self.config.model}}}


class Environment:
    """mini-swe-agent's protocol of an environment, over a `Shell`."""

    def __init__(self, shell: Shell, tokens_left: Callable[[], int | None]) -> None:
        self.config = None
        self.commands: list[str] = []
        self._shell = shell
        self._tokens_left = tokens_left

    def execute(self, action: Mapping[str, Any], cwd: str = "") -> dict[str, Any]:  # noqa: ARG002 - the protocol's
        """Run a command. Submitted, unless there is a budget that has to be spent first."""
        command = str(action.get("command", ""))
        self.commands.append(command)
        outcome = self._shell.run(command)
        if not _submits(outcome):
            why = "" if outcome.status is not None else "the command ran out of time and was ended"
            status = -1 if outcome.status is None else outcome.status
            return {"output": outcome.output, "returncode": status, "exception_info": why}
        if left := self._tokens_left():
            return {"output": GO_ON.format(left=left), "returncode": 0, "exception_info": ""}
        raise Submitted({"role": "exit", "content": "", "extra": {"exit_status": "Submitted", "submission": ""}})

    def get_template_vars(self, **_: object) -> dict[str, Any]:
        """Return nothing: the environment's variables are nobody's business."""
        return {}

    def serialize(self) -> dict[str, Any]:
        """Return nothing."""
        return {}


def _submits(outcome: Outcome) -> bool:
    return outcome.status == 0 and outcome.output.lstrip().partition("\n")[0].strip() == SUBMIT


def converse(
    provider: Provider,
    shell: Shell,
    first: str,
    steps: int,
    heard: Callable[[Request], None],
    labels: tuple[str, str],
    keep: Path,
    budget_tokens: int | None = None,
) -> Ended:
    """Let an agent work until it submits or its steps or tokens are spent. ModelFailed; WrongAccounts.

    `labels` are the task and the arm, for the account; `keep` is the file for the conversation.
    """
    model = Model(provider, steps, heard, labels, budget_tokens)
    environment = Environment(shell, lambda: model.tokens_left)
    agent = DefaultAgent(
        model,
        environment,
        system_template=SYSTEM,
        instance_template="{{task}}",  # what the task says is no template
        step_limit=steps,
        cost_limit=0.0,
        output_path=None,
    )
    try:
        end = agent.run(first)
    finally:
        keep.parent.mkdir(parents=True, exist_ok=True)
        keep.write_text(_conversation(agent.messages), encoding="utf-8")
    account = Account.of(model.requests)
    check(model.requests, agent.messages)
    return Ended(str(end.get("exit_status", "")), model.steps, tuple(environment.commands), account)


def check(requests: Sequence[Request], messages: Sequence[Mapping[str, Any]]) -> None:
    """Hold the sum of the answered requests against what the conversation's answers say they cost. WrongAccounts.

    Requests that failed leave no message; what a provider has told of them is in the account all the same.
    """
    said = [m["extra"]["usage"] for m in messages if "usage" in m.get("extra", {})]
    total = sum((usage for usage in said if usage is not None), Usage())
    answered = [r for r in requests if r.status == OK]
    if len(said) != len(answered) or total != Account.of(answered).usage:
        raise WrongAccounts(f"{len(said)} answers of {total} stand against {Account.of(requests)}")


def fault_of(error: openai.OpenAIError) -> Fault:
    """Say what went wrong with a request, and whether asking again can help."""
    status = getattr(error, "status_code", None)
    headers = getattr(error, "litellm_response_headers", None) or {}
    code = int(status) if isinstance(status, int) else 500
    passing = code >= 500 or code in PASSING_STATUS
    kind = {408: "timeout", 429: "throttled"}.get(code, f"status {code}")
    return Fault(
        kind, str(error).split("\n")[0][:300], passing=passing, retry_after_s=seconds_of(headers.get("retry-after"))
    )


def _conversation(messages: Sequence[Mapping[str, Any]]) -> str:
    import json

    return "".join(json.dumps(message, default=str) + "\n" for message in messages)
