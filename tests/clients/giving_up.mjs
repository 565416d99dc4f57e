// What the clients of Node do with a call that they no longer want. `callTool` takes a call and options, `listTools` nothing.

// Gives up a search once it is known to run, and goes on.
export async function giveUp(check, callTool, listTools) {
  const [told, hands] = [[], new AbortController()];
  const search = { name: "git_grep", arguments: { repo: "demo", pattern: "(a|b|c)+x[0-9]{3}$" } };
  const onprogress = (progress) => {
    told.push(progress);
    hands.abort(new Error("given up"));
  };
  const ended = await callTool(search, { onprogress, signal: hands.signal }).then(() => "ended", () => "given up");
  check("a search tells how far it has come, and is given up", ended === "given up" && told[0].message === "files searched" && told[0].progress > 0);
  check("after that the session goes on", (await listTools()).tools.length > 0);
}
