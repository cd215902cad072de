import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { typedFormsRepository } from './typed-forms.repository.ts'

/** The fields of a form, as they were sent. */
export type TypedFields = Readonly<Record<string, string | readonly string[]>>

/** Whose a form is, and the address that it was sent to. */
export interface TypedForm {
  readonly person: { readonly issuer: string; readonly subject: string }
  readonly address: string
}

/** How long what was typed waits for its person, in seconds. */
export const TYPED_SECONDS = 900
/** So many forms of one person wait at most; the oldest gives way. */
const PERSON_MAX = 10
const SECRET_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

export type TypedFormsService = ReturnType<typeof typedFormsService>

/**
 * Keeps what somebody typed into a form and sent after their session had ended. It is encrypted with a key that is made of a secret of
 * their browser, so that neither the database nor anybody else at that browser reads it, and it is never carried out by itself.
 */
export function typedFormsService({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  const asSystem = <T>(work: (forms: ReturnType<typeof typedFormsRepository>) => Promise<T>) =>
    withTransactionAs(db, { kind: 'system' }, (tx: Transaction) => work(typedFormsRepository(tx)))
  const oldest = () => new Date(clock().getTime() - TYPED_SECONDS * 1000)

  return {
    /** Keeps the fields for the person; answers the secret with which their browser finds them again: its own, where it has one. */
    async keep(held: string | undefined, form: TypedForm, fields: TypedFields): Promise<string> {
      const secret = held ?? randomBytes(SECRET_BYTES).toString('base64url')
      await asSystem((forms) => forms.keep(idOf(secret, form), form.person, sealed(secret, form, fields), clock(), PERSON_MAX))
      return secret
    },

    /** What the person typed; undefined: nothing that still waits for them. */
    async find(secret: string, form: TypedForm): Promise<TypedFields | undefined> {
      const found = await asSystem((forms) => forms.find(idOf(secret, form), form.person, oldest()))
      return found && opened(secret, form, found)
    },

    drop: (secret: string, form: Pick<TypedForm, 'address'>): Promise<void> => asSystem((forms) => forms.drop(idOf(secret, form))),

    /** Takes away what nobody came back for in time. */
    forgetOld: (): Promise<void> => asSystem((forms) => forms.forget(oldest())),
  }
}

function idOf(secret: string, { address }: Pick<TypedForm, 'address'>): Buffer {
  return createHash('sha256').update(`${secret}\n${address}`).digest()
}

function keyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'accord: what was typed', 32))
}

/** Whose it is and where it belongs is part of the seal: it opens for nobody and nothing else. */
function boundTo({ person: { issuer, subject }, address }: TypedForm): Buffer {
  return Buffer.from(JSON.stringify([issuer, subject, address]))
}

function sealed(secret: string, form: TypedForm, fields: TypedFields): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, keyOf(secret), nonce).setAAD(boundTo(form))
  const text = Buffer.concat([cipher.update(JSON.stringify(fields), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

function opened(secret: string, form: TypedForm, bytes: Buffer): TypedFields {
  const [nonce, tag] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)]
  const decipher = createDecipheriv(CIPHER, keyOf(secret), nonce).setAAD(boundTo(form)).setAuthTag(tag)
  const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
  return JSON.parse(text.toString('utf8')) as TypedFields
}
