// Does a sentence say that something is changed? `cambia la contraseña de x a …`, `das Passwort wurde auf … geändert`: asked
// only where a word that may lead to a value stands behind a word for a secret.

const STEMS =
  'chang reset resets set sets setting updat switch rotat replac modif ' +
  'änder setz geändert gesetzt stell gestellt wechs gewechs ersetz zurückgesetzt ' +
  'cambi pon pón puse puesto restabl actualiz establ configur reemplaz sustitu renov ' +
  'met mett mis mise remplac réinitial actualis défin ' +
  'impost reimpost aggiorn sostitu modific ' +
  'mud mude altere alterad alterar alterei redefin troc troque atualiz defin substitu coloqu ' +
  'verander wijzig gewijzigd zet gezet aangepast vervang vervangen ingesteld ' +
  'zmie zmień zmien zmian ustaw zresetuj aktualiz nadaj ' +
  'změ nastav přenastav vyměň ' +
  'ändra ändrat byt bytt sätt satt ställ uppdater återställ skift ændr endr sett satte oppdater nulstil tilbakestill ' +
  'değiş ayarla güncelle sıfırla sifirla ' +
  'változtas változtat módosít állít cserél ' +
  'смен измен помен установ постав обнов сброс замен задай ' +
  'змін змін встанов онов скин заміни ' +
  'غيّر غير تغيير بتغيير حدّث تحديث ضع عيّن'
/** Words that only begin like one: `set-top`, `place`, `misto`. */
const CHANGE = new RegExp(`(?:^|[^\\p{L}])(?:${[...new Set(STEMS.split(' '))].join('|')})\\p{L}{0,8}(?![\\p{L}])`, 'iu')
/** So much before the label is the sentence. */
const REACH = 72

/** Is this one word of changing? */
export const isChange = (word: string): boolean => CHANGE.test(word)

/** `from`: where the label ends. `to`: what may lead to the value. */
export function saysChange(text: string, from: number, to: number): boolean {
  const before = text.slice(Math.max(0, from - REACH), to)
  // The sentence before this one says nothing about it.
  const start = Math.max(before.lastIndexOf('. '), before.lastIndexOf('\n', before.length - 2))
  return CHANGE.test(before.slice(start + 1))
}
