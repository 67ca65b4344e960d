import { expect, test } from "vitest";
import { checkMetadata, maxDepth } from "./metadata.ts";

function problem(text: string) {
  const checked = checkMetadata(text);
  if (checked.ok) throw new Error(`accepted: ${text}`);
  return checked.problem;
}

test("what is right comes out as it was written", () => {
  const text = '{ "a": [1, -2.5e3, true, null], "b": {"c": "\\u00e4\\n"}, "": 0 }';
  const checked = checkMetadata(text);
  expect(checked.ok && JSON.stringify(checked.value)).toBe(JSON.stringify(JSON.parse(text)));
  expect(checkMetadata("  \n")).toEqual({ ok: true, value: {} });
});

test("the place of a mistake is its line, column and field", () => {
  expect(problem('{\n  "project": "atlas",\n  "review": { "by": ["Boris", Chen] }\n}')).toEqual({
    message: 'text stands in double quotes: "Chen"',
    line: 3,
    column: 31,
    field: "review.by[1]",
  });
});

test("columns count characters as a person does", () => {
  expect(problem('{"😀": x}')).toMatchObject({ line: 1, column: 7, field: '["😀"]' });
});

test.each([
  ["[]", "it begins with"],
  ['{"a": 1,}', 'a comma before "}" is one too many'],
  ['{"a": [1,]}', 'a comma before "]" is one too many'],
  ['{"a" 1}', '":" is expected'],
  ['{"a": 1 "b": 2}', '"," or "}" is expected'],
  ['{"a": 1', 'the "{" is not closed'],
  ['{"a": [1', 'the "[" is not closed'],
  ['{"a": "x}', "not closed with a double quote"],
  ["{'a': 1}", "a field's name is expected"],
  ["{a: 1}", 'a field\'s name stands in double quotes: "a"'],
  ['{"a": \'x\'}', "not in single ones"],
  ['{"a": True}', "write true"],
  ['{"a": None}', "write null"],
  ['{"a": 007}', "no leading zero"],
  ['{"a": 1.}', "is no number"],
  ['{"a": NaN}', "text stands in double quotes"],
  ['{"a": 1e999}', "too large"],
  ['{"a": "\\x"}', "unknown escape"],
  ['{"a": "\t"}', "control character"],
  ['{"a": 1, "a": 2}', "stands here twice"],
  ['{"a": 1} x', "nothing may follow"],
  ['{"a": 1} // note', "no comments"],
  ['{"a": }', 'a value is missing before "}"'],
])("%s: %s", (text, message) => {
  expect(problem(text).message).toContain(message);
});

test("an open bracket is pointed at where it was opened", () => {
  expect(problem('{\n  "a": {\n    "b": 1\n')).toMatchObject({ line: 2, column: 8, field: "a" });
});

test("nesting and names have no way around the limits", () => {
  const deep = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
  expect(checkMetadata(deep(maxDepth)).ok).toBe(true);
  expect(problem(deep(maxDepth + 1)).message).toContain("nested deeper");
  const checked = checkMetadata('{"__proto__": {"polluted": true}}');
  expect(checked.ok && Object.keys(checked.value)).toEqual(["__proto__"]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("whatever JSON.parse refuses is refused, and the other way round", () => {
  // Mutations of a valid text, by a fixed generator, so that a failure comes back.
  const base = '{"a": [1, 2.5, "x\\n"], "b": {"c": null, "d": false}}';
  const signs = '{}[],:"\\ 0-e.tn';
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  for (let round = 0; round < 3000; ++round) {
    const at = random(base.length);
    const text = base.slice(0, at) + signs[random(signs.length)]! + base.slice(at + random(2));
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    const wanted = parsed !== null && typeof parsed === "object" && !Array.isArray(parsed);
    const repeated = (text.match(/"(a|b|c|d)":/g) ?? []).length > new Set(text.match(/"(a|b|c|d)":/g)).size;
    if (!repeated) expect([text, checkMetadata(text).ok]).toEqual([text, wanted]);
  }
});
