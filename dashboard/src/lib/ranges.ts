// The server's highlights are byte ranges of the snippet's UTF-8; a string is UTF-16.
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface Piece {
  text: string;
  marked: boolean;
}

export function pieces(text: string, ranges: readonly (readonly [number, number])[]): Piece[] {
  const bytes = encoder.encode(text);
  const out: Piece[] = [];
  const put = (from: number, to: number, marked: boolean) => {
    if (to > from) out.push({ text: decoder.decode(bytes.subarray(from, to)), marked });
  };
  let at = 0;
  for (const [begin, end] of ranges) {
    const from = Math.min(Math.max(begin, at), bytes.length);
    const to = Math.min(Math.max(end, from), bytes.length);
    put(at, from, false);
    put(from, to, true);
    at = to;
  }
  put(at, bytes.length, false);
  return out;
}
