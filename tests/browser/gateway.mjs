// A gateway of the tests' own: a repository, a policy, the real program, and the agent that calls it.

import { execFileSync, spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
  closeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What the page must show as it is: it turns around, is invisible, is markup, drives a terminal. */
export const HOSTILE = "\u202egnp.eslaf\u202c <img src=x onerror=alert(1)> \u001b[31mred\u001b[0m \u200b\u{e0041}";

const POLICY = `version: 1
automation: deny
global:
  rules:
    - { id: look, effect: allow, capability: read, tools: ["*"], roles: [agent, approver, auditor, admin], reason: everybody may look }
    - { id: write, effect: allow, capability: write, tools: ["*"], roles: [agent], reason: agents write on branches }
    - id: look-at-ci
      effect: ask
      capability: write
      tools: ["*"]
      roles: [agent]
      paths: ["ci/**"]
      reason: what runs with our secrets is looked at first
    - id: no-hunting
      effect: deny
      tools: [git_grep]
      arguments: { pattern: { glob: "*password*" } }
      reason: nobody hunts for passwords
    - { id: no-strangers, effect: deny, tools: [git_log], arguments: { author: { glob: "*stranger*" } } }
repositories:
  acme/web: { write: allow }
`;

const FILES = {
  "README.md": "# demo\n",
  "src/main.rs": 'fn main() {\n    println!("hello");\n}\n',
  "ci/build.yml": "steps:\n  - run: cargo fetch\n  - run: cargo test\n",
  ".env": "PASSWORD=hunter2\n",
};

export class Gateway {
  constructor(program) {
    this.program = program;
    this.work = mkdtempSync(join(tmpdir(), "gitoma-browser-"));
    this.state = join(this.work, "state");
    this.policy = join(this.work, "policy.yaml");
    this.errors = "";
    this.environment = { ...process.env, HOME: this.work, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    for (const name of Object.keys(this.environment))
      if (name.startsWith("GITOMA_") || name === "WRITE_MODE") delete this.environment[name];
    this.#repository(join(this.work, "web"));
    this.write(POLICY);
  }

  /** Writes the policy's file. */
  write(text) {
    writeFileSync(this.policy, text, { mode: 0o600 });
  }

  get goodPolicy() {
    return POLICY;
  }

  /** Runs git in the repository. */
  git(...args) {
    const who = ["-c", "user.name=demo", "-c", "user.email=demo@example.invalid"];
    return execFileSync("git", ["-C", join(this.work, "web"), ...who, ...args], { env: this.environment, encoding: "utf8" }).trim();
  }

  /** Somebody else moves the agent's branch. */
  moveBranch() {
    this.git("update-ref", "refs/heads/agent/ci", this.git("commit-tree", "agent/ci^{tree}", "-p", "agent/ci", "-m", "moved"));
  }

  #repository(folder) {
    const git = (...args) => this.git(...args);
    mkdirSync(folder);
    git("init", "-q", "-b", "main");
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    git("add", "-A", "-f");
    git("commit", "-q", "-m", "first light");
    git("branch", "agent/ci");
  }

  async start() {
    const process = spawn(
      this.program,
      [
        "--repo",
        `${join(this.work, "web")}=acme/web`,
        "--policy",
        this.policy,
        "--state",
        this.state,
        "--listen",
        "127.0.0.1:0",
        "--write-mode",
        "on",
      ],
      { env: this.environment, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.process = process;
    process.stderr.on("data", (text) => {
      this.errors += text;
    });
    this.url = await new Promise((resolve, reject) => {
      let said = "";
      process.stdout.on("data", (text) => {
        said += text;
        const found = /listening on (http:\S+)/.exec(said);
        if (found) resolve(found[1]);
      });
      process.on("exit", (code) => reject(new Error(`the gateway ended with ${code}: ${this.errors}`)));
    });
    this.agent = readFileSync(join(this.state, "runtime_token"), "utf8").trim();
    this.operator = readFileSync(join(this.state, "operator_token"), "utf8").trim();
  }

  async stop() {
    if (this.process && this.process.exitCode === null) {
      const ended = new Promise((resolve) => this.process.on("exit", resolve));
      this.process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.work, { recursive: true, force: true });
  }

  /** The command line, on this gateway's state directory. */
  cli(...args) {
    return execFileSync(join(dirname(this.program), "gitoma"), args, {
      env: { ...this.environment, GITOMA_STATE: this.state },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** A token of a new principal: its text and its id. */
  token(name, ...args) {
    const said = this.cli("token", "new", name, ...args);
    const token = said.match(/\S{32,}/g)?.at(-1);
    const listed = this.cli("token", "list");
    const id = listed
      .split("\n")
      .find((line) => line.includes(name))
      ?.match(/tok_\w+|\S+/)?.[0];
    return { token, id };
  }

  /** Sends a request as an agent does. */
  async send(path, body, token = this.agent) {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { Authorization: `Bearer ${token}` },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, answer: await response.json() };
  }

  call(tool, args, token) {
    return this.send(`tools/${tool}`, { arguments: { repo: "acme/web", ...args } }, token);
  }

  /** The write that is asked about. */
  commit(message = "ci: fetch what is locked") {
    const content = "steps:\n  - run: cargo fetch --locked\n  - run: cargo test --locked\n  - run: cargo deny check\n".concat(
      message.length === 24 ? "" : `  - run: echo ${message.length}\n`,
    );
    return this.call("git_commit_files", { branch: "agent/ci", message, files: [{ path: "ci/build.yml", content }] });
  }

  /** Changes one byte of an entry that is written already, where it stands. Returns what puts it back. */
  tamper() {
    const audit = join(this.state, "audit");
    const chain = readdirSync(audit).find((name) => !name.startsWith("."));
    const file = join(
      audit,
      chain,
      readdirSync(join(audit, chain))
        .filter((name) => name.startsWith("seg-"))
        .sort()[0],
    );
    const at = readFileSync(file).indexOf('"kind":"start"') + 9;
    const set = (letter) => {
      const handle = openSync(file, "r+");
      const was = Buffer.alloc(1);
      readSync(handle, was, 0, 1, at);
      writeSync(handle, letter, at);
      closeSync(handle);
      return was.toString();
    };
    const was = set("S");
    return () => set(was);
  }
}
