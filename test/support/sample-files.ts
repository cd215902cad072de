import { crc32 } from 'node:zlib'

// The smallest files of each type that is kept, made here: what they hold says what they are.

export const PDF = Buffer.from('%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n')
export const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64')
export const JPEG = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
  Buffer.alloc(200, 0x20),
  Buffer.from('ffd9', 'hex'),
])
export const TIFF = Buffer.concat([Buffer.from('49492a0008000000000000000000', 'hex'), Buffer.alloc(64)])
export const WINDOWS_PROGRAM = Buffer.concat([Buffer.from('4d5a90000300000004000000ffff0000', 'hex'), Buffer.alloc(200)])
/** `signedData` as DER begins it (RFC 5652). */
export const SIGNATURE = Buffer.concat([Buffer.from('3082040006092a864886f70d010702a08203f1', 'hex'), Buffer.alloc(64, 1)])
export const MAIL = Buffer.from('From: director@hackney.example\r\nTo: ig@camden.example\r\nSubject: Signed\r\n\r\nAgreed.\r\n')
export const TEXT = Buffer.from('Minute 12: the agreement is approved and signed for the Council.\n')
export const DOCX = zip({
  '[Content_Types].xml':
    '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
  'word/document.xml': '<w:document/>',
})
export const ODT = zip({ mimetype: 'application/vnd.oasis.opendocument.text', 'content.xml': '<office/>' })
export const ASICE = zip({ mimetype: 'application/vnd.etsi.asic-e+zip', 'META-INF/signatures.xml': '<signatures/>' })
export const PLAIN_ZIP = zip({ 'a.txt': 'a' })
/** What every scanner takes for a virus (eicar.org); put together here, or this file would be one. */
export const EICAR = Buffer.from(['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!', '$H+H*'].join(''))

/** An archive of files that are stored and not compressed (APPNOTE 4.3). */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const bytes = Buffer.from(text)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt32LE(crc32(bytes), 10)
    shared.writeUInt32LE(bytes.length, 14)
    shared.writeUInt32LE(bytes.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), shared, Buffer.from(name), bytes])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), shared, tail, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32BE(0x504b0506, 0)
  end.writeUInt16LE(central.length, 8)
  end.writeUInt16LE(central.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
