// @ts-check
// Talks to the gateway. Holds the token; nothing else on the page does.

/** A refusal: `application/problem+json`, or a server that cannot be reached. */
export class Refused extends Error {
  /**
   * @param {number} status 0 where there was no answer
   * @param {{code?: string, title?: string, detail?: string, error_id?: string, rules?: {id: string, source: string, line: number}[]}} problem
   */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.problem = problem;
  }

  /** Whether the token is worth nothing any more. */
  get unknownCaller() {
    return ["unauthenticated", "invalid_credential", "expired_credential"].includes(this.code);
  }

  /** Whether this address does not serve it, as where the administrator has a listener of their own. */
  get elsewhere() {
    return this.code === "unknown_route" || this.code === "unknown_method";
  }
}

/**
 * What came instead of an answer.
 * @param {Response} response
 */
async function refusal(response) {
  try {
    return new Refused(response.status, await response.json());
  } catch {
    return new Refused(response.status, {});
  }
}

export class Api {
  /** @type {string | null} */
  #token = null;
  #over = new AbortController();
  /** Called once when the gateway no longer knows the token. @type {(refused: Refused) => void} */
  onstranger = () => {};

  /** @param {string} token */
  signIn(token) {
    this.#token = token;
    this.#over = new AbortController();
  }

  /** Forgets the token and ends every request under it. */
  signOut() {
    this.#token = null;
    this.#over.abort();
  }

  /**
   * @param {string} path below `/api/v1/`
   * @param {RequestInit} [init]
   * @returns {Promise<Response>}
   */
  async open(path, init = {}) {
    if (this.#token === null) throw new Refused(401, { code: "unauthenticated" });
    const over = this.#over;
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${this.#token}`);
    const signal = init.signal ? AbortSignal.any([init.signal, over.signal]) : over.signal;
    let response;
    try {
      response = await fetch(`/api/v1/${path}`, {
        ...init,
        headers,
        signal,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
      });
    } catch (error) {
      if (signal.aborted) throw new Refused(0, { code: "aborted", detail: "ended" });
      throw new Refused(0, { code: "unreachable", detail: "the gateway cannot be reached" });
    }
    if (response.ok) return response;
    const refused = await refusal(response);
    if (refused.unknownCaller && !over.signal.aborted) this.onstranger(refused);
    throw refused;
  }

  /** @param {string} path */
  async get(path) {
    return (await this.open(path)).json();
  }

  /**
   * @param {string} path
   * @param {unknown} [body]
   */
  async post(path, body) {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    return (await this.open(path, { method: "POST", ...init })).json();
  }
}
