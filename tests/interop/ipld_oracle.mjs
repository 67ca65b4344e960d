// Answers with the JavaScript implementations of IPFS, one JSON line for each JSON line on standard input:
//   {"codec": "dag-cbor", "block": "<hex>"} -> {"again": {"dag-cbor": "<hex>", ...}, "links": ["<cid>", ...]}
//   {"cid": "<hex>"}                        -> {"text": ..., "base58btc": ..., "base36": ...} (the last two for version 1)
//   {"base": "base36", "bytes": "<hex>"}    -> {"text": "..."}
// or {"error": "..."}.
import { createInterface } from 'node:readline'
import { load } from './modules.mjs'

const codecs = {
  'dag-cbor': await load('@ipld/dag-cbor'),
  'dag-json': await load('@ipld/dag-json'),
  'dag-pb': await load('@ipld/dag-pb')
}
const { CID } = await load('multiformats', './cid')
const { bases } = await load('multiformats', './basics')

const toHex = (bytes) => Buffer.from(bytes).toString('hex')
const fromHex = (hex) => new Uint8Array(Buffer.from(hex, 'hex'))

function collectLinks (value, links) {
  const cid = CID.asCID(value)
  if (cid != null) {
    links.push(cid.toString())
  } else if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array)) {
    for (const item of Object.values(value)) collectLinks(item, links)
  }
  return links
}

function ofBlock ({ codec, block }) {
  const value = codecs[codec].decode(fromHex(block))
  const again = {}
  for (const [name, target] of Object.entries(codecs)) {
    if (name === 'dag-pb' && codec !== 'dag-pb') continue
    try {
      again[name] = toHex(target.encode(value))
    } catch (error) {
      again[name] = null
    }
  }
  return { again, links: collectLinks(value, []) }
}

function ofCid ({ cid }) {
  const value = CID.decode(fromHex(cid))
  if (value.version === 0) return { text: value.toString() }
  return { text: value.toString(), base58btc: value.toString(bases.base58btc.encoder), base36: value.toString(bases.base36.encoder) }
}

function answer (request) {
  if (request.block !== undefined) return ofBlock(request)
  if (request.cid !== undefined) return ofCid(request)
  return { text: bases[request.base].encode(fromHex(request.bytes)) }
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply
  try {
    reply = answer(JSON.parse(line))
  } catch (error) {
    reply = { error: String(error.message) }
  }
  process.stdout.write(JSON.stringify(reply) + '\n')
}
