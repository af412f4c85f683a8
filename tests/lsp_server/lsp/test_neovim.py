"""A second real client: Neovim, without a head, as its users configure it. Skipped where it is not installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.lsp_server.lsp.editor import NEVER, command, environment
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed")

SCRIPT = """
local config = vim.json.decode(vim.env.NOCTULE_TEST)
local told = {}
local client = vim.lsp.start_client({
  cmd = config.cmd, root_dir = config.root, name = "noctule",
  init_options = { codeLens = true },
  workspace_folders = { { uri = vim.uri_from_fname(config.root), name = "root" } },
  handlers = { ["noctule/didChangeStatus"] = function(_, params) table.insert(told, params.event) end },
})
vim.cmd("edit " .. config.file)
local buffer = vim.api.nvim_get_current_buf()
vim.lsp.buf_attach_client(buffer, client)
local ready = vim.wait(60000, function()
  local attached = vim.lsp.get_client_by_id(client)
  return attached ~= nil and attached.initialized
end, 20)
local document = { uri = vim.uri_from_bufnr(buffer) }
local function ask(method, params)
  local answer = vim.lsp.get_client_by_id(client).request_sync(method, params, 60000, buffer)
  return answer and (answer.result or answer.err)
end
local found = { ready = ready }
local position = { line = config.line, character = config.character }
found.hover = ask("textDocument/hover", { textDocument = document, position = position })
vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { "# 😀 a line more" })
position.line = position.line + 1
found.moved = ask("textDocument/hover", { textDocument = document, position = position })
found.lenses = ask("textDocument/codeLens", { textDocument = document })
found.note = ask("noctule/notes", { uri = document.uri })
found.command = ask("workspace/executeCommand", { command = "noctule/predict", arguments = { { k = 1 } } })
found.told = vim.wait(60000, function() return #told > 0 end, 20)
vim.lsp.stop_client(client)
vim.wait(10000, function() return vim.lsp.get_client_by_id(client) == nil end, 20)
found.stopped = vim.lsp.get_client_by_id(client) == nil
local file = io.open(config.out, "w")
file:write(vim.json.encode(found))
file:close()
vim.cmd("quitall!")
"""


def test_neovim_hovers_shows_lenses_and_sends_custom_requests(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    noctule.ok("sleep", shop.path)
    (tmp_path / "script.lua").write_text(SCRIPT)
    out = tmp_path / "found.json"
    config = {
        "cmd": command(),
        "root": str(shop.path),
        "file": str(shop.path / "shop/cart.py"),
        "line": 2,
        "character": 25,
        "out": str(out),
    }
    home = {name: str(tmp_path / "home") for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    told = environment(noctule, NEVER) | home | {"NOCTULE_TEST": json.dumps(config)}

    ran = subprocess.run(
        ["nvim", "--headless", "--clean", "-n", "-c", f"luafile {tmp_path / 'script.lua'}", "-c", "cquit"],
        env=told,
        cwd=shop.path,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert out.exists(), ran.stderr.decode()
    found = json.loads(out.read_text())
    assert (found["ready"], found["told"], found["stopped"]) == (True, True, True)
    assert found["hover"]["contents"]["value"].startswith("**noctule** `shop/money.py:round_half_up`")
    assert found["moved"] == found["hover"]
    assert found["lenses"][0]["command"]["command"] == "noctule/show"
    assert found["note"]["subject"] == "shop/cart.py"
    assert found["note"]["freshness"]["pending"] == ["shop/cart.py"]
    assert len(found["command"]["change_points"]) >= 1
