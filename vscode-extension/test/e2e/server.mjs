// A code-server process: started on a free port of loopback, asked to install extensions, ended with all that it started.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { CODE_SERVER, NODE, environment } from "./place.mjs";

/** What every window starts with: quiet, nothing from a network. Trust is off where it is not what is tested. */
const SETTINGS = {
  "chat.commandCenter.enabled": false,
  "editor.minimap.enabled": false,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "git.openRepositoryInParentFolders": "never",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "workbench.colorTheme": "Dark Modern",
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

const free = () =>
  new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

export class Server {
  /** @param {string} root the run's scratch folder @param {string} noctule the command that the extension is to start */
  constructor(root, noctule) {
    this.root = root;
    this.noctule = noctule;
    this.log = join(root, "code-server.log");
    this.flags = [
      CODE_SERVER,
      ...["--config", join(root, "config.yaml"), "--user-data-dir", join(root, "u"), "--extensions-dir", join(root, "x")],
    ];
    writeFileSync(join(root, "config.yaml"), "");
    this.writeSettings();
  }

  /** Write the user's settings; those that belong to the machine go where a remote window keeps them. */
  writeSettings(user = {}, machine = {}) {
    const write = (folder, settings) => {
      mkdirSync(join(this.root, "u", folder), { recursive: true });
      writeFileSync(join(this.root, "u", folder, "settings.json"), JSON.stringify(settings, null, 2));
    };
    write("User", { ...SETTINGS, ...user });
    write("Machine", { "noctule.path": this.noctule, ...machine });
  }

  install(vsix) {
    this.#once("--install-extension", vsix, "--force");
  }

  uninstall(id) {
    this.#once("--uninstall-extension", id);
  }

  #once(...args) {
    execFileSync(NODE, [...this.flags, ...args], { env: environment(this.root), stdio: ["ignore", "ignore", "inherit"] });
  }

  async start() {
    this.port = await free();
    const out = openSync(this.log, "a");
    const options = [
      ...["--auth", "none", "--bind-addr", `127.0.0.1:${this.port}`, "--disable-telemetry", "--disable-update-check"],
      ...["--disable-getting-started-override", "--vscode-option", "enable-smoke-test-driver"],
    ];
    // A group of its own, so that it can be ended with everything that it started.
    this.process = spawn(NODE, [...this.flags, ...options], { env: environment(this.root), stdio: ["ignore", out, out], detached: true });
    const ended = new Promise((_, reject) => {
      this.process.once("exit", (code) => reject(new Error(`code-server ended with ${code}: see ${this.log}`)));
    });
    ended.catch(() => undefined);
    await Promise.race([this.#answering(), ended]);
  }

  async #answering(within_ms = 60_000) {
    const until = Date.now() + within_ms;
    for (;;) {
      try {
        if ((await fetch(`http://127.0.0.1:${this.port}/healthz`)).ok) return;
      } catch (error) {
        if (Date.now() > until) throw new Error(`code-server does not answer: see ${this.log}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** The address of a window on a folder or on a `.code-workspace` file. */
  address(path, payload = []) {
    const query = new URLSearchParams({ [path.endsWith(".code-workspace") ? "workspace" : "folder"]: path });
    if (payload.length) query.set("payload", JSON.stringify(payload));
    return `http://127.0.0.1:${this.port}/?${query}`;
  }

  stop() {
    if (!this.process || this.process.exitCode !== null) return;
    try {
      process.kill(-this.process.pid, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
}
