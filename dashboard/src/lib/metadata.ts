// Metadata as a person types it: strict JSON, read here only to say what is wrong and where, before it is sent.

export interface Problem {
  message: string;
  line: number;
  column: number;
  /** "priority", "review.by[2]"; "" at the top. */
  field: string;
}

export type Checked = { ok: true; value: Record<string, unknown> } | { ok: false; problem: Problem };

/** As the server's limits. */
export const maxBytes = 1 << 20;
export const maxDepth = 64;

class Failure extends Error {
  constructor(
    message: string,
    readonly at: number,
    readonly field: string,
  ) {
    super(message);
  }
}

type Path = (string | number)[];

function fieldOf(path: Path): string {
  let out = "";
  for (const part of path) {
    if (typeof part === "number") out += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(part)) out += out ? `.${part}` : part;
    else out += `[${JSON.stringify(part)}]`;
  }
  return out;
}

class Reader {
  private at = 0;
  private path: Path = [];

  constructor(private readonly text: string) {}

  read(): unknown {
    this.space();
    if (this.at >= this.text.length) this.fail("nothing here: write {} for no metadata");
    if (this.text[this.at] !== "{") this.fail(`metadata is an object: it begins with "{"`);
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.fail(`nothing may follow the closing "}"`);
    return value;
  }

  private fail(message: string, at = this.at): never {
    throw new Failure(message, at, fieldOf(this.path));
  }

  private space() {
    while (this.at < this.text.length && " \t\r\n".includes(this.text[this.at]!)) ++this.at;
    if (this.text.startsWith("//", this.at) || this.text.startsWith("/*", this.at)) this.fail("JSON has no comments");
  }

  private seen(): string {
    return this.at >= this.text.length ? "the end of the text" : `"${[...this.text.slice(this.at, this.at + 2)][0]}"`;
  }

  private value(): unknown {
    if (this.path.length > maxDepth) this.fail(`nested deeper than ${maxDepth}`);
    const first = this.text[this.at];
    if (first === "{") return this.object();
    if (first === "[") return this.array();
    if (first === '"') return this.string();
    if (first === "'") this.fail(`text stands in double quotes, not in single ones`);
    if (first !== undefined && /[-+.\d]/.test(first)) return this.number();
    const word = /^[A-Za-z_$][\w$]*/.exec(this.text.slice(this.at, this.at + 64))?.[0];
    if (word === "true" || word === "false" || word === "null") {
      this.at += word.length;
      return word === "null" ? null : word === "true";
    }
    if (word) {
      const lower = word.toLowerCase();
      if (["true", "false", "null"].includes(lower)) this.fail(`write ${lower}, in small letters`);
      if (lower === "none" || lower === "undefined") this.fail(`write null, not ${word}`);
      this.fail(`text stands in double quotes: "${word}"`);
    }
    if (first === "}" || first === "]" || first === ",") this.fail(`a value is missing before "${first}"`);
    return this.fail(`a value is expected, not ${this.seen()}`);
  }

  private object(): Record<string, unknown> {
    // No prototype: "__proto__" is a field like any other.
    const out = Object.create(null) as Record<string, unknown>;
    const open = this.at++;
    this.space();
    if (this.text[this.at] === "}") {
      ++this.at;
      return out;
    }
    for (;;) {
      this.space();
      const start = this.at;
      if (this.at >= this.text.length) this.fail(`the "{" is not closed`, open);
      if (this.text[this.at] !== '"') {
        if (this.text[this.at] === "}") this.fail(`a comma before "}" is one too many`);
        const word = /^[\w$-]+/.exec(this.text.slice(this.at, this.at + 64))?.[0];
        this.fail(word ? `a field's name stands in double quotes: "${word}"` : `a field's name is expected, not ${this.seen()}`);
      }
      const name = this.string();
      this.path.push(name);
      if (Object.hasOwn(out, name)) this.fail(`the field "${name}" stands here twice`, start);
      this.space();
      if (this.text[this.at] !== ":") this.fail(`":" is expected after the field's name, not ${this.seen()}`);
      ++this.at;
      this.space();
      out[name] = this.value();
      this.space();
      const next = this.text[this.at];
      if (next === "}") {
        this.path.pop();
        ++this.at;
        return out;
      }
      if (next === undefined) {
        this.path.pop();
        this.fail(`the "{" is not closed`, open);
      }
      if (next !== ",") this.fail(`"," or "}" is expected after this value, not ${this.seen()}`);
      this.path.pop();
      ++this.at;
    }
  }

  private array(): unknown[] {
    const out: unknown[] = [];
    const open = this.at++;
    this.space();
    if (this.text[this.at] === "]") {
      ++this.at;
      return out;
    }
    for (;;) {
      this.path.push(out.length);
      this.space();
      if (this.at >= this.text.length) this.fail(`the "[" is not closed`, open);
      if (out.length > 0 && this.text[this.at] === "]") this.fail(`a comma before "]" is one too many`);
      out.push(this.value());
      this.space();
      const next = this.text[this.at];
      if (next === "]") {
        this.path.pop();
        ++this.at;
        return out;
      }
      if (next === undefined) {
        this.path.pop();
        this.fail(`the "[" is not closed`, open);
      }
      if (next !== ",") this.fail(`"," or "]" is expected after this value, not ${this.seen()}`);
      this.path.pop();
      ++this.at;
    }
  }

  private string(): string {
    const open = this.at++;
    for (;;) {
      const c = this.text[this.at];
      if (c === undefined || c === "\n") this.fail("the text is not closed with a double quote on its line", open);
      if (c === '"') break;
      if (c < " ") this.fail(`a control character in text is written as an escape (\\t for a tab)`);
      if (c === "\\") {
        const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.text.slice(this.at, this.at + 6));
        if (!escape) this.fail(`an unknown escape; a backslash itself is written \\\\`);
        this.at += escape[0].length;
      } else {
        ++this.at;
      }
    }
    ++this.at;
    return JSON.parse(this.text.slice(open, this.at)) as string;
  }

  private number(): number {
    const word = /^[-+.\w]+/.exec(this.text.slice(this.at))![0];
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(word)) {
      if (/^-?0\d/.test(word)) this.fail("a number has no leading zero; a code like this is text, in double quotes");
      this.fail(`"${word}" is no number; text stands in double quotes`);
    }
    if (!Number.isFinite(Number(word))) this.fail(`${word} is too large for a number`);
    this.at += word.length;
    return Number(word);
  }
}

export function checkMetadata(text: string): Checked {
  if (text.trim() === "") return { ok: true, value: {} };
  try {
    const value = new Reader(text).read() as Record<string, unknown>;
    const size = new TextEncoder().encode(text).length;
    if (size > maxBytes) throw new Failure(`${size} bytes; at most ${maxBytes} are allowed`, 0, "");
    return { ok: true, value };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const before = text.slice(0, failure.at);
    const line = before.split("\n").length;
    const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
    return { ok: false, problem: { message: failure.message, line, column, field: failure.field } };
  }
}
