import { savedHeaders } from '../../files/evidence-file.ts'
import type { FilesService } from '../../files/files.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { Web } from '../web.plugin.ts'

/** Evidence files, to be saved: for whoever may see the record that names them. */
export function evidencePages({ files }: { readonly files: Pick<FilesService, 'content'> }) {
  return ({ file }: Web): void =>
    file('/files/:id', 'getFileContent', async (request, reply) => {
      const { id } = request.params as { readonly id: string }
      const { file: found, bytes } = orThrow(await files.content(callerOf(request), id))
      return reply.headers(savedHeaders(found)).type(found.media_type).send(bytes)
    })
}
