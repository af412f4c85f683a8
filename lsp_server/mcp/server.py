"""The server that any transport serves: protocol requests in, questions to the repository, their replies out.

Which revision of the protocol a client speaks is the SDK's business: the same handlers answer all of them.

NoctuleError
└── RootsWanted     the client has to send its roots and ask again; becomes a question of the protocol
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import mcp_types as types
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata

from noctule import __version__
from noctule.indexer.errors import NoctuleError
from noctule.indexer.serve.usage import record_serving
from noctule.lsp_server.mcp import reply, resources
from noctule.lsp_server.mcp.agent_clients import is_program
from noctule.lsp_server.mcp.arguments import LONGEST_TASK, Arguments
from noctule.lsp_server.mcp.calls import CALLS
from noctule.lsp_server.mcp.failures import explain, failure_text
from noctule.lsp_server.mcp.learner import Learner, NothingKnown, is_from_parts
from noctule.lsp_server.mcp.offers import LISTS, NUMBERS, PROMPT
from noctule.lsp_server.mcp.tools import INSTRUCTIONS, NAMED

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.mcp.reply import Numbers, ToolReply
    from noctule.lsp_server.mcp.roots import Places
    from noctule.lsp_server.mcp.workspace_learner import WorkspaceLearner

    Context = ServerRequestContext[Any, Any]

T = TypeVar("T")

ROOTS_WITHIN_S = 5.0
STATUS = "status"
"""A tool of earlier versions, which clients call by name: a resource now, and in no list."""
_ROOTS = "roots"
_ROOTS_WANTED = types.InputRequiredResult(input_requests={_ROOTS: types.ListRootsRequest()})


def make_server(places: Places) -> Server[Any]:
    """Return the server of one process."""
    face = McpFace(places)
    return Server(
        "noctule",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=face.list_tools,
        on_call_tool=face.call_tool,
        on_list_resources=face.list_resources,
        on_list_resource_templates=face.list_templates,
        on_read_resource=face.read_resource,
        on_list_prompts=face.list_prompts,
        on_get_prompt=face.get_prompt,
    )


def listed_tools() -> types.ListToolsResult:
    """Return the tools as a client lists them."""
    return types.ListToolsResult.model_validate(LISTS["tools/list"])


class RootsWanted(NoctuleError):
    """The client has to send its roots and ask again; nothing was looked up."""

    def __init__(self) -> None:
        super().__init__("the client has not sent its roots")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the context of a request, and its parameters where an answer to a question of ours may be in them."""

    ctx: Context
    params: types.InputResponseRequestParams | None = None


class McpFace:
    """What each request comes to."""

    def __init__(self, places: Places) -> None:
        self._places = places

    # Tools

    async def list_tools(self, _ctx: Context, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        """Name the tools."""
        return listed_tools()

    async def call_tool(
        self, ctx: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Answer a call; what goes wrong is said to the agent, with what to do next."""
        if params.name not in NAMED and params.name != STATUS:
            raise MCPError(types.INVALID_PARAMS, f"unknown tool {params.name[:80]!r}; the tools are {', '.join(NAMED)}")
        try:
            if params.name == STATUS:
                status = await self._status(Asker(ctx, params))
                return types.CallToolResult(
                    content=[_content(str(status.get("text", "")))], structured_content=dict(status)
                )
            said = await self._reply(Asker(ctx, params), params.name, params.arguments or {})
        except RootsWanted:
            return _ROOTS_WANTED
        except Exception as error:  # noqa: BLE001 - the outermost loop of a request: its text may quote a repository
            return types.CallToolResult(content=[_content(failure_text(error))], is_error=True)
        parts = said.structured if _is_program(ctx) else None
        return types.CallToolResult(
            content=[_content(said.text)], structured_content=parts, _meta={NUMBERS: said.numbers}
        )

    async def _reply(self, asker: Asker, name: str, given: Mapping[str, object]) -> ToolReply:
        arguments = Arguments(NAMED[name], given)
        learner = await self._learner(asker)
        if not isinstance(learner, Learner):
            return await asyncio.to_thread(learner.call, name, arguments)
        relayed = await asyncio.to_thread(learner.relay, name, given)
        if relayed is not None:
            return relayed
        try:
            served = await _await_answer(learner, CALLS[name](arguments, learner.learning))
        except NothingKnown as nothing:
            return await asyncio.to_thread(learner.answer_unknown, name, arguments, nothing)
        learner.note(lambda repository: record_serving(repository, served.answer, served.took_ms))
        if not is_from_parts(served):
            return served.reply
        return await asyncio.to_thread(learner.choose_reply, name, arguments, served)

    # Resources

    async def list_resources(
        self, _ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """Name what is about the whole repository."""
        return types.ListResourcesResult.model_validate(LISTS["resources/list"])

    async def list_templates(
        self, _ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """Say how notes are addressed."""
        return types.ListResourceTemplatesResult.model_validate(LISTS["resources/templates/list"])

    async def read_resource(
        self, ctx: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult | types.InputRequiredResult:
        """Return all that is known about a subject, or how much is known."""
        address, asker = str(params.uri), Asker(ctx, params)
        kind = "application/json" if address == resources.STATUS else "text/plain"
        try:
            if address == resources.STATUS:
                text = json.dumps(await self._status(asker), ensure_ascii=False)
            else:
                text = await self._note(asker, address)
        except RootsWanted:
            return _ROOTS_WANTED
        except NothingKnown as nothing:
            text = reply.of_nothing(nothing.learning).text
        except NoctuleError as error:
            raise MCPError(types.INVALID_PARAMS, explain(error)) from error
        contents = types.TextResourceContents(uri=address, mime_type=kind, text=text)
        return types.ReadResourceResult(contents=[contents])

    async def _note(self, asker: Asker, address: str) -> str:
        subject = resources.address_to_subject(address)
        learner = await self._learner(asker)
        if not isinstance(learner, Learner):
            return await asyncio.to_thread(learner.describe, subject)
        return reply.of_resource(await _await_answer(learner, lambda repository: repository.notes(subject)))

    async def _status(self, asker: Asker) -> Numbers:
        learner = await self._learner(asker)
        if not isinstance(learner, Learner):
            return await asyncio.to_thread(learner.status)
        learning = learner.learning(await asyncio.wrap_future(learner.freshness()))
        status = await asyncio.wrap_future(learner.status())
        return reply.of_status(status, learning, time.time())

    # Prompts

    async def list_prompts(
        self, _ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """Name the prompt."""
        return types.ListPromptsResult.model_validate(LISTS["prompts/list"])

    async def get_prompt(
        self, ctx: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult | types.InputRequiredResult:
        """Return a task with the pack for it below."""
        if params.name != PROMPT:
            raise MCPError(types.INVALID_PARAMS, f"unknown prompt {params.name[:80]!r}; the prompt is {PROMPT}")
        arguments = _within_protocol(lambda: Arguments(NAMED["context"], params.arguments or {}))
        task = _within_protocol(lambda: arguments.text("task", LONGEST_TASK))
        try:
            text = (await self._answer(Asker(ctx, params), arguments)).text
        except RootsWanted:
            return _ROOTS_WANTED
        except NothingKnown as nothing:
            text = reply.of_nothing(nothing.learning).text
        except NoctuleError as error:
            raise MCPError(types.INVALID_PARAMS, explain(error)) from error
        message = types.PromptMessage(role="user", content=_content(f"{task}\n\n{text}"))
        return types.GetPromptResult(messages=[message])

    # The repository

    async def _answer(self, asker: Asker, arguments: Arguments) -> ToolReply:
        """Answer a task without a record of it."""
        learner = await self._learner(asker)
        if not isinstance(learner, Learner):
            return await asyncio.to_thread(learner.call, "context", arguments)
        return (await _await_answer(learner, CALLS["context"](arguments, learner.learning))).reply

    async def _learner(self, asker: Asker) -> Learner | WorkspaceLearner:
        return await self._places.learner(lambda: _roots(asker))


async def _await_answer(learner: Learner, question: Callable[[Repository], T]) -> T:
    """Wait for the answer; who stops waiting takes back a question whose turn has not come."""
    return await asyncio.wrap_future(learner.ask(question))


async def _roots(asker: Asker) -> list[str]:
    """Return the client's roots, if it has said that it has any. RootsWanted."""
    session = asker.ctx.session
    capabilities = session.client_capabilities
    if capabilities is None or capabilities.roots is None:
        return []
    if not session.can_send_request:
        return _request_roots(asker)
    try:
        found = await session.send_request(
            types.ListRootsRequest(),
            types.ListRootsResult,
            request_read_timeout_seconds=ROOTS_WITHIN_S,
            metadata=ServerMessageMetadata(related_request_id=asker.ctx.request_id),
        )
    except MCPError:  # it refuses, or does not answer in time
        return []
    return [str(root.uri) for root in found.roots]


def _request_roots(asker: Asker) -> list[str]:
    """Return the roots that came with a request: from 2026-07-28 on a server asks by its answer. RootsWanted."""
    if asker.params is None:
        return []  # a request of this kind cannot be answered by a question
    answers = asker.params.input_responses
    if answers is None:
        raise RootsWanted
    found = answers.get(_ROOTS)
    return [str(root.uri) for root in found.roots] if isinstance(found, types.ListRootsResult) else []


def _within_protocol(read: Callable[[], T]) -> T:
    """Read a request that is no tool call: what is wrong with it is an error of the protocol."""
    try:
        return read()
    except NoctuleError as error:
        raise MCPError(types.INVALID_PARAMS, explain(error)) from error


def _is_program(ctx: Context) -> bool:
    client = ctx.session.client_params
    return client is not None and is_program(client.client_info.name)


def _content(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)
