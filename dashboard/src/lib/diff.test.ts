import { expect, test } from "vitest";
import { counts, inlineSpans, pairRows, unifiedRows, type Span } from "./diff.ts";
import { fieldRows } from "./fields.ts";
import type { Hunk } from "./types.ts";

const hunk: Hunk = {
  before_start: 10,
  after_start: 12,
  lines: [
    { op: " ", text: "same" },
    { op: "-", text: "the old word stays here" },
    { op: "-", text: "gone" },
    { op: "+", text: "the new word stays here" },
    { op: " ", text: "end" },
    { op: "+", text: "more" },
  ],
};
const text = (spans: Span[]) => spans.map((span) => span.text).join("");
const marked = (spans: Span[]) => spans.filter((span) => span.changed).map((span) => span.text);

test("side by side: removed and added lines stand beside each other, with the numbers of their own side", () => {
  const rows = pairRows(hunk);
  expect(rows.map((row) => [row.before?.number ?? null, row.after?.number ?? null])).toEqual([
    [10, 12],
    [11, 13],
    [12, null],
    [13, 14],
    [null, 15],
  ]);
  expect(marked(rows[1]!.before!.spans)).toEqual(["old"]);
  expect(marked(rows[1]!.after!.spans)).toEqual(["new"]);
  expect(rows[0]!.before!.changed).toBe(false);
});

test("one column: all that was removed, then all that was added", () => {
  expect(unifiedRows(hunk).map((row) => [row.op, row.before, row.after, text(row.spans)])).toEqual([
    [" ", 10, 12, "same"],
    ["-", 11, null, "the old word stays here"],
    ["-", 12, null, "gone"],
    ["+", null, 13, "the new word stays here"],
    [" ", 13, 14, "end"],
    ["+", null, 15, "more"],
  ]);
});

test("nothing of a line is lost by marking words", () => {
  const pairs: [string, string][] = [
    ["", "x"],
    ["  indented", "    indented"],
    ["a, b; c", "a b, c;"],
    ["naïve Zürich 東京 😀", "naive Zürich 大阪 😀"],
    ["x".repeat(5000), "y"],
  ];
  for (const [before, after] of pairs) {
    const [left, right] = inlineSpans(before, after);
    expect([text(left), text(right)]).toEqual([before, after]);
  }
});

test("lines with nothing in common are not taken for versions of each other", () => {
  const [left, right] = inlineSpans("alpha beta gamma delta", "one two three four");
  expect([left.length, right.length]).toEqual([1, 1]);
});

test("counts", () => {
  expect(counts([hunk, hunk])).toEqual({ added: 4, removed: 4 });
});

test("fields that differ", () => {
  const fields = {
    title: { before: "Port", after: "Port of the server" },
    tags_added: ["a", "b"],
    tags_removed: ["c"],
    relations_removed: [{ kind: "refines", id: "019a" }],
    metadata: [{ key: "n", before: 1, after: { deep: [2] } }, { key: "gone", before: "x" }],
  };
  expect(fieldRows(fields)).toEqual([
    { name: "title", before: "Port", after: "Port of the server" },
    { name: "tags", before: "c", after: "a, b" },
    { name: "relations", before: "refines 019a", after: "" },
    { name: "metadata.n", before: "1", after: '{"deep":[2]}' },
    { name: "metadata.gone", before: "x", after: "" },
  ]);
  expect(fieldRows({})).toEqual([]);
});
