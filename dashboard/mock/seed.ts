// A small workspace to look at while the page is developed. Nothing of this is in the built page.

export interface SeedContext {
  type: string;
  title: string;
  tags: string[];
  author: string;
  contents: { content: string; message: string }[];
  metadata?: Record<string, unknown>;
  relations?: { kind: string; to: number }[];
  minutesAgo: number;
}

const guide = `# Durable writes

A write is acknowledged when its batch is on the disk, not before. One \`fdatasync\` serves every commit that waits for it.

## How it works

1. Blocks and the pin are appended to the active segment as **one batch**.
2. \`fdatasync\` makes the batch durable.
3. The commit is acknowledged; the catalog and the search index catch up.

> After a crash the batch is there as a whole or not at all.

| step | cost | shared |
|---|---:|---|
| append | 4 µs | no |
| fdatasync | 0.9 ms | yes |
| index | 30 µs | yes |

\`\`\`cpp
co_await store.put(batch);        // appended, not yet durable
co_await store.sync();            // shared by everyone who waits
\`\`\`

See [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110) for what a client may assume, and ~~the old notes~~ nothing else.

- [x] torn batches are found by their CRC
- [ ] measure on a disk without a cache
`;

const code = `// Group commit: one sync for all who wait.
#include "storage/pack_writer.hpp"

namespace openmcp::storage {

base::Task<void> PackWriter::sync(Position upto) {
  while (durable_ < upto) {
    if (syncing_) {
      co_await synced_->wait();
      continue;
    }
    syncing_ = true;
    const Position reached = written_;   // what this sync covers
    co_await file_->sync();
    durable_ = reached;
    syncing_ = false;
    synced_->notify_all();
  }
}

}  // namespace openmcp::storage
`;

const talk = [
  { role: "user", name: "Anna", content: "What did we decide about the default port?", timestamp: "2026-11-20T09:12:00Z" },
  { role: "assistant", content: "The server listens on **7777**, on loopback only. The decision is in *Port of the server*:\n\n- 7777 is free on all machines we looked at\n- the gateway gets 8080, as with Kubo", timestamp: "2026-11-20T09:12:04Z" },
  { role: "user", name: "Anna", content: "And who may connect from another machine?", timestamp: "2026-11-20T09:13:10Z" },
  { role: "tool", content: "search: 2 contexts", timestamp: "2026-11-20T09:13:12Z" },
  { role: "assistant", content: "Nobody until `--listen` names another address; then a token is needed in every case.", timestamp: "2026-11-20T09:13:15Z" },
].map((turn) => JSON.stringify(turn)).join("\n"); // prettier-ignore

const hostile = `# <script>document.title = "owned"</script> Notes from outside

<img src=x onerror="document.title='owned'"> <iframe src="javascript:alert(1)"></iframe>

[click me](javascript:document.title='owned') and [this](  JaVaScRiPt:alert(1)) and [data](data:text/html,<script>alert(1)</script>)

![tracking pixel](https://tracker.example/pixel.png)

<a href="javascript:alert(1)" onclick="alert(2)">a raw link</a>
`;

export const seed: SeedContext[] = [
  {
    type: "documentation", title: "Durable writes", tags: ["storage", "crash-safety"], author: "Anna", minutesAgo: 4,
    contents: [
      { content: guide.replace("0.9 ms", "1.4 ms").replace("as **one batch**", "one by one").replace(/- \[ \].*\n/, ""), message: "" },
      { content: guide.replace("0.9 ms", "1.4 ms"), message: "Batches instead of single appends" },
      { content: guide, message: "Figures measured again" },
    ],
    metadata: { project: "openmcp", reviewed: true, review: { by: ["Boris", "Chen"], at: "2026-11-18" } },
    relations: [{ kind: "depends on", to: 3 }, { kind: "refines", to: 6 }],
  },
  {
    type: "code", title: "pack_writer.cpp", tags: ["storage", "c++"], author: "Boris", minutesAgo: 26,
    contents: [{ content: code.replace("    if (syncing_) {\n      co_await synced_->wait();\n      continue;\n    }\n", ""), message: "" }, { content: code, message: "Waiters share a sync" }],
    relations: [{ kind: "answers", to: 0 }],
  },
  { type: "conversation", title: "Which port, and who may connect", tags: ["server", "decisions"], author: "Anna", minutesAgo: 95, contents: [{ content: talk, message: "" }], relations: [{ kind: "mentions", to: 3 }] },
  {
    type: "decision", title: "Port of the server", tags: ["server"], author: "Chen", minutesAgo: 300,
    contents: [{ content: "## Decided\n\nThe server listens on **7777**, on loopback.\n\n## Why\n\nIt is free on every machine that we looked at, and easy to remember.\n", message: "" }],
    metadata: { status: "accepted" },
  },
  { type: "other", title: "Notes from outside", tags: ["imported"], author: "unknown", minutesAgo: 700, contents: [{ content: hostile, message: "" }] },
  { type: "documentation", title: "How to write a fuzz target", tags: ["tests", "crash-safety"], author: "Boris", minutesAgo: 1500, contents: [{ content: "# Fuzz targets\n\nEach decoder has one. Its property is checked, and a small corpus is kept.\n", message: "" }], relations: [{ kind: "refines", to: 7 }] },
  { type: "documentation", title: "Architecture", tags: ["overview"], author: "Anna", minutesAgo: 2600, contents: [{ content: "# Architecture\n\nFloors and rooms: a room includes itself and rooms below.\n", message: "" }] },
  { type: "decision", title: "Strict codecs", tags: ["ipld", "crash-safety"], author: "Chen", minutesAgo: 4000, contents: [{ content: "What would not be written again the same way is refused.\n", message: "" }], relations: [{ kind: "refines", to: 6 }] },
]; // prettier-ignore

const words = "durable index block pin segment batch search gateway token session manifest attestation catalog lease sync".split(" ");
for (let n = 0; n < 400; ++n) {
  const pick = (at: number) => words[(n * 7 + at * 13) % words.length]!;
  seed.push({
    type: ["code", "documentation", "conversation", "other"][n % 4]!,
    title: `${pick(0)} and ${pick(1)}, note ${n + 1}`,
    tags: [pick(2)],
    author: ["Anna", "Boris", "Chen"][n % 3]!,
    minutesAgo: 5000 + n * 190,
    contents: [{ content: `About ${pick(3)}: the ${pick(4)} of a ${pick(5)}.\n\nMore on the ${pick(6)}.\n`, message: "" }],
  });
}
