// Runs tests one after the other and says a line of each. Used on both sides: in the browser suite and inside the extension host.

// Of a test, and of what it waits for: a busy machine is no failure, only what never happens takes this long.
const LONGEST_MS = 300_000;
const WAIT_MS = 60_000;

class Run {
  /** @param {(result: {name: string, ms: number, error?: string}) => void} report */
  constructor(report) {
    this.report = report;
    /** Called with the name of a test that failed, before the next one begins. */
    this.onFailure = async () => undefined;
    this.failed = 0;
    this.passed = 0;
  }

  /** Count a test that was run elsewhere. */
  add(result) {
    if (result.error) this.failed += 1;
    else this.passed += 1;
    this.report(result);
  }

  /** Run one test; one that fails does not keep the others from running. What it returns is said behind its name. */
  async test(name, body, longest_ms = LONGEST_MS) {
    const began = Date.now();
    let timer;
    try {
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done after ${longest_ms / 1000} s`)), longest_ms);
      });
      const said = await Promise.race([body(), late]);
      this.add({ name: said ? `${name}: ${said}` : name, ms: Date.now() - began });
    } catch (error) {
      this.add({ name, ms: Date.now() - began, error: error.stack ?? String(error) });
      await this.onFailure(name);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Wait until `look` gives something that is true, and return it; what it throws meanwhile counts as not yet. */
async function until(what, look, longest_ms = WAIT_MS) {
  const end = Date.now() + longest_ms;
  let last;
  for (;;) {
    try {
      last = await look();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${longest_ms / 1000} s; last seen: ${last?.message ?? JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function line({ name, ms, error }) {
  const head = `${error ? "FAILED" : "ok    "} ${(ms / 1000).toFixed(1).padStart(5)} s  ${name}`;
  if (!error) return head;
  // The editor's own frames are one line of several megabytes.
  const lines = error.replaceAll(/\u001b\[\d+m/g, "").split("\n").filter((one) => !/^\s*at .*(workbench\.js|node:internal)/.test(one));
  return [head, ...lines.map((one) => `         ${one}`)].join("\n");
}

module.exports = { Run, WAIT_MS, line, until };
