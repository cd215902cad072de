import { mkdir, open, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createTransport } from 'nodemailer'
import type { MailChannel } from './channel.ts'

/**
 * Writes each mail as a file `<id>.eml` that mail programs open: for the demo and for development. A mail that is sent twice is one file.
 */
export function fileChannel({ directory, from }: { readonly directory: string; readonly from: string }): MailChannel {
  const folder = resolve(directory)
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  return {
    where: folder,
    async send({ id, to, subject, text }) {
      try {
        await mkdir(folder, { recursive: true })
        const { message } = await composer.sendMail({ from, to, subject, text, messageId: `<${id}@accord>` })
        const path = join(folder, `${id}.eml`)
        const file = await open(`${path}.new`, 'w', 0o600)
        await file.writeFile(message as Buffer)
        await file.sync()
        await file.close()
        await rename(`${path}.new`, path)
        return { outcome: 'SENT' }
      } catch (error) {
        return { outcome: 'LATER', why: (error as Error).message }
      }
    },
    close: async () => {},
  }
}
