// Hunks of the server as rows to show: one column (unified) or two (side by side), and what changed inside a line.
import type { DiffLine, Hunk } from "./types.ts";

export interface Span {
  text: string;
  changed: boolean;
}

export interface Side {
  number: number;
  spans: Span[];
  changed: boolean;
}

/** Of a side-by-side view: null where the other side has a line more. */
export interface PairRow {
  before: Side | null;
  after: Side | null;
}

export interface UnifiedRow {
  op: DiffLine["op"];
  before: number | null;
  after: number | null;
  spans: Span[];
}

const longest = 2000; // characters of a line beyond which words are not compared

function words(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

/** Words that both lines have, in order (longest common subsequence), stay plain; the rest is marked. */
export function inlineSpans(before: string, after: string): [Span[], Span[]] {
  const whole = (text: string): Span[] => (text ? [{ text, changed: true }] : []);
  if (before.length > longest || after.length > longest) return [whole(before), whole(after)];
  const a = words(before);
  const b = words(after);
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; --i) {
    for (let j = b.length - 1; j >= 0; --j) {
      table[i * width + j] =
        a[i] === b[j]
          ? table[(i + 1) * width + j + 1]! + 1
          : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
    }
  }
  const left: Span[] = [];
  const right: Span[] = [];
  const put = (spans: Span[], text: string, changed: boolean) => {
    const last = spans.at(-1);
    if (last && last.changed === changed) last.text += text;
    else spans.push({ text, changed });
  };
  let i = 0;
  let j = 0;
  let common = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      if (a[i]!.trim()) common += a[i]!.length;
      put(left, a[i++]!, false);
      put(right, b[j++]!, false);
    } else if (j >= b.length || (i < a.length && table[(i + 1) * width + j]! >= table[i * width + j + 1]!)) {
      put(left, a[i++]!, true);
    } else {
      put(right, b[j++]!, true);
    }
  }
  // Lines with next to nothing in common are not versions of each other: marks would only be noise.
  if (common * 4 < Math.max(before.trim().length, after.trim().length)) return [whole(before), whole(after)];
  return [left, right];
}

const plain = (text: string): Span[] => (text ? [{ text, changed: false }] : []);

/** A run of removed lines and the run of added ones behind it, line by line. */
export function pairRows(hunk: Hunk): PairRow[] {
  const rows: PairRow[] = [];
  let before = hunk.before_start;
  let after = hunk.after_start;
  let at = 0;
  while (at < hunk.lines.length) {
    const line = hunk.lines[at]!;
    if (line.op === " ") {
      rows.push({
        before: { number: before++, spans: plain(line.text), changed: false },
        after: { number: after++, spans: plain(line.text), changed: false },
      });
      ++at;
      continue;
    }
    const removed: string[] = [];
    const added: string[] = [];
    while (hunk.lines[at]?.op === "-") removed.push(hunk.lines[at++]!.text);
    while (hunk.lines[at]?.op === "+") added.push(hunk.lines[at++]!.text);
    for (let k = 0; k < Math.max(removed.length, added.length); ++k) {
      const old = removed[k];
      const now = added[k];
      const [left, right] =
        old !== undefined && now !== undefined
          ? inlineSpans(old, now)
          : [plain(old ?? ""), plain(now ?? "")];
      rows.push({
        before: old === undefined ? null : { number: before++, spans: left, changed: true },
        after: now === undefined ? null : { number: after++, spans: right, changed: true },
      });
    }
  }
  return rows;
}

export function unifiedRows(hunk: Hunk): UnifiedRow[] {
  const rows: UnifiedRow[] = [];
  const pairs = pairRows(hunk);
  let at = 0;
  while (at < pairs.length) {
    const pair = pairs[at]!;
    if (pair.before && pair.after && !pair.before.changed) {
      rows.push({ op: " ", before: pair.before.number, after: pair.after.number, spans: pair.before.spans });
      ++at;
      continue;
    }
    const from = at;
    while (at < pairs.length && (pairs[at]!.before?.changed || pairs[at]!.after?.changed)) ++at;
    const run = pairs.slice(from, at);
    for (const { before } of run) if (before) rows.push({ op: "-", before: before.number, after: null, spans: before.spans });
    for (const { after } of run) if (after) rows.push({ op: "+", before: null, after: after.number, spans: after.spans });
  }
  return rows;
}

export function counts(hunks: readonly Hunk[]): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const hunk of hunks) {
    for (const line of hunk.lines) {
      if (line.op === "+") ++added;
      if (line.op === "-") ++removed;
    }
  }
  return { added, removed };
}
