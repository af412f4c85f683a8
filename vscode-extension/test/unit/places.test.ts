import assert from "node:assert/strict";
import { test } from "node:test";
import { inEnvironment, isWithin, places, type Surroundings } from "../../src/decide/places";

const HERE: Surroundings = {
  setting: "",
  trusted: true,
  platform: "linux",
  folders: ["/home/ada/shop"],
  python: "/home/ada/.envs/shop/bin/python3.12",
  virtualEnv: "/home/ada/.envs/other",
  path: "/usr/local/bin:/usr/bin",
  own: "/home/ada/.storage/server-0.1.0",
};
const commands = (at: Surroundings) => places(at).map(({ from, command }) => `${from} ${command}`);

test("the order is setting, active environment, environments of the workspace, PATH, its own", () => {
  assert.deepEqual(commands(HERE), [
    "python /home/ada/.envs/shop/bin/noctule",
    "venv /home/ada/.envs/other/bin/noctule",
    "venv /home/ada/shop/.venv/bin/noctule",
    "venv /home/ada/shop/venv/bin/noctule",
    "path /usr/local/bin/noctule",
    "path /usr/bin/noctule",
    "own /home/ada/.storage/server-0.1.0/bin/noctule",
  ]);
});

test("a path that was set is the only one that is looked at", () => {
  assert.deepEqual(commands({ ...HERE, setting: " /opt/noctule " }), ["setting /opt/noctule"]);
});

test("in a folder that is not trusted nothing of it, and no environment, is run", () => {
  const path = "/home/ada/shop/bin:/usr/bin:/home/ada/shop";

  assert.deepEqual(commands({ ...HERE, trusted: false, path }), ["path /usr/bin/noctule", "own /home/ada/.storage/server-0.1.0/bin/noctule"]);
});

test("a relative folder on PATH is passed over: it leads wherever one stands", () => {
  assert.deepEqual(commands({ ...HERE, python: undefined, virtualEnv: undefined, folders: [], path: ".::bin:/usr/bin" }), ["path /usr/bin/noctule", "own /home/ada/.storage/server-0.1.0/bin/noctule"]);
});

test("an environment may be named by its folder", () => {
  assert.equal(commands({ ...HERE, python: "/home/ada/.envs/shop" })[0], "python /home/ada/.envs/shop/bin/noctule");
});

test("the same command is looked for once", () => {
  const found = commands({ ...HERE, virtualEnv: "/home/ada/.envs/shop", path: "/home/ada/.envs/shop/bin" });

  assert.equal(found.filter((one) => one.endsWith("/home/ada/.envs/shop/bin/noctule")).length, 1);
});

test("Windows has its own names", () => {
  const at = { ...HERE, platform: "win32", folders: ["C:\\shop"], python: "C:\\envs\\shop\\Scripts\\python.exe", virtualEnv: undefined, path: "C:\\tools;tools", own: "C:\\own" };

  assert.deepEqual(commands(at), [
    "python C:\\envs\\shop\\Scripts\\noctule.exe",
    "venv C:\\shop\\.venv\\Scripts\\noctule.exe",
    "venv C:\\shop\\venv\\Scripts\\noctule.exe",
    "path C:\\tools\\noctule.exe",
    "own C:\\own\\Scripts\\noctule.exe",
  ]);
  assert.equal(inEnvironment("C:\\own", "win32"), "C:\\own\\Scripts\\noctule.exe");
});

test("a folder beside another of a like name is not inside of it", () => {
  assert.deepEqual(
    [isWithin("/a/b", "/a", "linux"), isWithin("/a", "/a/", "linux"), isWithin("/ab", "/a", "linux"), isWithin("C:\\A\\b", "c:/a", "win32")],
    [true, true, false, true],
  );
});
