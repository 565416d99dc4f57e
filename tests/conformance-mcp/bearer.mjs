// Loaded into the suite's process before it (node --import): shows the gateway's token with each request to the gateway, which the suite
// has no option for. Nothing else of a request is touched, so that the gateway meets the suite's own Host, Origin and protocol headers.
import http from "node:http";
import { readFileSync } from "node:fs";
import { getGlobalDispatcher, setGlobalDispatcher } from "undici";

const gateway = new URL(process.env.GITOMA_URL);
const bearer = `Bearer ${readFileSync(process.env.GITOMA_TOKEN_FILE, "utf8").trim()}`;

// undici takes headers as a flat list of names and values, as pairs, or as an object.
function withBearer(headers) {
  if (headers === undefined || headers === null) return { authorization: bearer };
  if (Array.isArray(headers)) return [...headers, "authorization", bearer];
  if (typeof headers[Symbol.iterator] === "function") return [...headers, ["authorization", bearer]];
  return { ...headers, authorization: bearer };
}

// Node's own fetch and the suite's undici share one dispatcher.
setGlobalDispatcher(
  getGlobalDispatcher().compose((dispatch) => (options, handler) => {
    const known = String(options.origin) === gateway.origin;
    return dispatch(known ? { ...options, headers: withBearer(options.headers) } : options, handler);
  }),
);

// What needs headers that fetch would tidy up is sent by node:http.
const request = http.request;
http.request = function (...given) {
  const sent = request.apply(this, given);
  if (sent.getHeader("host") === gateway.host) sent.setHeader("authorization", bearer);
  return sent;
};
