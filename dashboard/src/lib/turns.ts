// A conversation's turns, by the same keys as the server reads them.

export interface Turn {
  speaker: string;
  text: string;
  time: string;
}

function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return null;
  const texts: string[] = [];
  for (const part of value as unknown[]) {
    if (typeof part === "string") texts.push(part);
    else if (part && typeof part === "object" && typeof (part as { text?: unknown }).text === "string") {
      texts.push((part as { text: string }).text);
    }
  }
  return texts.length ? texts.join("\n") : null;
}

function first(object: Record<string, unknown>, names: string[]): string {
  for (const name of names) {
    const value = object[name];
    if (typeof value === "string" && value) return value;
    if (typeof value === "number") return String(value);
  }
  return "";
}

function turnOf(value: unknown): Turn | null {
  if (!value || typeof value !== "object" || Array.isArray(value)) return null;
  const object = value as Record<string, unknown>;
  for (const key of ["content", "text", "message"]) {
    const text = textOf(object[key]);
    if (text === null) continue;
    return {
      speaker: first(object, ["name", "speaker", "role", "author", "from"]),
      text,
      time: first(object, ["timestamp", "time", "created_at"]),
    };
  }
  return null;
}

/** JSON Lines, or "Name: text" lines as people type them; null when it is neither. */
export function readTurns(content: string): Turn[] | null {
  const lines = content.split("\n").filter((line) => line.trim());
  if (lines.length === 0) return null;
  if (lines[0]!.trimStart().startsWith("{")) {
    const turns: Turn[] = [];
    for (const line of lines) {
      try {
        const turn = turnOf(JSON.parse(line));
        if (!turn) return null;
        turns.push(turn);
      } catch {
        return null;
      }
    }
    return turns;
  }
  const turns: Turn[] = [];
  for (const line of content.split("\n")) {
    const said = /^\s*(?:\*\*)?([\p{L}][\p{L}\p{N} ._-]{0,30})(?:\*\*)?:(?:\*\*)?\s+(.+)$/u.exec(line);
    if (said) turns.push({ speaker: said[1]!, text: said[2]!, time: "" });
    else if (turns.length) turns.at(-1)!.text += `\n${line}`;
    else if (line.trim()) return null;
  }
  for (const turn of turns) turn.text = turn.text.trimEnd();
  return turns.length > 1 ? turns : null;
}
