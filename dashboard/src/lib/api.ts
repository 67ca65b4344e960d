// Requests to the server this page came from. The session is a cookie that no script can read; what changes something
// also carries the session's CSRF value, which another site cannot know.
import type { Session } from "./types.ts";

/** An answer that says no, or no answer at all (status 0), in words for the person in front of the page. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly requestId = "",
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }
}

let csrf = "";
let onSignedOut: () => void = () => {};

export function rememberSession(session: Session | null) {
  csrf = session?.csrf ?? "";
}

export function whenSignedOut(call: () => void) {
  onSignedOut = call;
}

const defaultHints: Record<number, string> = {
  0: "Check that `openmcp serve` is running, then try again.",
  401: "Sign in again.",
  403: "Your token may not do this. Sign in with one that may, or ask for it.",
  404: "It may have been forgotten, or the address is wrong.",
  409: "Somebody else changed it meanwhile. Look at the newest version, then try again.",
  412: "Somebody else changed it meanwhile. Look at the newest version, then try again.",
  413: "Make it smaller, or commit it as a file with `openmcp commit FILE`.",
  422: "Correct the field that is named and try again.",
  429: "Wait a few seconds and try again.",
  503: "The server is starting or stopping. Try again in a moment.",
};

/** FastAPI's "detail" is a sentence or a list of {loc, msg}. */
function detailText(detail: unknown): string {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return "";
  return detail
    .map((item: { loc?: unknown[]; msg?: string }) => {
      const where = (item.loc ?? []).filter((part) => part !== "body").join(".");
      return where ? `${where}: ${item.msg ?? ""}` : (item.msg ?? "");
    })
    .join("; ");
}

export function errorOf(status: number, statusText: string, body: Record<string, unknown>, retryAfter = ""): ApiError {
  const message =
    detailText(body.detail) || (typeof body.title === "string" ? body.title : "") || statusText || `HTTP ${status}`;
  let hint = typeof body.hint === "string" ? body.hint : "";
  if (!hint && status === 429 && retryAfter) hint = `Wait ${retryAfter} s and try again.`;
  if (!hint) hint = defaultHints[status] ?? (status >= 500 ? "Look into the server's log; the request id below is in it." : "");
  return new ApiError(
    status,
    typeof body.code === "string" ? body.code : "",
    message,
    hint,
    typeof body.request_id === "string" ? body.request_id : "",
    body,
  );
}

export interface Options {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** A 401 is an answer here, not the end of the session. */
  quiet?: boolean;
}

async function send(path: string, options: Options): Promise<Response> {
  const method = options.method ?? "GET";
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-OpenMCP-CSRF"] = csrf;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new ApiError(0, "unreachable", "The server does not answer.", defaultHints[0] ?? "");
  }
  if (response.ok) return response;
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = await response.json();
    if (parsed && typeof parsed === "object") body = parsed as Record<string, unknown>;
  } catch {
    // Not JSON: the status has to do.
  }
  if (response.status === 401 && !options.quiet) onSignedOut();
  throw errorOf(response.status, response.statusText, body, response.headers.get("Retry-After") ?? "");
}

export async function request<T>(path: string, options: Options = {}): Promise<T> {
  const response = await send(path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** The bytes of an answer as text, for content that is shown raw. */
export async function requestText(path: string, options: Options = {}): Promise<string> {
  return (await send(path, { ...options, headers: { Accept: "*/*", ...options.headers } })).text();
}

/** "?a=1&b=2&b=3" of what is set; "" of nothing. */
export function query(values: Record<string, string | number | boolean | readonly string[] | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === "") continue;
    if (Array.isArray(value)) for (const one of value as readonly string[]) search.append(name, one);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

export const quoted = (version: string) => `"${version}"`;
