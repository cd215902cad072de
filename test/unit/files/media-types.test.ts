import t from 'tap'
import { otherType } from '../../../src/files/media-types.service.ts'
import * as sample from '../../support/sample-files.ts'

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const ODT = 'application/vnd.oasis.opendocument.text'
const [ASICE, P7S] = ['application/vnd.etsi.asic-e+zip', 'application/pkcs7-signature']

/** Bytes in pieces of this size, as they are stored. */
const inPieces = (bytes: Buffer, size: number) =>
  async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }

t.test('a file is what its bytes say', async (t) => {
  const table: readonly (readonly [what: string, claimed: string, bytes: Buffer, other: string | undefined])[] = [
    ['a PDF', 'application/pdf', sample.PDF, undefined],
    ['a picture', 'image/png', sample.PNG, undefined],
    ['a photograph', 'image/jpeg', sample.JPEG, undefined],
    ['a scan', 'image/tiff', sample.TIFF, undefined],
    ['a DOCX', DOCX, sample.DOCX, undefined],
    ['an ODT', ODT, sample.ODT, undefined],
    ['a signature', P7S, sample.SIGNATURE, undefined],
    ['a signature in letters', P7S, Buffer.from('-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n'), undefined],
    ['a container of signatures', ASICE, sample.ASICE, undefined],
    ['a mail', 'message/rfc822', sample.MAIL, undefined],
    ['text', 'text/plain', sample.TEXT, undefined],
    ['text with letters beyond ASCII', 'text/plain', Buffer.from('Žižek signed, naïvely: 签署'), undefined],
    ['a picture as a PDF', 'application/pdf', sample.PNG, 'image/png'],
    ['a program as a PDF', 'application/pdf', sample.WINDOWS_PROGRAM, 'application/x-msdownload'],
    ['a program as text', 'text/plain', sample.WINDOWS_PROGRAM, 'application/x-msdownload'],
    ['a program as a signature', P7S, sample.WINDOWS_PROGRAM, 'application/x-msdownload'],
    ['a program as a mail', 'message/rfc822', sample.WINDOWS_PROGRAM, 'application/x-msdownload'],
    ['an archive as a container of signatures', ASICE, sample.PLAIN_ZIP, 'application/zip'],
    ['an archive as a DOCX', DOCX, sample.PLAIN_ZIP, 'application/zip'],
    ['an ODT as a DOCX', DOCX, sample.ODT, ODT],
    ['a page as text', 'text/plain', Buffer.from('<!doctype html><script>x</script>'), 'something else'],
    ['a page after blanks and a mark', 'text/plain', Buffer.from('\uFEFF \n<svg onload=x>'), 'something else'],
    ['a program text', 'text/plain', Buffer.from('#!/bin/sh\nrm -rf /'), 'something else'],
    ['bytes that are no UTF-8', 'text/plain', Buffer.from([0x41, 0xff, 0x42]), 'something else'],
    ['a letter that is cut off', 'text/plain', Buffer.from([0x41, 0xe2, 0x82]), 'something else'],
    ['a null', 'text/plain', Buffer.from('a\0b'), 'something else'],
    ['text as a PDF', 'application/pdf', sample.TEXT, 'something else'],
    ['text as a mail', 'message/rfc822', Buffer.from('no field here\n'), 'something else'],
    ['nothing', 'application/pdf', Buffer.alloc(0), 'something else'],
  ]
  for (const [what, claimed, bytes, other] of table)
    for (const size of [1_000_000, 7]) t.equal(await otherType(claimed, inPieces(bytes, size)), other, `${what}, in pieces of ${size}`)
})

t.test('a picture that comes late in a document does not hide what the document is', async (t) => {
  const late = Buffer.concat([sample.TEXT, Buffer.alloc(600_000, 'a'), Buffer.from([0])])
  t.equal(await otherType('text/plain', inPieces(late, 262_144)), 'something else', 'the last byte is looked at, too')
})
