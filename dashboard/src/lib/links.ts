// Which addresses in stored text may become links. Text is a stranger's: only schemes that open a page or a letter.

export type Target = { kind: "outside"; href: string } | { kind: "context"; id: string } | null;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function linkTarget(href: string): Target {
  let url: URL;
  try {
    url = new URL(href);
  } catch {
    return null; // Relative: relative to what, nobody knows.
  }
  if (url.protocol === "http:" || url.protocol === "https:" || url.protocol === "mailto:") {
    return { kind: "outside", href: url.href };
  }
  if (url.protocol === "context:") {
    const id = href.replace(/^context:(?:\/\/)?/i, "").split(/[/?#]/)[0] ?? "";
    if (uuid.test(id)) return { kind: "context", id: id.toLowerCase() };
  }
  return null;
}

const names: Record<string, string> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", hellip: "…", mdash: "—", ndash: "–", copy: "©",
  reg: "®", trade: "™", rarr: "→", larr: "←", uarr: "↑", darr: "↓", times: "×", middot: "·", bull: "•", deg: "°",
  laquo: "«", raquo: "»", lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", euro: "€", sect: "§", para: "¶", le: "≤",
  ge: "≥", ne: "≠", plusmn: "±", auml: "ä", ouml: "ö", uuml: "ü", szlig: "ß", eacute: "é", shy: "\u00ad",
}; // prettier-ignore

/** Character references as the characters they name; always text, never markup. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (whole, dec?: string, hex?: string, name?: string) => {
    if (name) return Object.hasOwn(names, name) ? names[name]! : whole;
    const code = dec ? parseInt(dec, 10) : parseInt(hex!, 16);
    if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
    return String.fromCodePoint(code);
  });
}
