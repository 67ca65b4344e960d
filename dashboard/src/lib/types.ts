// What the server answers under /api/v1. Times are RFC 3339 in UTC.

export type Role = "reader" | "writer" | "admin";

export interface Relation {
  kind: string;
  id: string;
}

export interface ContextSummary {
  id: string;
  version: string;
  cid: string;
  type: string;
  title: string;
  tags: string[];
  author: string;
  source: string;
  created: string;
  changed: string;
  size: number;
  versions: number;
  heads: number;
}

export interface ContextPage {
  contexts: ContextSummary[];
  next: string;
}

export interface Author {
  name: string;
  key?: string;
}

export type Proof = "valid" | "invalid" | "missing";

export interface Version {
  version: string;
  number: number;
  head: boolean;
  cid?: string;
  type: string;
  title: string;
  media_type: string;
  size: number;
  content_hash: string;
  tags: string[];
  metadata: Record<string, unknown>;
  relations: Relation[];
  author: Author;
  time: string;
  message: string;
  source: string;
  parents: string[];
  attestation: string | null;
  proof: Proof;
  signed_by?: string;
}

export interface Context {
  id: string;
  type: string;
  title: string;
  content: string | null;
  content_omitted?: string;
  content_hash: string;
  metadata: Record<string, unknown> | null;
  version: string;
  cid: string;
  tags: string[];
  relations: Relation[];
  incoming: Relation[];
  author: Author | string;
  source?: string;
  heads: string[];
  versions: number;
  number: number;
  size: number;
  media_type: string;
  proof: Proof;
  signed_by?: string;
  created: string;
  changed: string;
}

export interface CommitResult {
  id: string;
  version: string;
  number: number;
  title: string;
  unchanged?: boolean;
  conflicts?: string[];
}

export interface DiffLine {
  op: " " | "-" | "+";
  text: string;
}

export interface Hunk {
  before_start: number;
  after_start: number;
  lines: DiffLine[];
}

export interface VersionDiff {
  before: Version;
  after: Version;
  content_equal: boolean;
  binary: boolean;
  why_binary: string;
  fields: Record<string, unknown>;
  hunks: Hunk[];
}

export interface Term {
  term: string;
  rows: number;
  idf: number;
  title: number;
  tags: number;
  body: number;
  speaker: number;
  date: number;
  nearby: number;
  score: number;
}

export interface Explanation {
  bm25: number;
  bm25_max: number;
  cosine: number | null;
  embedding_weight: number;
  recency: number;
  recency_weight: number;
  terms: Term[];
}

export interface Hit {
  id: string;
  version: string;
  type: string;
  title: string;
  author: string;
  tags: string[];
  time: string;
  score: number;
  snippet: string;
  highlights: [number, number][];
  passage: number;
  passages: number;
  speaker?: string;
  explain?: Explanation;
}

export interface SearchPage {
  contexts: Hit[];
  next: string;
  total: number;
  more: boolean;
  notes: string[];
}

export interface Graph {
  nodes: { id: string; title: string; type: string }[];
  edges: { from: string; to: string; kind: string }[];
}

export interface TagCount {
  tag: string;
  contexts: number;
}

export interface Finding {
  what: string;
  where: string;
  problem: string;
}

export interface VerifyReport {
  ok: boolean;
  findings: Finding[];
  versions: number;
  blocks: number;
}

export interface Status {
  version: string;
  uptime_seconds: number;
  workspace: string;
  contexts: number;
  versions: number;
  by_type: Record<string, number>;
  content_bytes: number;
  blocks: number;
  store_bytes: number;
  disk_bytes: number;
  live_share: number;
  pins: number;
  indexed: number;
  to_index: number;
  embedder: string;
  key: string;
  origin: string;
  gateway: string;
  connections: number;
  memory_bytes: number;
  home?: string;
}

export interface Health {
  ready: boolean;
  checks: { name: string; ok: boolean; detail: string }[];
}

export interface Session {
  name: string;
  role: Role;
  csrf: string;
  expires: string;
}

export interface Token {
  id: string;
  name: string;
  role: Role;
  workspace: string;
  created: string;
  expires: string | null;
  revoked: string | null;
  used: string | null;
}

export interface AuditLine {
  seq: number;
  time: string;
  who: string;
  token: string;
  from: string;
  action: string;
  target: string;
  result: string;
  detail: string;
  hash: string;
}

export interface AuditPage {
  lines: AuditLine[];
  next: number;
}

export interface AuditCheck {
  ok: boolean;
  lines: number;
  head: string;
  bad_line: number;
  problem: string;
}

export interface ServerEvent {
  seq: number;
  kind: "committed" | "forgotten" | "imported" | "pins";
  id: string;
  version: string;
  type: string;
  title: string;
  created: boolean;
  time: string;
}
