// Colours for code with one small reader for all languages: comments, text, numbers, words of the language. It does not
// parse, so it is never wrong about what the text is, only about its colour.

export type Kind = "plain" | "comment" | "string" | "number" | "keyword" | "name" | "punctuation";

export interface Mark {
  kind: Kind;
  text: string;
}

interface Language {
  line: string[];
  block: [string, string][];
  quotes: string[];
  keywords: Set<string>;
  insensitive?: boolean;
}

const set = (words: string) => new Set(words.split(" "));
const cLike = { line: ["//"], block: [["/*", "*/"]] as [string, string][], quotes: ['"', "'"] };

const languages: Record<string, Language> = {
  javascript: {
    ...cLike,
    quotes: ['"', "'", "`"],
    keywords: set(
      "abstract as async await break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in instanceof interface keyof let new null of private protected public readonly return satisfies set static super switch this throw true try type typeof undefined var void while with yield",
    ),
  },
  python: {
    line: ["#"],
    block: [
      ['"""', '"""'],
      ["'''", "'''"],
    ],
    quotes: ['"', "'"],
    keywords: set(
      "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield",
    ),
  },
  cpp: {
    ...cLike,
    keywords: set(
      "alignas alignof auto bool break case catch char class co_await co_return co_yield concept const consteval constexpr continue decltype default delete do double else enum explicit export extern false final float for friend goto if inline int long mutable namespace new noexcept nullptr operator override private protected public register requires return short signed sizeof static static_assert struct switch template this thread_local throw true try typedef typename union unsigned using virtual void volatile wchar_t while",
    ),
  },
  rust: {
    ...cLike,
    quotes: ['"'],
    keywords: set(
      "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while",
    ),
  },
  go: {
    ...cLike,
    quotes: ['"', "'", "`"],
    keywords: set(
      "break case chan const continue default defer else fallthrough false for func go goto if import interface iota map nil package range return select struct switch true type var",
    ),
  },
  java: {
    ...cLike,
    keywords: set(
      "abstract assert boolean break byte case catch char class const continue default do double else enum extends false final finally float for fun if implements import instanceof int interface internal long native new null object override package private protected public record return sealed short static super switch synchronized this throw throws transient true try val var void volatile when while",
    ),
  },
  shell: {
    line: ["#"],
    block: [],
    quotes: ['"', "'"],
    keywords: set("case do done elif else esac exit export fi for function if in local return select set shift then trap until while"),
  },
  sql: {
    line: ["--"],
    block: [["/*", "*/"]],
    quotes: ["'", '"'],
    insensitive: true,
    keywords: set(
      "add all alter and as asc begin between by case check column commit constraint create cross default delete desc distinct drop else end exists foreign from full group having in index inner insert into is join key left like limit not null offset on or order outer primary references returning right rollback select set table then union unique update using values view when where with",
    ),
  },
  json: { line: [], block: [], quotes: ['"'], keywords: set("true false null") },
  toml: { line: ["#"], block: [], quotes: ['"', "'"], keywords: set("true false null yes no on off") },
  css: { line: [], block: [["/*", "*/"]], quotes: ['"', "'"], keywords: set("important media supports import layer keyframes") },
  markup: { line: [], block: [["<!--", "-->"]], quotes: ['"', "'"], keywords: new Set() },
};

const aliases: Record<string, string> = {
  js: "javascript", jsx: "javascript", ts: "javascript", tsx: "javascript", typescript: "javascript", mjs: "javascript",
  py: "python", c: "cpp", h: "cpp", hpp: "cpp", cc: "cpp", "c++": "cpp", cs: "java", csharp: "java", kt: "java",
  kotlin: "java", swift: "rust", rs: "rust", golang: "go", sh: "shell", bash: "shell", zsh: "shell", console: "shell",
  dockerfile: "shell", makefile: "shell", cmake: "shell", jsonc: "json", ndjson: "json", yaml: "toml", yml: "toml",
  ini: "toml", conf: "toml", html: "markup", xml: "markup", svg: "markup", vue: "markup", scss: "css", less: "css",
  solidity: "javascript", sol: "javascript", php: "javascript", ruby: "python", rb: "python", lua: "sql",
}; // prettier-ignore

export function languageOf(name: string): string | null {
  const lower = name.trim().toLowerCase();
  const known = aliases[lower] ?? lower;
  return Object.hasOwn(languages, known) ? known : null;
}

/** From a file's name or a media type; else from a look at the text. */
export function guessLanguage(source: string, mediaType: string, text: string): string | null {
  const extension = /\.([A-Za-z0-9+]+)$/.exec(source)?.[1];
  const byName = extension ? languageOf(extension) : languageOf(source.split("/").at(-1) ?? "");
  if (byName) return byName;
  const byType = languageOf(/^(?:text|application)\/(?:x-)?([\w+]+)/.exec(mediaType)?.[1] ?? "");
  if (byType) return byType;
  const head = text.slice(0, 4000);
  if (/^\s*[{[]/.test(head) && /"\s*:/.test(head)) return "json";
  if (/^#!.*\b(bash|sh)\b/.test(head)) return "shell";
  if (/^\s*#include\b|\bstd::|\bnamespace \w+ \{/m.test(head)) return "cpp";
  if (/^\s*(def|class) \w+.*:\s*$|^\s*(from \w[\w.]* )?import \w/m.test(head) && !/[;{]\s*$/m.test(head)) return "python";
  if (/^\s*(fn|pub fn|impl|use \w+::)/m.test(head)) return "rust";
  if (/^package \w+$/m.test(head) && /\bfunc\b/.test(head)) return "go";
  if (/\b(const|let|function|import)\b.*[;{]\s*$/m.test(head) || /=>/.test(head)) return "javascript";
  if (/^\s*(select|insert|update|create table)\b/im.test(head)) return "sql";
  if (/^\s*</.test(head)) return "markup";
  return null;
}

export function highlight(text: string, name: string | null): Mark[] {
  const language = name ? languages[name] : undefined;
  if (!language) return text ? [{ kind: "plain", text }] : [];
  const out: Mark[] = [];
  const put = (kind: Kind, piece: string) => {
    if (!piece) return;
    const last = out.at(-1);
    if (last && last.kind === kind) last.text += piece;
    else out.push({ kind, text: piece });
  };
  const word = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
  const number = /(?:0[xXbBoO][\da-fA-F_']+|\d[\d_']*(?:\.\d+)?(?:[eE][-+]?\d+)?)\w*/y;
  const space = /\s+/y;
  const take = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? "";
  };
  let at = 0;
  scan: while (at < text.length) {
    const blank = take(space, at);
    if (blank) {
      put(out.at(-1)?.kind ?? "plain", blank);
      at += blank.length;
      continue;
    }
    for (const [open, close] of language.block) {
      if (!text.startsWith(open, at)) continue;
      const end = text.indexOf(close, at + open.length);
      const to = end < 0 ? text.length : end + close.length;
      put(open.length === 3 && open !== "<!-" ? "string" : "comment", text.slice(at, to));
      at = to;
      continue scan;
    }
    for (const start of language.line) {
      if (!text.startsWith(start, at)) continue;
      const end = text.indexOf("\n", at);
      const to = end < 0 ? text.length : end;
      put("comment", text.slice(at, to));
      at = to;
      continue scan;
    }
    const c = text[at]!;
    if (language.quotes.includes(c)) {
      let to = at + 1;
      while (to < text.length && text[to] !== c && (c === "`" || text[to] !== "\n")) to += text[to] === "\\" ? 2 : 1;
      to = Math.min(to + (text[to] === c ? 1 : 0), text.length);
      const piece = text.slice(at, to);
      put(name === "json" && /^\s*:/.test(text.slice(to, to + 8)) ? "name" : "string", piece);
      at = to;
      continue;
    }
    const letters = take(word, at);
    if (letters) {
      const known = language.keywords.has(language.insensitive ? letters.toLowerCase() : letters);
      put(known ? "keyword" : text[at + letters.length] === "(" ? "name" : "plain", letters);
      at += letters.length;
      continue;
    }
    const digits = take(number, at);
    if (digits) {
      put("number", digits);
      at += digits.length;
      continue;
    }
    put("punctuation", c);
    ++at;
  }
  return out;
}
