import { renderToStaticMarkup } from "react-dom/server";
import { MemoryRouter } from "react-router";
import { expect, test } from "vitest";
import { Markdown } from "./Markdown.tsx";

const html = (text: string) =>
  renderToStaticMarkup(
    <MemoryRouter>
      <Markdown text={text} />
    </MemoryRouter>,
  );

test("documents", () => {
  const out = html("# Title\n\nA *word* and `code` &amp; more.\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n");
  expect(out).toContain('<h2 data-depth="1">Title</h2>');
  expect(out).toContain("<em>word</em>");
  expect(out).toContain("<code>code</code> &amp; more.");
  expect(out.match(/type="checkbox"/g)).toHaveLength(2);
  expect(out).toContain('<th scope="col">a</th>');
});

test.each([
  "<script>alert(1)</script>",
  '<img src=x onerror="alert(1)">',
  "<svg/onload=alert(1)>",
  '<a href="javascript:alert(1)" onclick="alert(2)">x</a>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  "<style>*{display:none}</style>",
  "text <b onmouseover=alert(1)>bold</b>",
  "> <math><mtext></p><script>alert(1)</script>",
  "- <!-- --!><img src=x onerror=alert(1)>",
])("HTML is shown, never made: %s", (text) => {
  const out = html(text);
  expect(out).not.toMatch(/<(script|img|svg|iframe|style|math|b)\b/i);
  expect(out).not.toMatch(/<[^>]*\son\w+=/i);
});

test.each([
  "[x](javascript:alert(1))",
  "[x](  JaVaScRiPt:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](java&#10;script:alert(1))",
  "[x](data:text/html;base64,PHNjcmlwdD4=)",
  "[x][1]\n\n[1]: vbscript:x",
  "<javascript:alert(1)>",
  '![x](javascript:alert(1) "t")',
])("no such address becomes a link: %s", (text) => {
  expect(html(text)).not.toContain("href=");
});

test("a quote cannot leave its attribute", () => {
  const out = html('[x](https://example.org/"onmouseover="alert(1) "a\\"b onfocus=alert(1)")');
  expect(out).not.toMatch(/<[^>]*"\s*on\w+=/i);
});

test("pictures from elsewhere are not loaded", () => {
  const out = html("![pixel](https://tracker.example/p.png)");
  expect(out).not.toContain("<img");
  expect(out).toContain('rel="noopener noreferrer nofollow"');
});

test("nesting without end neither hangs nor breaks", () => {
  expect(html("> ".repeat(3000) + "deep")).toContain("deep");
  expect(html("- ".repeat(500) + "deep")).toContain("deep");
  expect(html("*".repeat(5000) + "a" + "*".repeat(5000)).length).toBeGreaterThan(1000);
});
