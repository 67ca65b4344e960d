// A whole working session of the official SDK's client: save, find, read, change, link, build, watch, forget.
//   node client_session.mjs ERA http URL [TOKEN]
//   node client_session.mjs ERA stdio COMMAND [ARGS...]
// ERA: legacy (initialize) or modern (2026-07-28). Ends with exit code 0 and "session ok".
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = process.env.OPENMCP_CONFORMANCE_MODULES
const load = (part) => import(pathToFileURL(join(root, '@modelcontextprotocol/client/dist', part)))
const { Client, StreamableHTTPClientTransport } = await load('index.mjs')
const { StdioClientTransport } = await load('stdio.mjs')

const [era, kind, target, ...rest] = process.argv.slice(2)
let agreed = true
const asked = []
const updated = []

const client = new Client(
  { name: 'openmcp-session-test', version: '1.0.0' },
  {
    capabilities: { elicitation: {} },
    versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } }
  }
)
client.setRequestHandler('elicitation/create', async (request) => {
  asked.push(request.params.message)
  return agreed ? { action: 'accept', content: { forget: true } } : { action: 'decline' }
})
client.setNotificationHandler('notifications/resources/updated', (notification) => {
  updated.push(notification.params.uri)
})

const transport =
  kind === 'http'
    ? new StreamableHTTPClientTransport(
        new URL(target),
        rest[0] ? { requestInit: { headers: { Authorization: `Bearer ${rest[0]}` } } } : {}
      )
    : new StdioClientTransport({ command: target, args: rest, env: process.env, stderr: 'inherit' })
await client.connect(transport)
assert.equal(client.getNegotiatedProtocolVersion(), era === 'legacy' ? '2025-11-25' : '2026-07-28')
assert.equal(client.getServerVersion().name, 'openmcp')

const call = async (name, args, options) => {
  const result = await client.callTool({ name, arguments: args }, options)
  assert.ok(!result.isError, `${name}: ${JSON.stringify(result.content)}`)
  assert.equal(result.content[0].type, 'text')
  return { data: result.structuredContent, text: result.content[0].text }
}
const until = async (what, holds) => {
  for (let i = 0; i < 200 && !holds(); ++i) await new Promise((resolve) => setTimeout(resolve, 25))
  assert.ok(holds(), what)
}

// What there is.
const { tools } = await client.listTools()
for (const name of [
  'context_save', 'context_get', 'context_search', 'context_build', 'context_update', 'context_history',
  'context_link', 'context_list', 'context_forget', 'status', 'search', 'fetch'
]) {
  const tool = tools.find((each) => each.name === name)
  assert.ok(tool?.title && tool.description && tool.outputSchema && tool.annotations, name)
}
assert.deepEqual((await client.listPrompts()).prompts.map((each) => each.name).slice(0, 3), [
  'recall', 'summarise-project', 'handoff'
])

// Save.
const saved = (await call('context_save', {
  content: 'We chose SQLite for the catalog because one file is easy to back up.\nPostgreSQL stays possible.',
  title: 'Catalog database', type: 'decision', tags: ['catalog', 'storage'], metadata: { sprint: 7 }
})).data
assert.ok(saved.created && saved.number === 1)
const again = (await call('context_save', {
  content: 'We chose SQLite for the catalog because one file is easy to back up.\nPostgreSQL stays possible.'
})).data
assert.equal(again.id, saved.id)
assert.ok(again.unchanged)
const other = (await call('context_save', { content: 'The index of passages lives in search.db.', tags: ['catalog'] })).data

// Find and read.
const found = (await call('context_search', { query: 'why SQLite' })).data
assert.equal(found.hits[0].id, saved.id)
assert.match(found.hits[0].time, /^\d{4}-\d\d-\d\dT/)
const read = await call('context_get', { id: saved.id })
assert.match(read.data.text, /one file is easy/)
assert.match(read.text, /```/)
assert.equal(read.data.proof, 'valid')
assert.deepEqual(read.data.metadata, { sprint: 7 })
const connector = JSON.parse((await call('search', { query: 'SQLite' })).text)
assert.equal(connector.results[0].id, saved.id)
assert.match(JSON.parse((await call('fetch', { id: saved.id })).text).text, /one file is easy/)
const uri = `context://${saved.id}`
assert.match((await client.readResource({ uri })).contents[0].text, /one file is easy/)
assert.ok((await client.listResources()).resources.some((each) => each.uri === uri))
assert.match((await client.readResource({ uri: `ipfs://${saved.cid}` })).contents[0].text, /one file is easy/)
const ids = await client.complete({
  ref: { type: 'ref/resource', uri: 'context://{id}' }, argument: { name: 'id', value: 'catalog' }
})
assert.deepEqual(ids.completion.values, [saved.id])

// Watch, change, and look back.
if (era === 'legacy') await client.subscribeResource({ uri })
const subscription = era === 'legacy' ? null : await client.listen({ resourceSubscriptions: [uri] })
const changed = (await call('context_update', {
  id: saved.id, content: 'We chose SQLite for the catalog.\nPostgreSQL for many nodes.', expected_version: saved.version,
  message: 'shorter'
})).data
assert.equal(changed.number, 2)
await until('a notice of the change', () => updated.includes(uri))
await subscription?.close()
const stale = await client.callTool({
  name: 'context_update', arguments: { id: saved.id, content: 'lost?', expected_version: saved.version }
})
assert.ok(stale.isError)
const history = (await call('context_history', { id: saved.id, from: 'v1', to: 'v2' })).data
assert.deepEqual(history.versions.map((each) => each.number), [2, 1])
assert.match(history.diff, /\+PostgreSQL for many nodes\./)
assert.match((await client.readResource({ uri: `${uri}@v1` })).contents[0].text, /one file is easy/)
await call('context_link', { id: other.id, target: saved.id, kind: 'refines' })
assert.equal((await call('context_get', { id: saved.id })).data.incoming[0].id, other.id)

// Build, list, prompts.
const steps = []
const built = (await call(
  'context_build', { query: 'catalog database', budget_tokens: 1000 }, { onprogress: (each) => steps.push(each.progress) }
)).data
assert.ok(built.parts.some((each) => each.id === saved.id && each.cid === changed.cid))
assert.ok(built.text.includes(changed.cid) || built.text.includes(changed.version))
assert.ok(built.tokens <= 1000)
assert.ok(steps.length > 0)
assert.equal((await call('context_list', { tags: ['catalog'] })).data.contexts.length, 2)
const prompt = await client.getPrompt({ name: 'recall', arguments: { topic: 'catalog' } })
assert.match(prompt.messages[0].content.text, /SQLite/)
assert.equal((await call('status', {})).data.contexts, 2)

// What is wrong is said.
const wrong = await client.callTool({ name: 'context_search', arguments: { query: 'x', limit: 5000 } })
assert.ok(wrong.isError && /limit/.test(wrong.content[0].text))
await assert.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }))
await assert.rejects(client.readResource({ uri: 'context://00000000-0000-7000-8000-000000000001' }))

// Forget: the user is asked each time.
agreed = false
assert.deepEqual((await call('context_forget', { ids: [saved.id] })).data, { forgotten: [], declined: true })
assert.match(asked[0], /Catalog database/)
agreed = true
assert.deepEqual((await call('context_forget', { ids: [saved.id], reason: 'test' })).data.forgotten, [saved.id])
assert.equal(asked.length, 2)
assert.ok((await client.callTool({ name: 'context_get', arguments: { id: saved.id } })).isError)

await client.close()
console.log('session ok')
process.exit(0)
