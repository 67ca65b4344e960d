// Loads packages from $OPENMCP_NODE_MODULES: node looks for them beside the importing file only, and they are not there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = process.env.OPENMCP_NODE_MODULES

/** load('multiformats', './cid'): the module that the package exports under this name. */
export function load(name, part = '.') {
  const { exports } = JSON.parse(readFileSync(join(root, name, 'package.json')))
  return import(pathToFileURL(join(root, name, exports[part].import)))
}
