"""A stand-in for the models that coding agents ask: as much of Anthropic's Messages, OpenAI's Responses and Gemini's generateContent as it
takes to be offered tools, to ask for one, and to be told what came of it. It asks once, for git_log, and then says that it is done.
"""

import contextlib
import http.server
import json
import threading

TOOL = "git_log"
ARGUMENTS = {"repo": "demo"}


class Model:
    """What one agent offered of the server called gitoma, and what the tool's call came to."""

    def __init__(self):
        self.forget()

    def forget(self):
        self.offered = set()
        self.results = []

    def answer(self, names, results):
        """The name to ask for, of those that are offered; none where there is nothing to ask or the answer is there."""
        for name in names:
            # Each client has a prefix of its own for the tools of a server.
            server, found, tool = name.replace("mcp_gitoma_", "mcp__gitoma__", 1).partition("mcp__gitoma__")
            if found and not server:
                self.offered.add(tool.removeprefix("_"))
        self.results += results
        asked = [name for name in names if name.endswith(TOOL)]
        return asked[0] if asked and not results else None


def streamed(events):
    return "".join(f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n" for kind, rest in events)


def messages(model, body):
    """Anthropic's Messages, streamed."""
    parts = [part for message in body["messages"] if isinstance(message["content"], list) for part in message["content"]]
    results = [json.dumps(part["content"]) for part in parts if part["type"] == "tool_result"]
    tool = model.answer([tool["name"] for tool in body.get("tools", [])], results)
    if tool:
        block = {"type": "tool_use", "id": "toolu_1", "name": tool, "input": {}}
        delta, reason = {"type": "input_json_delta", "partial_json": json.dumps(ARGUMENTS)}, "tool_use"
    else:
        block, delta, reason = {"type": "text", "text": ""}, {"type": "text_delta", "text": "done"}, "end_turn"
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [], "usage": usage}
    return streamed(
        [
            ("message_start", {"message": {**message, "stop_reason": None, "stop_sequence": None}}),
            ("content_block_start", {"index": 0, "content_block": block}),
            ("content_block_delta", {"index": 0, "delta": delta}),
            ("content_block_stop", {"index": 0}),
            ("message_delta", {"delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}),
            ("message_stop", {}),
        ]
    )


def responses(model, body):
    """OpenAI's Responses, streamed, with tools in namespaces."""
    tools = {}
    for tool in body.get("tools", []):
        if tool["type"] == "namespace":
            space = {"namespace": tool["name"]}
            tools |= {f"{tool['name']}__{one['name']}": {"name": one["name"], **space} for one in tool["tools"]}
        elif tool["type"] == "function":
            tools[tool["name"]] = {"name": tool["name"]}
    results = [json.dumps(item["output"]) for item in body["input"] if item["type"] == "function_call_output"]
    tool = model.answer(list(tools), results)
    if tool:
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "arguments": json.dumps(ARGUMENTS), **tools[tool]}
    else:
        item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    return streamed(
        [
            ("response.created", {"response": {"id": "resp_1"}}),
            ("response.output_item.done", {"output_index": 0, "item": item}),
            ("response.completed", {"response": {"id": "resp_1", "output": [item], "usage": usage}}),
        ]
    )


def contents(model, body):
    """Gemini's streamGenerateContent."""
    parts = [part for content in body["contents"] for part in content["parts"]]
    results = [json.dumps(part["functionResponse"]["response"]) for part in parts if "functionResponse" in part]
    names = [function["name"] for tool in body.get("tools", []) for function in tool.get("functionDeclarations", [])]
    tool = model.answer(names, results)
    part = {"functionCall": {"name": tool, "args": ARGUMENTS}} if tool else {"text": "done"}
    candidate = {"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [part]}}
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    return f"data: {json.dumps({'candidates': [candidate], 'usageMetadata': usage})}\r\n\r\n"


INTERFACES = {"/v1/messages": messages, "/v1/responses": responses, ":streamGenerateContent": contents}


@contextlib.contextmanager
def listening():
    """A model of its own, and the address where it is asked."""
    model = Model()

    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            interface = next((one for end, one in INTERFACES.items() if self.path.partition("?")[0].endswith(end)), None)
            self.reply(interface(model, json.loads(body)) if interface else None)

        def do_GET(self):
            self.reply(None)

        do_HEAD = do_GET

        def reply(self, text):
            data = (text or "{}").encode()
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", "text/event-stream" if text else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield model, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
