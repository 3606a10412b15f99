// Sentences in the languages people write to a model in, kept apart from everything the names tagger is trained on, to
// measure each language by itself. `{p}` is a person of that culture, `{c}` a town; names come from the training lists, so
// the rates are those of known names in unknown sentences.
import type { Random } from './random.ts'

// biome-ignore format: one language a line
export const LANGUAGES: Readonly<Record<string, { culture: string; sentences: readonly string[] }>> = {
  English: { culture: 'english', sentences: ['Could you forward the minutes to {p} before noon?', '{p} complained that the heating in {c} is off.', 'I share a flat with {p} in {c}.', 'The parcel for {p} came back from {c}.', 'Tomorrow {p} takes over the night shift.', 'We lost contact with {p} near {c}.'] },
  German: { culture: 'german', sentences: ['Gestern rief {p} aus {c} an und fragte nach dem Vertrag.', 'Der Termin mit {p} wurde verschoben.', 'Unsere Kollegin {p} fährt morgen nach {c}.', 'Können Sie {p} bitte ausrichten, dass die Ware da ist?', 'Laut {p} war die Rechnung falsch.', 'Das Konto gehört {p}, wohnhaft in {c}.'] },
  French: { culture: 'french', sentences: ['Hier, {p} a appelé depuis {c} au sujet du contrat.', 'Le rendez-vous avec {p} est reporté.', 'Pouvez-vous prévenir {p} que le colis est arrivé ?', 'Selon {p}, la facture était fausse.', 'Le compte appartient à {p}, domicilié à {c}.', 'Notre collègue {p} part demain pour {c}.'] },
  Spanish: { culture: 'spanish', sentences: ['Ayer llamó {p} desde {c} por el contrato.', 'La cita con {p} se ha aplazado.', 'Según {p}, la factura estaba mal.', '¿Puede avisar a {p} de que llegó el paquete?', 'La cuenta pertenece a {p}, residente en {c}.', 'Nuestra compañera {p} viaja mañana a {c}.'] },
  Italian: { culture: 'italian', sentences: ['Ieri {p} ha chiamato da {c} per il contratto.', "L'appuntamento con {p} è rinviato.", 'Secondo {p} la fattura era sbagliata.', 'Può avvisare {p} che il pacco è arrivato?', 'Il conto appartiene a {p}, residente a {c}.', 'La collega {p} parte domani per {c}.'] },
  Portuguese: { culture: 'portuguese', sentences: ['Ontem {p} ligou de {c} por causa do contrato.', 'A reunião com {p} foi adiada.', 'Segundo {p}, a fatura estava errada.', 'Pode avisar {p} que a encomenda chegou?', 'A conta pertence a {p}, residente em {c}.', 'A colega {p} viaja amanhã para {c}.'] },
  Dutch: { culture: 'dutch', sentences: ['Gisteren belde {p} uit {c} over het contract.', 'De afspraak met {p} is verzet.', 'Volgens {p} klopte de rekening niet.', 'Kunt u {p} laten weten dat het pakket er is?', 'De rekening is van {p}, wonend in {c}.', 'Onze collega {p} gaat morgen naar {c}.'] },
  Swedish: { culture: 'swedish', sentences: ['Igår ringde {p} från {c} om avtalet.', 'Mötet med {p} är flyttat.', 'Enligt {p} var fakturan fel.', 'Kan du säga till {p} att paketet har kommit?', 'Kontot tillhör {p}, bosatt i {c}.', 'Vår kollega {p} åker till {c} i morgon.'] },
  Polish: { culture: 'polish', sentences: ['Wczoraj zadzwonił {p} z {c} w sprawie umowy.', 'Spotkanie z {p} zostało przełożone.', 'Według {p} faktura była błędna.', 'Proszę powiadomić {p}, że paczka dotarła.', 'Konto należy do {p}, zamieszkałej w {c}.', 'Nasza koleżanka {p} jedzie jutro do {c}.'] },
  Czech: { culture: 'czech', sentences: ['Včera volal {p} z {c} kvůli smlouvě.', 'Schůzka s {p} je přeložena.', 'Podle {p} byla faktura chybná.', 'Můžete říct {p}, že balík dorazil?', 'Účet patří {p}, bytem v {c}.', 'Naše kolegyně {p} jede zítra do {c}.'] },
  Hungarian: { culture: 'hungarian', sentences: ['Tegnap {p} hívott {c} városából a szerződés miatt.', 'A találkozó {p} részvételével elmaradt.', '{p} szerint a számla hibás volt.', 'Kérem, szóljon {p} kollégának a csomagról.', 'A számla tulajdonosa {p}, lakhelye {c}.', 'Kolléganőnk, {p} holnap {c} felé utazik.'] },
  Turkish: { culture: 'turkish', sentences: ['Dün {p} sözleşme için {c} şehrinden aradı.', 'Toplantı {p} ile ertelendi.', 'Fatura hakkında {p} itiraz etti.', 'Lütfen paketin geldiğini {p} ile paylaşın.', 'Hesap sahibi {p}, ikamet yeri {c}.', 'Çalışma arkadaşımız {p} yarın {c} yolcusu.'] },
}

export function sentenceIn(
  language: string,
  random: Random,
  names: readonly [given: readonly string[], family: readonly string[]],
  towns: readonly string[],
) {
  const { sentences } = LANGUAGES[language]!
  let text = ''
  const spans: { start: number; end: number; type: string }[] = []
  for (const part of random.pick(sentences).split(/(\{[pc]\})/)) {
    const value =
      part === '{p}'
        ? random.chance(0.7)
          ? `${random.pick(names[0])} ${random.pick(names[1])}`
          : random.pick(names[random.chance(0.5) ? 0 : 1])
        : part === '{c}'
          ? random.pick(towns)
          : part
    if (part === '{p}') spans.push({ start: text.length, end: text.length + value.length, type: 'person' })
    text += value
  }
  return { text, spans }
}
