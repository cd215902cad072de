import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Everything an answer can depend on besides the policy: the rules themselves and what they read codes and days with. */
const FOLDERS = ['.', './evaluation', './policy', './rules', '../parties', '../reference', '../platform/kernel']

/** Digest of this build of the rules, `sha256:<hex>`: two builds with the same digest give the same answers (what they advise as `remedies` is no part of one). */
export function engineDigest(): string {
  const digest = createHash('sha256')
  for (const folder of FOLDERS) {
    const path = fileURLToPath(new URL(`${folder}/`, import.meta.url))
    for (const name of readdirSync(path).toSorted()) {
      if (name.endsWith('.ts'))
        digest
          .update(`${folder}/${name}\n`)
          .update(readFileSync(path + name))
          .update('\n')
    }
  }
  return `sha256:${digest.digest('hex')}`
}
