// Letters of other alphabets that look like a Latin one, by hand from Unicode's confusables (UTS 39): Cyrillic, Greek, Armenian,
// Cherokee, Coptic, Lisu, letters for phonetics, small capitals. Compatibility forms are left to NFKC. Values are read without this
// disguise, and no name of a principal stands beside another that it looks like.

const PAIRS =
  'аa еe оo рp сc уy хx ѕs іi јj ԁd һh ӏl ԛq ԝw ьb вb гr кk мm нh тt пn иu ѵv ' +
  'АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ЅS ІI ЈJ ԌG ԚQ ԜW ѴV ' +
  'αa βb γy εe ηn ιi κk νv οo ρp σo τt υu χx ωw ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ϜF ' +
  'օo ոn սu հh ցg զq ՍU ՕO ɡg ɑa ɩi ʀr ʏy ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ᴢz ıi ȷj ƅb ƄB ƒf ' +
  'ЯR ИN ᎪA ᏴB ᏟC ᎠD ᎬE ᏀG ᎻH ᎥI ᎫJ ᏦK ᏞL ᎷM ᏢP ᎡR ᏚS ᎢT ᏙV ᎳW ᎩY ᏃZ ' +
  'ⲀA ⲂB ⲈE ⲎH ⲒI ⲔK ⲘM ⲚN ⲞO ⲢP ⲤC ⲦT ⲨY ⲬX ⲟo ⲣp ⲥc ' +
  'ꓮA ꓐB ꓚC ꓓD ꓰE ꓝF ꓖG ꓧH ꓲI ꓙJ ꓗK ꓡL ꓟM ꓠN ꓳO ꓑP ꓣR ꓢS ꓔT ꓴU ꓦV ꓪW ꓫX ꓬY ꓜZ'

/** What each looks like, by code point. */
export const LOOKALIKES: ReadonlyMap<number, string> = new Map(
  PAIRS.split(' ').map((pair) => {
    const [from = '', to = ''] = pair
    return [from.codePointAt(0) ?? 0, to]
  }),
)
