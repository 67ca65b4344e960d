// What differs between two versions besides the content, as rows to show.

export interface Row {
  name: string;
  before: string;
  after: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value));
const names = (value: unknown): string =>
  Array.isArray(value) ? value.map((one: unknown) => (typeof one === "object" && one ? Object.values(one).join(" ") : text(one))).join(", ") : "";

/** What the server says of fields: pairs [before, after] or {before, after}; lists that were added or removed; metadata by key. */
export function fieldRows(fields: Record<string, unknown>): Row[] {
  const rows: Row[] = [];
  const add = (name: string, before: string, after: string) => {
    if (before || after) rows.push({ name, before, after });
  };
  for (const [name, value] of Object.entries(fields)) {
    if (name === "metadata") {
      for (const change of (Array.isArray(value) ? value : []) as Record<string, unknown>[]) {
        add(`metadata.${text(change.key)}`, text(change.before), text(change.after));
      }
    } else if (name.endsWith("_added")) {
      add(name.replace("_added", ""), names(fields[name.replace("_added", "_removed")]), names(value));
    } else if (name.endsWith("_removed")) {
      if (!(name.replace("_removed", "_added") in fields)) add(name.replace("_removed", ""), names(value), "");
    } else if (Array.isArray(value)) {
      add(name, text(value[0]), text(value[1]));
    } else if (value && typeof value === "object") {
      const pair = value as { before?: unknown; after?: unknown; added?: unknown; removed?: unknown };
      if ("added" in pair || "removed" in pair) add(name, names(pair.removed), names(pair.added));
      else add(name, text(pair.before), text(pair.after));
    }
  }
  return rows;
}
