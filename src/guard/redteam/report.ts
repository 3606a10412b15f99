// What got through, for people and for build servers. No planted value is ever in a report.
import { FAMILIES, type Family } from './attacks.ts'
import type { Outcome, Result } from './run.ts'

export interface Summary {
  readonly attacks: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly families: readonly {
    readonly family: Family
    readonly title: string
    readonly attacks: number
    readonly leaked: number
    readonly untried: number
  }[]
}

export function summarise(results: readonly Result[]): Summary {
  const outcomes: Record<Outcome, number> = { held: 0, refused: 0, leaked: 0, failed: 0, untried: 0 }
  for (const { outcome } of results) outcomes[outcome]++
  const families = Object.entries(FAMILIES).flatMap(([family, title]) => {
    const mine = results.filter((result) => result.family === family)
    const count = (wanted: Outcome) => mine.filter(({ outcome }) => outcome === wanted).length
    const counts = { leaked: count('leaked'), untried: count('untried') }
    return mine.length === 0 ? [] : [{ family: family as Family, title, attacks: mine.length, ...counts }]
  })
  return { attacks: results.length, outcomes, families }
}

const xml = (text: string) =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '')

export function junit(results: readonly Result[], model: string): string {
  const cases = results.map(({ id, family, stream, outcome, detail }) => {
    const open = `  <testcase classname="redteam.${family}" name="${xml(`${id}${stream ? ' (stream)' : ''}`)}"`
    if (outcome === 'leaked') return `${open}><failure message="${xml(detail)}"/></testcase>`
    if (outcome === 'failed') return `${open}><error message="${xml(detail)}"/></testcase>`
    if (outcome === 'untried') return `${open}><skipped message="${xml(detail)}"/></testcase>`
    return `${open}/>`
  })
  const { outcomes } = summarise(results)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="${xml(`redteam ${model}`)}" tests="${results.length}" failures="${outcomes.leaked}" errors="${outcomes.failed}" skipped="${outcomes.untried}">\n${cases.join('\n')}\n</testsuite>\n`
}

export function html(results: readonly Result[], model: string): string {
  const { outcomes, families } = summarise(results)
  const rows = results.map(
    ({ id, title, stream, outcome, detail }) =>
      `<tr class="${outcome}"><td>${xml(id)}</td><td>${xml(title)}</td><td>${stream ? 'stream' : 'whole'}</td><td>${outcome}</td><td>${xml(detail)}</td></tr>`,
  )
  const groups = families.map(
    ({ title, attacks, leaked, untried }) =>
      `<tr><td>${xml(title)}</td><td>${attacks}</td><td>${leaked}</td><td>${untried}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Red team: ${xml(model)}</title>
<style>body{font:15px/1.5 system-ui;margin:2rem auto;max-width:64rem;padding:0 1rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}.leaked{background:#fde8e8}.failed,.untried{background:#fff4d6}</style></head>
<body><h1>Red team: ${xml(model)}</h1>
<p>${results.length} attempts: ${outcomes.held} held, ${outcomes.refused} refused, ${outcomes.leaked} leaked, ${outcomes.failed} failed, ${outcomes.untried} not tried.</p>
<table><tr><th>Family</th><th>Attempts</th><th>Leaked</th><th>Not tried</th></tr>${groups.join('')}</table>
<h2>Attempts</h2>
<table><tr><th>Attack</th><th>What it does</th><th>Answer</th><th>Outcome</th><th>Detail</th></tr>
${rows.join('\n')}
</table></body></html>
`
}
