// The server's own rough count of tokens (context::estimate_tokens), so that page and server say the same number.
const encoder = new TextEncoder();

export interface Measure {
  bytes: number;
  tokens: number;
  lines: number;
}

export function measure(text: string): Measure {
  const bytes = encoder.encode(text);
  let sum = 0; // hundredths of a token
  let lines = bytes.length === 0 ? 0 : 1;
  for (const byte of bytes) {
    if ((byte >= 0x61 && byte <= 0x7a) || byte === 0x20) sum += 26;
    else if (byte >= 0x41 && byte <= 0x5a) sum += 34;
    else if (byte < 0x80) sum += 50;
    else if (byte >= 0xf0) sum += 250;
    else if (byte >= 0xe0) sum += 120;
    else if (byte >= 0xc0) sum += 60;
    if (byte === 0x0a) ++lines;
  }
  return { bytes: bytes.length, tokens: Math.floor((sum + 99) / 100), lines };
}
