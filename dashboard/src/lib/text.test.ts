import { expect, test } from "vitest";
import { errorOf, query } from "./api.ts";
import { clients } from "./clients.ts";
import { ago, bytes, duration, shortCid } from "./format.ts";
import { guessLanguage, highlight } from "./highlight.ts";
import { decodeEntities, linkTarget } from "./links.ts";
import { pieces } from "./ranges.ts";
import { measure } from "./tokens.ts";
import { readTurns } from "./turns.ts";

test("tokens and bytes as the server counts them", () => {
  expect(measure("")).toEqual({ bytes: 0, tokens: 0, lines: 0 });
  expect(measure("durable writes")).toEqual({ bytes: 14, tokens: 4, lines: 1 }); // 14 * 0.26, upwards
  expect(measure("AB 12")).toEqual({ bytes: 5, tokens: 2, lines: 1 }); // 2 * 0.34 + 0.26 + 2 * 0.5 = 1.94
  expect(measure("ä東😀")).toEqual({ bytes: 9, tokens: 5, lines: 1 }); // 0.6 + 1.2 + 2.5 for their first bytes
  expect(measure("a\nb\n").lines).toBe(3);
});

test("highlights are bytes of UTF-8, and broken ones do no harm", () => {
  expect(pieces("über den Batch", [[10, 15]])).toEqual([
    { text: "über den ", marked: false },
    { text: "Batch", marked: true },
  ]);
  expect(pieces("abc", [[2, 9], [0, 1]]).map((piece) => piece.text).join("")).toBe("abc"); // prettier-ignore
  expect(pieces("", [[0, 3]])).toEqual([]);
});

test.each([
  "javascript:alert(1)",
  "  JaVaScRiPt:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "file:///etc/passwd",
  "blob:http://127.0.0.1/x",
  "context://not-an-id",
  "//no-scheme.example",
  "relative/path",
  "",
])("no link for %j", (href) => {
  expect(linkTarget(href)).toBeNull();
});

test("links that are allowed", () => {
  expect(linkTarget("https://example.org/a?b#c")).toEqual({ kind: "outside", href: "https://example.org/a?b#c" });
  expect(linkTarget("mailto:a@example.org")?.kind).toBe("outside");
  expect(linkTarget("context://019AB000-0000-7000-8000-000000000001")).toEqual({
    kind: "context",
    id: "019ab000-0000-7000-8000-000000000001",
  });
});

test("character references are text", () => {
  expect(decodeEntities("a &lt;b&gt; &amp;amp; &#60; &#x1F600; &nonsense; &#0; &#xD800;")).toBe("a <b> &amp; < 😀 &nonsense; \ufffd \ufffd");
  expect(decodeEntities("&constructor;")).toBe("&constructor;");
});

test("turns of a conversation", () => {
  const lines = [
    '{"role":"user","name":"Anna","content":"Which port?","timestamp":"2026-11-20T09:12:00Z"}',
    "",
    '{"from":"bot","text":"7777"}',
    '{"role":"assistant","content":[{"type":"text","text":"one"},{"type":"image"},{"type":"text","text":"two"}]}',
  ].join("\n");
  expect(readTurns(lines)).toEqual([
    { speaker: "Anna", text: "Which port?", time: "2026-11-20T09:12:00Z" },
    { speaker: "bot", text: "7777", time: "" },
    { speaker: "assistant", text: "one\ntwo", time: "" },
  ]);
  expect(readTurns("Anna: hello\n  and more\nBoris: hi")?.map((turn) => turn.text)).toEqual(["hello\n  and more", "hi"]);
  expect(readTurns('{"content":"x"}\nnot json')).toBeNull();
  expect(readTurns("just prose")).toBeNull();
});

test("colours lose nothing of the text", () => {
  const code = '// a "note"\nint main() { return 0x1F; } /* open';
  for (const name of ["cpp", "python", "json", "sql", "markup", "shell", null]) {
    expect(highlight(code, name).map((mark) => mark.text).join("")).toBe(code); // prettier-ignore
  }
  const kinds = new Map(highlight(code, "cpp").map((mark) => [mark.text.trim(), mark.kind]));
  expect(kinds.get("int")).toBe("keyword");
  expect(kinds.get("0x1F")).toBe("number");
  expect(kinds.get("/* open")).toBe("comment");
  expect(guessLanguage("src/a.tsx", "", "")).toBe("javascript");
  expect(guessLanguage("", "application/json", "")).toBe("json");
  expect(guessLanguage("", "", "Dear all, nothing to colour here.")).toBeNull();
});

test("errors of both surfaces become words", () => {
  expect(errorOf(412, "Precondition Failed", { detail: "another head", hint: "read it again" })).toMatchObject({
    message: "another head",
    hint: "read it again",
  });
  expect(errorOf(422, "", { detail: [{ loc: ["body", "tags", 2], msg: "too long" }] }).message).toBe("tags.2: too long");
  expect(errorOf(409, "Conflict", {}).hint).toContain("Somebody else");
  expect(errorOf(429, "", {}, "7").hint).toBe("Wait 7 s and try again.");
  expect(errorOf(500, "", { request_id: "abc" }).requestId).toBe("abc");
});

test("query strings leave out what is not set", () => {
  expect(query({ q: "a b", type: ["x", "y"], cursor: "", limit: 5, author: undefined })).toBe("?q=a+b&type=x&type=y&limit=5");
  expect(query({ q: "" })).toBe("");
});

test("numbers and times", () => {
  expect([bytes(0), bytes(1023), bytes(1536), bytes(150 * 1024), bytes(5 * 2 ** 40)]).toEqual(["0 B", "1023 B", "1.5 KiB", "150 KiB", "5.0 TiB"]);
  const now = Date.parse("2026-11-26T12:00:00Z");
  expect(ago("2026-11-26T11:59:55Z", now)).toBe("just now");
  expect(ago("2026-11-26T09:00:00Z", now)).toContain("3 hr");
  expect(ago("nonsense", now)).toBe("nonsense");
  expect([duration(0), duration(59), duration(3600), duration(90061)]).toEqual(["0 s", "59 s", "1 h", "1 d 1 h"]);
  expect(shortCid("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy")).toBe("bafkreig…4s52zy");
});

test("settings for clients are what their programs read", () => {
  for (const client of clients) {
    for (const snippet of [client.http?.("http://127.0.0.1:7777", "omcp_id_secret"), client.stdio?.("/home/anna/my store/.openmcp")]) {
      if (!snippet) continue;
      if (snippet.language === "json") expect(() => JSON.parse(snippet.text) as unknown).not.toThrow();
      if (snippet === client.http?.("http://127.0.0.1:7777", "omcp_id_secret")) expect(snippet.text).toContain("http://127.0.0.1:7777");
    }
  }
  const code = clients.find((client) => client.key === "claude-code")!;
  expect(code.stdio!("/home/anna/my store/.openmcp").text).toBe("claude mcp add openmcp -- openmcp --home '/home/anna/my store/.openmcp' mcp");
  expect(code.http!("http://[::1]:7777", "it's").text).toContain(`'Authorization: Bearer it'\\''s'`);
});
