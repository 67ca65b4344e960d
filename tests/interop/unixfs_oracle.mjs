// Answers with ipfs-unixfs-importer, one JSON line for each JSON line on standard input:
//   {"profile": "unixfs-v1-2025", "root": "<path of a file or folder>"}               -> {"cid": "..."}
//   {"chunk": 16, "width": 3, "fanoutBits": 3, "threshold": 200, "measure": "block-bytes", "rawLeaves": true,
//    "cidVersion": 1, "layout": "balanced" or "trickle", "blocks": true, "root": ...} -> the same, with
//                                                            "blocks": [["<cid>", "<hex>"], ...] when asked for
// or {"error": "..."}. Symlinks are not known to it.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { load } from './modules.mjs'

const { importer } = await load('ipfs-unixfs-importer')
const { fixedSize } = await load('ipfs-unixfs-importer', './chunker')
const { balanced, trickle } = await load('ipfs-unixfs-importer', './layout')
const { MemoryBlockstore } = await load('blockstore-core', './memory')

function * entriesOf (folder, below) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const relative = below === '' ? name : below + '/' + name
    if (statSync(path).isDirectory()) {
      yield { path: relative }
      yield * entriesOf(path, relative)
    } else {
      yield { path: relative, content: readFileSync(path) }
    }
  }
}

function optionsOf (request) {
  if (request.profile !== undefined) return { profile: request.profile }
  const maxChildrenPerNode = request.width
  return {
    chunker: fixedSize({ chunkSize: request.chunk }),
    layout: request.layout === 'trickle' ? trickle({ maxChildrenPerNode }) : balanced({ maxChildrenPerNode }),
    shardFanoutBits: request.fanoutBits,
    shardSplitThresholdBytes: request.threshold,
    shardSplitStrategy: request.measure,
    rawLeaves: request.rawLeaves,
    cidVersion: request.cidVersion,
    reduceSingleLeafToSelf: true
  }
}

async function answer (request) {
  const store = new MemoryBlockstore()
  const isFolder = statSync(request.root).isDirectory()
  const source = isFolder ? [...entriesOf(request.root, '')] : [{ content: readFileSync(request.root) }]
  let root
  for await (const entry of importer(source, store, { ...optionsOf(request), wrapWithDirectory: isFolder })) root = entry.cid
  const reply = { cid: root.toString() }
  if (request.blocks) {
    reply.blocks = []
    for await (const { cid, bytes } of store.getAll()) {
      const parts = []
      for await (const part of bytes) parts.push(part)
      reply.blocks.push([cid.toString(), Buffer.concat(parts).toString('hex')])
    }
  }
  return reply
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply
  try {
    reply = await answer(JSON.parse(line))
  } catch (error) {
    reply = { error: String(error.stack) }
  }
  process.stdout.write(JSON.stringify(reply) + '\n')
}
