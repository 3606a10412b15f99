// Passwords of several plain words without quotes: `my password is correct horse battery staple`, `das Passwort lautet blauer Esel
// 12`. Sentences about passwords look much like them: a phrase has no word that a sentence needs, none that is said of passwords,
// and ends where a sentence may.
import { isDigit } from '../chars.ts'
import type { Link, Place } from './place.ts'
import { KIND, LETTER } from './reader.ts'

/** Longest phrase in characters and words. */
const LONGEST = 96
const MOST_WORDS = 8
const LONGEST_WORD = 16

const wordsOf = (...lists: readonly string[]): ReadonlySet<string> => new Set(lists.flatMap((list) => list.split(' ')))

/** Words that a sentence needs: a phrase ends before one, if it may. */
const SENTENCE = wordsOf(
  'a an the this that these those it its he she we you they i my your our their his her is was are were be been being am not no never and or but so if then than as at by for from in into of off on onto out over to up with without',
  'has have had will would can could should shall may might must do does did now just only still also too very here there when where what which who how why because please thanks thank until since after before nobody everybody anybody somebody someone everyone anyone nothing something everything anything stuff things see ask call contact use send read follow look check show click log sign',
  'der die das ein eine einen und oder aber ist war sind nicht kein keine mit ohne von für auf aus bei zu zum zur im in an am bis wie wenn bitte danke noch schon nur auch ich du er sie es wir ihr mein dein unser sehr so wird wurde kann muss soll siehe niemand jemand etwas nichts alles nachfragen',
  'le la les un une des et ou mais est sont pas ne plus avec sans de du pour sur dans en au aux par que qui si je tu il elle nous vous mon ma votre trop très merci doit peut voir cf demander personne rien tout',
  'el los las una unos y o pero es son no con sin del para por que se al mi tu su muy demasiado gracias debe puede está véase ver todo todos todas nada nadie',
  'il lo gli i e ed o ma è sono non con senza di da per su nel nella che troppo molto grazie deve può vedi tutto tutti nessuno niente',
  'os as um uma e ou mas é são não com sem do da para por em no na que muito obrigado deve pode veja tudo todos nada ninguém',
  'het een en of maar is zijn niet met zonder van voor op te bij om dat die zeer dank moet kan wordt zie niemand iets alles',
  'i a albo ale jest są nie z bez do na w po dla że bardzo proszę dzięki musi może się patrz zob wszystko nikt nic',
)
/** What is said of passwords, and what stands where a form or a document has none. */
const SAID_OF_PASSWORDS = wordsOf(
  'password passwords passphrase passwort kennwort contraseña contrasena senha wachtwoord hasło passe login username user account email address secret token key keys pin code hash hashed salt plain text plaintext string value field variable number digits characters character letters chars length minimum maximum least default',
  'required optional mandatory needed wrong incorrect invalid invalide right valid expired expiring missing empty blank null undefined unknown hidden case sensitive insensitive safe secure insecure strong weak long short easy hard difficult simple complex same different known unique random lost forgotten gone leaked stolen broken written enter confirm new old current forgot remember reset change changed set unset stored saved kept encrypted protected working blocked locked disabled enabled available unavailable supported needs must policy manager prompt hint generator strength recovery always usually often sometimes actually really already currently super own',
  'falsch richtig ungültig gültig abgelaufen erforderlich leer vergessen zurücksetzen ändern geändert festlegen eingeben bestätigen neues anders gleich sicher unsicher lang kurz zeichen gespeichert benutzer bekannt gesperrt',
  'incorrecta incorrecto obligatoria obligatorio inválida inválido válida vacía corta larga segura débil caducada olvidada requerida nueva usuario caracteres',
  'incorrecte requis requise obligatoire oublié oubliée valide vide court courte sûr faible expiré expirée nouveau caractères utilisateur',
  'errata sbagliata scaduta obbligatoria vuota debole sicura nuova utente dimenticata incorreta obrigatória inválida esquecida fraca curta forte',
  'onjuist verplicht verlopen vergeten ongeldig leeg zwak sterk nieuw gebruiker nieprawidłowe wymagane wygasło błędne puste zapomniane',
)
/** Endings of what is said of a thing. */
const PREDICATE = /(?:ly|ing|ed|ible|able|less|lich|bar|ado|ada|mente|ment)$/

/** What nobody writes but as a password, though it is one word or words with dashes. */
const COMMON = wordsOf(
  'letmein qwerty qwertz qwertyuiop azerty asdfgh asdfghjkl zxcvbnm iloveyou dragon monkey superman batman starwars pokemon',
)

/**
 * The end of the phrase at the start of `place`; 0 if there is none, 'need' while that is undecided. `named`: the label asks for a
 * phrase. `plain`: it is a word for other things as well.
 */
export function passphraseEnd(place: Place, named: boolean, plain: boolean): number | 'need' {
  const { text, start, link, ended } = place
  const size = text.length
  let i = start
  let end = start
  let words = 0
  let numbers = 0
  for (;;) {
    const from = i
    let digits = 0
    while (i < size && i - from <= LONGEST_WORD) {
      const c = text.charCodeAt(i)
      if (isDigit(c)) digits++
      else if (KIND[c] !== LETTER) break
      i++
    }
    if (i - from > LONGEST_WORD || i - start > LONGEST) return 0
    if (i >= size && !ended) return 'need'
    const length = i - from
    if (length === 0) return 0
    if (digits === length) {
      if (words === 0 || numbers > 0 || length > 4) return 0
      numbers++
    } else if (digits > 0 || numbers > 0) return 0
    else {
      const word = text.slice(from, i).toLowerCase()
      if (SENTENCE.has(word)) return words > 0 && mayEndHere(words, numbers, plain, link, named, false) ? end : 0
      if (SAID_OF_PASSWORDS.has(word) || PREDICATE.test(word) || /[a-z][A-Z]|^[A-Z]{2}/.test(text.slice(from, i)))
        return 0
      if (length < 2 || ++words > MOST_WORDS) return 0
    }
    end = i
    const c = i < size ? text.charCodeAt(i) : 0
    if (c === 33 && numbers > 0 && i + 1 >= size) {
      // `Blue Horse 77!`
      if (!ended) return 'need'
      return mayEndHere(words, numbers, plain, link, named, true) ? i + 1 : 0
    }
    if (c !== 32) {
      if (!isEnd(c)) return 0
      // A full stop inside a word, an address, a decision that needs what follows.
      if (c === 46 || c === 33 || c === 63) {
        if (i + 1 >= size && !ended) return 'need'
        if (i + 1 < size && text.charCodeAt(i + 1) > 32) return 0
      }
      return mayEndHere(words, numbers, plain, link, named, true) ? end + (c === 33 && numbers > 0 ? 1 : 0) : 0
    }
    i++
    if (i >= size && !ended) return 'need'
    // Two blanks, or one at the end of all.
    const next = i < size ? text.charCodeAt(i) : 0
    if (next <= 32) return mayEndHere(words, numbers, plain, link, named, true) ? end : 0
    if (!isDigit(next) && KIND[next] !== LETTER)
      return next === 45 || next === 40 || next === 0x2013
        ? mayEndHere(words, numbers, plain, link, named, false)
          ? end
          : 0
        : 0
  }
}

/** `closed`: a sentence may end there as well, not merely another word follow. */
function mayEndHere(
  words: number,
  numbers: number,
  plain: boolean,
  link: Link,
  named: boolean,
  closed: boolean,
): boolean {
  if (numbers > 0) return words >= 2
  if (plain) return false
  if (named) return words >= (closed ? 3 : 4)
  return link === 'spoken' ? words >= (closed ? 3 : 4) : closed && words >= 4
}

const isEnd = (c: number) =>
  c === 0 ||
  c === 10 ||
  c === 13 ||
  c === 44 ||
  c === 46 ||
  c === 59 ||
  c === 33 ||
  c === 63 ||
  c === 41 ||
  c === 60 ||
  c === 34

/** One word that can only be a password: of those most often chosen, or three and more words with dashes between. */
export function isChosenWord(value: string, link: Link, named: boolean): boolean {
  const word = value.toLowerCase()
  if (COMMON.has(word)) return true
  if (!/^[a-z]{3,}(?:-[a-z]{3,}){2,6}$/.test(value)) return false
  const parts = value.split('-')
  if (parts.some((part) => SENTENCE.has(part) || SAID_OF_PASSWORDS.has(part) || PREDICATE.test(part))) return false
  return named || link === 'spoken' || parts.length > 3
}
