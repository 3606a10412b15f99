// What a model would read in a text however it is dressed up: compatibility forms, look-alike letters, invisible and tag
// characters, letters set apart by blanks or signs, base64. Only scoring reads this copy. What had to be undone is counted,
// because nobody writes invisible characters by accident.

export interface Canonical {
  readonly text: string
  /** Hidden text that was spelled in tag characters or base64, already part of `text`. */
  readonly hidden: number
  /** Invisible characters inside words. */
  readonly invisible: number
  /** Words that mix Latin letters with look-alikes of another alphabet. */
  readonly mixed: number
  readonly bidirectional: number
  /** Runs of letters set apart, joined again. */
  readonly spaced: number
}

const ASCII = /^[\t\n\r\x20-\x7e]*$/
const PAIRS =
  'аa еe оo рp сc уy хx ѕs іi јj ԁd һh ӏl ԛq ԝw ьb вb гr зз кk мm нh тt пn иu АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ЅS ІI ЈJ ' +
  'αa βb γy εe ηn ιi κk νv οo ρp σo τt υu χx ωw ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX օo ոn սu հh ցg զq ɡg ɑa ɩi ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ıi'
const LOOKALIKES = new Map(PAIRS.split(' ').map((pair) => [pair[0]!, pair[1]!]))

export function canonicalise(source: string): Canonical {
  let hidden = 0
  let invisible = 0
  let mixed = 0
  let bidirectional = 0
  let text = source
  if (!ASCII.test(source)) {
    let tags = ''
    let out = ''
    let before = ''
    for (const char of source.normalize('NFKC')) {
      const code = char.codePointAt(0)!
      if (code >= 0xe0020 && code <= 0xe007e) {
        tags += String.fromCharCode(code - 0xe0000)
        continue
      }
      if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) {
        bidirectional++
        continue
      }
      if (
        code > 127 &&
        (/\p{Cf}/u.test(char) || (code >= 0xfe00 && code <= 0xfe0f) || code === 0x115f || code === 0x3164)
      ) {
        if (/[A-Za-z]/.test(before)) invisible++
        continue
      }
      if (code >= 0x300 && code <= 0x36f) continue
      out += char
      before = char
    }
    // Look-alikes are read as Latin beside Latin letters; a word made of nothing else only in a text that is mostly Latin.
    const foreign = (out.match(/[^\x00-\x7f]/g)?.length ?? 0) > (out.match(/[A-Za-z]/g)?.length ?? 0)
    text = out.replace(/[\p{L}]+/gu, (word) => {
      if (!/[^\x00-\x7f]/.test(word)) return word
      const read = [...word].map((char) => LOOKALIKES.get(char) ?? char).join('')
      if (!/^[A-Za-z]+$/.test(read) || (foreign && !/[A-Za-z]/.test(word)))
        return word.normalize('NFD').replace(/\p{M}/gu, '')
      if (/[A-Za-z]/.test(word)) mixed++
      return read
    })
    if (tags !== '') {
      hidden += tags.length
      text += `\n${tags}`
    }
  }
  let spaced = 0
  // "i g n o r e", "i.g.n.o.r.e", "i-g-n-o-r-e": at least five single letters with the same one sign between them; two
  // blanks or more part the words.
  if (/(?:^|[^A-Za-z])[A-Za-z][ ._*-][A-Za-z][ ._*-][A-Za-z][ ._*-][A-Za-z][ ._*-]/.test(text))
    text = text.replace(
      /(?<![A-Za-z])(?:[A-Za-z]([ ._*-]))(?:[A-Za-z]\1){3,200}[A-Za-z](?![A-Za-z])(?:(?:\s{2,8}|\s?[|/]\s?)[A-Za-z](?:[ ._*-][A-Za-z]){1,200})*/g,
      (run) => {
        spaced++
        return run
          .split(/\s{2,8}|\s?[|/]\s?/)
          .map((word) => word.replace(/[ ._*-]/g, ''))
          .join(' ')
      },
    )
  if (text.length >= 24) {
    const decoded: string[] = []
    let tries = 0
    for (const [run] of text.matchAll(/[A-Za-z0-9+/]{24,4096}={0,2}/g)) {
      if (++tries > 32) break
      if (!/[A-Z]/.test(run) || !/[a-z]/.test(run)) continue
      const plain = Buffer.from(run, 'base64').toString('latin1')
      if (/^[\t\n\r\x20-\x7e]{12,}$/.test(plain) && (plain.match(/ /g)?.length ?? 0) >= 2) decoded.push(plain)
    }
    for (const plain of decoded) {
      hidden += plain.length
      text += `\n${plain}`
    }
  }
  return { text, hidden, invisible, mixed, bidirectional, spaced }
}
