"""One conversation of mini-swe-agent with a model. The only module that imports mini-swe-agent.

The agent's loop is mini-swe-agent's own. Its model and its environment are replaced through their protocols: the model
so that requests go through the worker process of `indexer.llm` and each is accounted for, the environment so that
commands run in `Shell`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("MSWEA_SILENT_STARTUP", "1")  # before the imports: else it prints a banner

from minisweagent.agents.default import DefaultAgent
from minisweagent.exceptions import FormatError, LimitsExceeded, Submitted
from minisweagent.models.utils.actions_toolcall import (
    BASH_TOOL,
    format_toolcall_observation_messages,
    parse_toolcall_actions,
)

from noctule.evals.errors import ModelFailed, WrongAccounts
from noctule.evals.solvers.agent_shell import Commands, ShellOutcome
from noctule.evals.solvers.agent_usage import OK, Account, AgentRequest, parse_usage
from noctule.indexer.llm.client import GRACE_S, LIMIT_FACTOR
from noctule.indexer.llm.errors import ThinkingError
from noctule.indexer.llm.fault import classify_fault
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.messages import AskModel, ModelAnswer, ModelFault, ToolCall
from noctule.indexer.llm.retry import RetryPolicy, retry
from noctule.indexer.llm.settings import Choice, Prices
from noctule.indexer.llm.usage import Usage
from noctule.indexer.llm.worker_client import WorkerClient

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
MOST_OUTPUT = 8_192
"""So many tokens may one answer take: a command, and what the agent thinks about it."""


@dataclass(frozen=True, slots=True)
class AgentModel:
    """How a model is reached, when it is asked again, and what it costs where litellm does not know."""

    choice: Choice
    worker: WorkerClient
    key: Key
    retries: RetryPolicy
    prices: Prices | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a conversation ended: "Submitted", "LimitsExceeded" or mini-swe-agent's other words for it."""

    status: str
    steps: int
    commands: tuple[str, ...]
    account: Account


class RecordingModel:
    """mini-swe-agent's protocol of a model, over litellm; `heard` is told of every request."""

    def __init__(
        self,
        model: AgentModel,
        steps: int,
        heard: Callable[[AgentRequest], None],
        labels: tuple[str, str],
        budget_tokens: int | None,
    ) -> None:
        self.config = model
        self.requests: list[AgentRequest] = []
        self._stop = Event()
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
            answer = retry(lambda attempt: self._send(messages, attempt), self.config.retries, time.sleep)
        except ThinkingError as error:
            account = Account.of(self.requests)
            kind = f"{self.requests[-1].status}: " if self.requests else ""
            raise ModelFailed(f"{self.config.choice.think} gave no answer: {kind}{error}; spent: {account}") from error
        usage = self.requests[-1].usage
        told = {"finish_reason": answer.finish, "step": self._step, "steps": self._most_steps}
        try:
            actions = parse_toolcall_actions(
                [_as_object(call) for call in answer.calls],
                format_error_template=FORMAT_ERROR,
                template_kwargs=told,
            )
        except FormatError as error:
            error.messages[0]["extra"]["usage"] = usage
            raise
        return {**_parse_message(answer), "extra": {"actions": actions, "usage": usage, "cost": 0.0}}

    def _send(self, messages: Sequence[Mapping[str, Any]], attempt: int) -> ModelAnswer:
        """Send one request and account for it, whatever comes of it. Fault, NoModel."""
        choice = self.config.choice
        sent = [{k: v for k, v in message.items() if k != "extra"} for message in messages]
        limit_s = choice.timeout_s * LIMIT_FACTOR
        request = AskModel({"model": choice.think, "messages": sent, "tools": [BASH_TOOL]}, MOST_OUTPUT, limit_s)
        facts = self.config.worker.facts(choice.think, self._stop)  # the process is up before the clock runs
        if isinstance(facts, ModelFault):
            raise classify_fault(facts, self.config.key.secrets())
        started = time.perf_counter()
        answer = self.config.worker.ask(request, self._stop, limit_s + GRACE_S)
        seconds = round(time.perf_counter() - started, 4)
        usage = parse_usage(answer.usage)
        prices = self.config.prices or facts.prices
        dollars = None if usage is None or prices is None else prices.dollars(usage)
        record = AgentRequest(*self._labels, self._step, attempt, OK, seconds, usage, dollars)
        if isinstance(answer, ModelFault):
            fault = classify_fault(answer, self.config.key.secrets())
            self._keep(replace(record, status=fault.kind))
            raise fault
        self._keep(record)
        return answer

    def _keep(self, record: AgentRequest) -> None:
        self.requests.append(record)
        self._heard(record)

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
        return {"info": {"config": {"model": self.config.choice.think}}}


class Environment:
    """mini-swe-agent's protocol of an environment, over a `Shell`."""

    def __init__(self, shell: Commands, tokens_left: Callable[[], int | None]) -> None:
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


def _submits(outcome: ShellOutcome) -> bool:
    return outcome.status == 0 and outcome.output.lstrip().partition("\n")[0].strip() == SUBMIT


def converse(
    agent_model: AgentModel,
    shell: Commands,
    first: str,
    steps: int,
    heard: Callable[[AgentRequest], None],
    labels: tuple[str, str],
    keep: Path,
    budget_tokens: int | None = None,
) -> Ended:
    """Let an agent work until it submits or its steps or tokens are spent. ModelFailed; WrongAccounts.

    `labels` are the task and the arm, for the account; `keep` is the file for the conversation.
    """
    model = RecordingModel(agent_model, steps, heard, labels, budget_tokens)
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


def check(requests: Sequence[AgentRequest], messages: Sequence[Mapping[str, Any]]) -> None:
    """Hold the sum of the answered requests against what the conversation's answers say they cost. WrongAccounts.

    Requests that failed leave no message; what a provider has told of them is in the account all the same.
    """
    said = [m["extra"]["usage"] for m in messages if "usage" in m.get("extra", {})]
    total = sum((usage for usage in said if usage is not None), Usage())
    answered = [r for r in requests if r.status == OK]
    if len(said) != len(answered) or total != Account.of(answered).usage:
        raise WrongAccounts(f"{len(said)} answers of {total} stand against {Account.of(requests)}")


def _as_object(call: ToolCall) -> SimpleNamespace:
    """Return a call as mini-swe-agent reads it."""
    return SimpleNamespace(id=call.id, function=SimpleNamespace(name=call.name, arguments=call.text))


def _parse_message(answer: ModelAnswer) -> dict[str, Any]:
    """Return the message of the OpenAI protocol that an answer is in the conversation."""
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
        for call in answer.calls
    ]
    return {"role": "assistant", "content": answer.text, **({"tool_calls": calls} if calls else {})}


def _conversation(messages: Sequence[Mapping[str, Any]]) -> str:
    import json

    return "".join(json.dumps(message, default=str) + "\n" for message in messages)
