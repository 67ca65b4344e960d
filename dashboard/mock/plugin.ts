// The server's HTTP surface over a workspace in memory, for `vite --mode mock`. Only for developing the page: it checks
// little, and its search and its hashes are imitations.
import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { seed } from "./seed.ts";

interface Stored {
  version: string;
  number: number;
  head: boolean;
  cid: string;
  type: string;
  title: string;
  media_type: string;
  size: number;
  content_hash: string;
  tags: string[];
  metadata: Record<string, unknown>;
  relations: { kind: string; id: string }[];
  author: { name: string };
  time: string;
  message: string;
  source: string;
  parents: string[];
  attestation: string | null;
  proof: string;
  signed_by: string;
  content: string;
}

const contexts = new Map<string, Stored[]>(); // oldest version first
const watchers = new Set<ServerResponse>();
const tokens = [
  { id: "a1b2c3d4e5f6", name: "first", role: "admin", workspace: "", created: "2026-11-02T08:00:00Z", expires: null as string | null, revoked: null as string | null, used: new Date().toISOString() as string | null },
  { id: "0f9e8d7c6b5a", name: "cursor on the laptop", role: "writer", workspace: "default", created: "2026-11-10T08:00:00Z", expires: "2027-02-10T08:00:00Z", revoked: null, used: null },
  { id: "77aa88bb99cc", name: "old script", role: "reader", workspace: "", created: "2026-10-01T08:00:00Z", expires: null, revoked: "2026-11-11T08:00:00Z", used: "2026-11-10T18:00:00Z" },
]; // prettier-ignore
const audit: Record<string, unknown>[] = [];
const started = Date.now();
let session = false;
let seq = 0;

const hex = (text: string) => createHash("sha256").update(text).digest("hex");
const cid = (text: string) => `bafyrei${BigInt(`0x${hex(text)}`).toString(36).padEnd(52, "a").slice(0, 52).replace(/[0189]/g, "q")}`;

function record(action: string, target: string, result = "ok", detail = "") {
  audit.unshift({
    seq: audit.length + 1, time: new Date().toISOString(), who: "first", token: tokens[0]!.id, from: "web", action, target, result, detail,
    hash: hex(`${audit.length} ${action} ${target}`),
  }); // prettier-ignore
}

function tell(kind: string, id: string, version?: Stored, created = false) {
  const data = { seq: ++seq, kind, id, version: version?.version ?? "", type: version?.type ?? "", title: version?.title ?? "", created, time: new Date().toISOString() };
  for (const watcher of watchers) watcher.write(`id: ${seq}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
}

function put(id: string, what: Partial<Stored>, time = new Date().toISOString()): Stored {
  const versions = contexts.get(id) ?? [];
  const before = versions.at(-1);
  const content = what.content ?? before?.content ?? "";
  const version: Stored = {
    version: cid(`${id} ${versions.length} ${content} ${time} ${JSON.stringify(what.tags ?? [])}`),
    number: versions.length + 1, head: true, cid: cid(content).replace("bafyrei", "bafkrei"),
    type: what.type ?? before?.type ?? "other",
    title: what.title || before?.title || content.split("\n")[0]!.replace(/^#+ /, "").slice(0, 80),
    media_type: what.type === "conversation" ? "application/x-ndjson" : "text/plain",
    size: Buffer.byteLength(content), content_hash: hex(content),
    tags: [...(what.tags ?? before?.tags ?? [])].sort(), metadata: what.metadata ?? before?.metadata ?? {},
    relations: what.relations ?? before?.relations ?? [], author: what.author ?? { name: "first" }, time,
    message: what.message ?? "", source: "", parents: before ? [before.version] : [],
    attestation: cid(`attestation ${id} ${versions.length}`), proof: "valid", signed_by: hex("key"), content,
  }; // prettier-ignore
  for (const one of versions) one.head = false;
  contexts.set(id, [...versions, version]);
  return version;
}

const ids = seed.map((_, at) => `019ab000-0000-7000-8000-${at.toString(16).padStart(12, "0")}`);
[...seed].reverse().forEach((context, back) => {
  const at = seed.length - 1 - back;
  context.contents.forEach((version, number) => {
    const time = new Date(Date.now() - (context.minutesAgo + (context.contents.length - 1 - number) * 2000) * 60_000).toISOString();
    put(ids[at]!, {
      ...version, type: context.type, title: context.title, tags: context.tags, author: { name: context.author },
      ...(context.metadata ? { metadata: context.metadata } : {}), relations: (context.relations ?? []).map(({ kind, to }) => ({ kind, id: ids[to]! })),
    }, time); // prettier-ignore
  });
});
record("server.start", "", "ok", "mock");
record("auth.refused", "/api/v1/contexts/", "401", "unknown token");
record("session.start", "", "ok");

const head = (id: string) => contexts.get(id)?.at(-1);
const summary = (id: string) => {
  const now = head(id)!;
  const { version, cid, type, title, tags, source, size } = now;
  return { id, version, cid, type, title, tags, author: now.author.name, source, created: contexts.get(id)![0]!.time, changed: now.time, size, versions: now.number, heads: 1 };
};
const byChange = () => [...contexts.keys()].sort((a, b) => head(b)!.time.localeCompare(head(a)!.time));
const incoming = (id: string) => [...contexts.keys()].flatMap((from) => head(from)!.relations.filter((one) => one.id === id).map(({ kind }) => ({ kind, id: from })));
const full = (id: string) => ({ ...head(id)!, ...summary(id), number: head(id)!.number, author: head(id)!.author, heads: [head(id)!.version], incoming: incoming(id) });

function diff(before: string, after: string) {
  const a = before.replace(/\n$/, "").split("\n");
  const b = after.replace(/\n$/, "").split("\n");
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; --i) for (let j = b.length - 1; j >= 0; --j) table[i]![j] = a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  const lines: { op: string; text: string; a: number; b: number }[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) lines.push({ op: " ", text: a[i]!, a: i++, b: j++ });
    else if (i < a.length && (j >= b.length || table[i + 1]![j]! >= table[i]![j + 1]!)) lines.push({ op: "-", text: a[i]!, a: i++, b: j });
    else lines.push({ op: "+", text: b[j]!, a: i, b: j++ });
  }
  const hunks: { before_start: number; after_start: number; lines: { op: string; text: string }[] }[] = [];
  let last = -10;
  lines.forEach((line, at) => {
    const near = lines.slice(Math.max(0, at - 3), at + 4).some((one) => one.op !== " ");
    if (!near) return;
    if (at !== last + 1) hunks.push({ before_start: line.a + 1, after_start: line.b + 1, lines: [] });
    last = at;
    hunks.at(-1)!.lines.push({ op: line.op, text: line.text });
  });
  return hunks;
}

function search(url: URL) {
  const q = (url.searchParams.get("q") ?? "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const type = url.searchParams.getAll("type");
  const tag = url.searchParams.getAll("tag");
  const limit = Number(url.searchParams.get("limit") ?? 10);
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const scored = byChange()
    .filter((id) => (!type.length || type.includes(head(id)!.type)) && tag.every((one) => head(id)!.tags.includes(one)))
    .map((id) => {
      const now = head(id)!;
      const body = now.content.toLowerCase();
      const terms = q.map((term) => {
        const times = body.split(term).length - 1;
        const title = now.title.toLowerCase().split(term).length - 1;
        return { term, rows: 12, idf: 2.31, title, tags: now.tags.includes(term) ? 1 : 0, body: times, speaker: 0, date: 0, nearby: 0, score: 2.31 * (times / (times + 0.6) + title) };
      });
      return { id, now, terms, bm25: terms.reduce((sum, term) => sum + term.score, 0) };
    })
    .filter((one) => !q.length || one.bm25 > 0)
    .sort((a, b) => b.bm25 - a.bm25);
  const max = scored[0]?.bm25 ?? 0;
  const page = scored.slice(from, from + limit).map(({ id, now, terms, bm25 }) => {
    const at = Math.max(0, q.length ? now.content.toLowerCase().indexOf(q[0]!) - 60 : 0);
    const snippet = now.content.slice(at, at + 260).replace(/\s+/g, " ");
    const highlights: [number, number][] = [];
    for (const match of q.length ? snippet.toLowerCase().matchAll(new RegExp(q.join("|"), "g")) : []) {
      const begin = Buffer.byteLength(snippet.slice(0, match.index));
      highlights.push([begin, begin + Buffer.byteLength(match[0])]);
    }
    const cosine = q.length ? 0.62 : null;
    return {
      id, version: now.version, type: now.type, title: now.title, author: now.author.name, tags: now.tags, time: now.time,
      score: q.length ? bm25 / max + 0.5 * 0.62 : 0, snippet, highlights, passage: 0, passages: 3,
      explain: { bm25, bm25_max: max, cosine, embedding_weight: 0.5, recency: 0, recency_weight: 0, terms },
    }; // prettier-ignore
  });
  return { contexts: page, next: from + limit < scored.length ? String(from + limit) : "", total: scored.length, more: false, notes: [] };
}

function graph(center: string, depth: number) {
  const seen = new Set([center]);
  const edges = new Map<string, { from: string; to: string; kind: string }>();
  let edge = [center];
  for (let step = 0; step < depth; ++step) {
    const next: string[] = [];
    for (const id of edge) {
      const all = [...head(id)!.relations.map((one) => ({ from: id, to: one.id, kind: one.kind })), ...incoming(id).map((one) => ({ from: one.id, to: id, kind: one.kind }))];
      for (const one of all) {
        edges.set(JSON.stringify(one), one);
        for (const side of [one.from, one.to]) if (!seen.has(side) && contexts.has(side)) (seen.add(side), next.push(side));
      }
    }
    edge = next;
  }
  return { nodes: [...seen].map((id) => ({ id, title: head(id)!.title, type: head(id)!.type })), edges: [...edges.values()] };
}

class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint = "",
  ) {
    super(message);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<unknown> {
  const method = request.method ?? "GET";
  const path = url.pathname.replace(/^\/api\/v1/, "").replace(/\/$/, "") || "/";
  const body = method === "GET" ? {} : await bodyOf(request);
  const held = { name: "first", role: "admin", csrf: "mock-csrf", expires: new Date(Date.now() + 8.64e7).toISOString() };
  if (path === "/session") {
    if (method === "POST") {
      if (body.token !== "mock") throw new Refused(401, "unknown token");
      session = true;
      return held;
    }
    if (method === "DELETE") return ((session = false), {});
    if (!session) throw new Refused(401, "no session");
    return held;
  }
  const bearer = request.headers.authorization === "Bearer mock";
  if (!session && !bearer) throw new Refused(401, "a token is needed");
  if (method !== "GET" && !bearer && request.headers["x-openmcp-csrf"] !== "mock-csrf") throw new Refused(403, "the CSRF header is missing");
  if (path === "/events") {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(": hello\n\n");
    watchers.add(response);
    response.on("close", () => watchers.delete(response));
    return undefined;
  }
  if (path === "/server/status") {
    const by_type: Record<string, number> = {};
    let versions = 0;
    let size = 0;
    for (const id of contexts.keys()) {
      by_type[head(id)!.type] = (by_type[head(id)!.type] ?? 0) + 1;
      versions += contexts.get(id)!.length;
      size += head(id)!.size;
    }
    return {
      version: "0.1.0", uptime_seconds: Math.round((Date.now() - started) / 1000), workspace: "default", contexts: contexts.size, versions, by_type,
      content_bytes: size * 900, blocks: versions * 3, store_bytes: size * 1000, disk_bytes: size * 1240, live_share: 0.94, pins: contexts.size,
      indexed: contexts.size, to_index: 0, embedder: "glove-100d int8", key: hex("key"), origin: `http://${request.headers.host ?? ""}`,
      gateway: "http://127.0.0.1:8080", connections: watchers.size + 1, memory_bytes: 23_400_000,
    }; // prettier-ignore
  }
  if (path === "/server/health") {
    return { ready: true, checks: [
      { name: "store", ok: true, detail: "segments open, 41 GiB free" }, { name: "catalog", ok: true, detail: "at the store's position" },
      { name: "search", ok: true, detail: "0 changes to index" }, { name: "audit", ok: true, detail: "the chain's last line is durable" },
    ] }; // prettier-ignore
  }
  if (path === "/tags") {
    const tags = new Map<string, number>();
    for (const id of contexts.keys()) for (const tag of head(id)!.tags) tags.set(tag, (tags.get(tag) ?? 0) + 1);
    return { tags: [...tags].map(([tag, number]) => ({ tag, contexts: number })) };
  }
  if (path === "/search") return search(url);
  if (path === "/tokens") {
    if (method === "GET") return { tokens };
    const token = { id: hex(randomUUID()).slice(0, 12), name: String(body.name), role: String(body.role), workspace: String(body.workspace ?? ""), created: new Date().toISOString(), expires: body.expires_in_seconds ? new Date(Date.now() + Number(body.expires_in_seconds) * 1000).toISOString() : null, revoked: null, used: null };
    tokens.push(token);
    record("token.create", token.id);
    return { token, secret: `omcp_${token.id}_${hex(token.id).slice(0, 43)}` };
  }
  if (path.startsWith("/tokens/")) {
    const token = tokens.find((one) => one.id === path.slice(8));
    if (!token) throw new Refused(404, "no such token");
    token.revoked ??= new Date().toISOString();
    record("token.revoke", token.id);
    return { token };
  }
  if (path === "/audit") {
    const before = Number(url.searchParams.get("before") ?? 0) || Infinity;
    const page = audit.filter((line) => (line.seq as number) < before).slice(0, Number(url.searchParams.get("limit") ?? 100));
    return { lines: page, next: page.length && (page.at(-1)!.seq as number) > 1 ? page.at(-1)!.seq : 0 };
  }
  if (path === "/audit/verify") return { ok: true, lines: audit.length, head: audit[0]!.hash, bad_line: 0, problem: "" };
  const verify = /^\/verify\/(.+)$/.exec(path)?.[1];
  if (verify) return { ok: true, findings: [], versions: contexts.get(verify)?.length ?? 0, blocks: (contexts.get(verify)?.length ?? 0) * 3 };
  if (path === "/contexts" && method === "POST") {
    const id = randomUUID();
    const made = put(id, body as Partial<Stored>);
    tell("committed", id, made, true);
    record("context.commit", id);
    return full(id);
  }
  if (path === "/contexts") {
    const type = url.searchParams.getAll("type");
    const from = Number(url.searchParams.get("cursor") || 0);
    const limit = Number(url.searchParams.get("limit") ?? 50);
    const all = url.searchParams.get("diverged") === "true" ? [] : byChange().filter((id) => !type.length || type.includes(head(id)!.type));
    return { contexts: all.slice(from, from + limit).map(summary), next: from + limit < all.length ? String(from + limit) : "" };
  }
  const match = /^\/contexts\/([^/]+)(?:\/(.+))?$/.exec(path);
  const id = match?.[1] ?? "";
  const versions = contexts.get(id);
  if (!match || !versions) throw new Refused(404, "Context not found");
  const find = (name: string | null) => versions.find((one) => one.version === name || `v${one.number}` === name || String(one.number) === name) ?? versions.at(-1)!;
  const ifMatch = request.headers["if-match"];
  if (ifMatch && ifMatch !== `"${head(id)!.version}"`) throw new Refused(412, "the context has another version now");
  const rest = match[2] ?? "";
  const said = (made: Stored) => {
    tell("committed", id, made);
    record("context.commit", id);
    return { id, version: made.version, number: made.number, title: made.title, unchanged: false };
  };
  if (rest === "" && method === "GET") return full(id);
  if (rest === "" && method === "PUT") return said(put(id, body as Partial<Stored>));
  if (rest === "" && method === "PATCH") {
    const now = head(id)!;
    const removed = (body.remove_relations ?? []) as { kind: string; id: string }[];
    return said(
      put(id, {
        tags: [...now.tags.filter((tag) => !((body.remove_tags ?? []) as string[]).includes(tag)), ...((body.add_tags ?? []) as string[])],
        relations: [...now.relations.filter((one) => !removed.some((other) => other.kind === one.kind && other.id === one.id)), ...((body.add_relations ?? []) as { kind: string; id: string }[])],
      }),
    );
  }
  if (rest === "" && method === "DELETE") {
    const was = head(id);
    contexts.delete(id);
    tell("forgotten", id, was);
    record("context.forget", id);
    return { message: "Context deleted successfully" };
  }
  if (rest === "versions") return { versions: [...versions].reverse() };
  if (rest.startsWith("versions/")) return find(decodeURIComponent(rest.slice(9)));
  if (rest === "graph") return graph(id, Number(url.searchParams.get("depth") ?? 1));
  if (rest === "restore") return said(put(id, { content: find(String(body.version)).content, message: String(body.message ?? `restore v${find(String(body.version)).number}`) }));
  if (rest === "diff") {
    const before = find(url.searchParams.get("from"));
    const after = find(url.searchParams.get("to"));
    return { before, after, content_equal: before.content === after.content, binary: false, why_binary: "", fields: {}, hunks: diff(before.content, after.content) };
  }
  if (rest === "content") {
    response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" }).end(find(url.searchParams.get("version")).content);
    return undefined;
  }
  throw new Refused(404, "no such route");
}

const handle: Connect.NextHandleFunction = (request, response, next) => {
  const url = new URL(request.url ?? "/", "http://mock");
  if (!url.pathname.startsWith("/api/v1/")) return next();
  answer(request, response, url).then(
    (value) => {
      if (value === undefined) return;
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    },
    (error: unknown) => {
      const refused = error instanceof Refused ? error : new Refused(500, String(error));
      response
        .writeHead(refused.status, { "Content-Type": "application/problem+json" })
        .end(JSON.stringify({ title: "Refused", status: refused.status, detail: refused.message, hint: refused.hint, request_id: "mock" }));
    },
  );
};

/** The policy that the real server sends, so that what it forbids is seen here. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function mockApi(): Plugin {
  return {
    name: "mock-api",
    configureServer: (server) => void server.middlewares.use(handle),
    configurePreviewServer(server) {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("Content-Security-Policy", policy);
        next();
      });
      server.middlewares.use(handle);
    },
  };
}
