// node run.mjs URL TOKEN: the web page of a running server in a real browser. Closes with "N passed, N failed".
// OPENMCP_SHOTS=folder keeps screenshots; OPENMCP_E2E_ONLY=words runs the tests that have them in their name.
import { Suite } from "./harness.mjs";
import { access } from "./access.mjs";
import { contexts } from "./contexts.mjs";
import { pages } from "./pages.mjs";

const [base, token] = process.argv.slice(2);
if (!base || !token) {
  console.error("usage: node run.mjs URL TOKEN");
  process.exit(2);
}
const suite = new Suite(base.replace(/\/$/, ""), token);
await suite.open();
try {
  const seeded = await seed(suite.api);
  await pages(suite, seeded);
  await contexts(suite);
  await access(suite);
} finally {
  await suite.close();
}
process.exitCode = suite.finish();

/** Something on every page. */
async function seed(api) {
  const guide = "# Durable writes\n\nA write is acknowledged when its **batch** is on the disk.\n\n| step | cost |\n|---|--:|\n| sync | 1 ms |\n\n```cpp\nco_await store.sync();  // shared\n```\n";
  const first = await api.commit({ type: "documentation", title: "Durable writes", content: guide.replace("1 ms", "2 ms"), tags: ["storage", "crash-safety"], metadata: { project: "openmcp", reviewed: true } });
  await api.ask("PUT", `/contexts/${first.id}`, { type: "documentation", content: guide, message: "Measured again" });
  const code = await api.commit({ type: "code", title: "sync.cpp", content: "// Waiters share a sync.\nint main() { return 0; }\n", tags: ["storage"], relations: [{ kind: "answers", id: first.id }] });
  const turns = [
    { role: "user", name: "Anna", content: "Which port?" },
    { role: "assistant", content: "The server listens on **7777**." },
  ];
  const talk = await api.commit({ type: "conversation", title: "Which port", content: turns.map((turn) => JSON.stringify(turn)).join("\n") + "\n" });
  const decision = await api.commit({ type: "decision", title: "Port of the server", content: "It listens on 7777.\n", relations: [{ kind: "mentions", id: talk.id }] });
  for (let n = 1; n <= 40; ++n) await api.commit({ type: "other", title: `Note ${n}`, content: `Note number ${n} about segments.\n`, tags: ["notes"] });
  return { first: first.id, code: code.id, talk: talk.id, decision: decision.id };
}
