// Evidence files: bytes that a record names, as they were sent. Kept, hashed, scanned, erased here.
// Words: file (one that somebody sent), chunk (a piece of its bytes), owner (the record that names it), scan (what a scanner said of it).
// It must never decide who sees a file: the record that names it does.
import type { Day } from '../platform/kernel/london-day.ts'

/** Bytes of a file at most. */
export const FILE_BYTES_MAX = 20 * 1024 * 1024
/** Bytes of a piece that is stored and sent at a time, at most. */
export const CHUNK_BYTES = 256 * 1024
/** Files that one record names, at most. */
export const FILES_OF_OWNER_MAX = 200
/** What is sent and no record names within this time is removed. */
export const NAMING_MS = 24 * 60 * 60_000
/** What has not arrived after this time never will: no request may take so long (`REQUEST_TIMEOUT_SECONDS`). */
export const ARRIVAL_MS = 15 * 60_000

/** A file that was sent, on its way or here or erased. */
export type FileStatus = 'RECEIVING' | 'KEPT' | 'ERASED'
/** UNSCANNED: there was no scanner. PENDING: there was one, and it gave no answer yet. */
export type Scan = 'UNSCANNED' | 'PENDING' | 'CLEAN' | 'INFECTED'
/** Why the bytes of a file were erased. */
export type ErasedWhy = 'NOT_NAMED' | 'RETENTION' | 'ASKED_FOR' | 'INFECTED'

/** The record that names a file; opaque here. */
export interface FileOwner {
  readonly type: string
  readonly id: string
}

/** What is shown of a file. Instants are ISO 8601. */
export interface EvidenceFile {
  readonly id: string
  /** The organisation that sent it. */
  readonly org: string
  /** Null: erased with the bytes. */
  readonly name: string | null
  readonly media_type: string
  readonly size: number
  /** SHA-256 of the bytes, hex; stays when they are erased. */
  readonly sha256: string
  readonly uploaded_at: string
  readonly scan: Scan
  readonly scanned_at: string | null
  /** Null: no record names it yet. */
  readonly owner: FileOwner | null
  readonly attached_at: string | null
  /** What it shows, in the words of whoever attached it. */
  readonly note: string | null
  readonly erased_at: string | null
  readonly erased_why: ErasedWhy | null
}

/** Whether the bytes may be given out or relied on: where files are scanned, only once that found nothing. Pure. */
export function isUsable({ scan, erased_at }: Pick<EvidenceFile, 'scan' | 'erased_at'>, isScanned: boolean): boolean {
  return erased_at === null && (isScanned ? scan === 'CLEAN' : scan !== 'INFECTED')
}

/** Whether what a record keeps is to go: its last day is over. Null: it is kept. Pure. */
export function isOver(keptUntil: Day | null | undefined, today: Day): boolean {
  return keptUntil !== null && keptUntil !== undefined && keptUntil < today
}

/** The headers with which the bytes of a file are given out: whatever a browser makes of it, it is saved, never shown, and runs nothing. Pure. */
export function savedHeaders({ id, name, size, sha256 }: Pick<EvidenceFile, 'id' | 'name' | 'size' | 'sha256'>): Record<string, string> {
  return {
    etag: `"${sha256}"`,
    'content-length': String(size),
    'content-disposition': contentDisposition(name ?? id),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  }
}

/** The header that has a file saved under its own name and never shown (RFC 6266; the name as RFC 8187 writes it). Pure. */
function contentDisposition(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename*=UTF-8''${encoded}`
}
