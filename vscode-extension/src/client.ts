/** The language client on a process that was started. Loaded when there is one: it is most of the bundle. */

import type { ChildProcess } from "node:child_process";
import { type LogOutputChannel, Uri } from "vscode";
import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type StaticFeature,
} from "vscode-languageclient/node";

export interface Terms {
  preferences: () => object;
  showNote: (uri: Uri) => Promise<void>;
  log: LogOutputChannel;
}

/** A client that writes what goes wrong into the log: the status item says how the server stands. */
class Client extends LanguageClient {
  /** Register what the server can do: of the rest, the bundle holds nothing but a class without members. */
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if ("fillClientCapabilities" in feature) super.registerFeature(feature);
  }

  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** Connect to a server, and wait until it is initialized. */
export async function connect(child: ChildProcess, terms: Terms): Promise<LanguageClient> {
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: "file" }, { scheme: "noctule" }],
    initializationOptions: () => terms.preferences(),
    outputChannel: terms.log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    markdown: { isTrusted: { enabledCommands: ["noctule.showNote"] } },
    stdioOptions: { stdout: () => undefined, stderr: () => undefined },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
    },
    initializationFailedHandler: () => false,
    middleware: {
      window: {
        // A lens or an action has a note shown: as it reads, rather than as Markdown's source.
        showDocument: async (params, token, next) => {
          const uri = Uri.parse(params.uri);
          if (uri.scheme !== "noctule") return next(params, token);
          await terms.showNote(uri);
          return { success: true };
        },
      },
      workspace: {
        // The server is told what docs/lsp.md lists and nothing else that stands under `noctule`.
        configuration: (params) => params.items.map((item) => (item.section === "noctule" ? terms.preferences() : null)),
      },
    },
  };
  const client = new Client("noctule", "Noctule", () => Promise.resolve(child), options);
  try {
    await client.start();
  } catch (error) {
    await client.dispose().catch(() => undefined);
    throw error;
  }
  return client;
}
