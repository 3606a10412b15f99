import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { detect } from '../detector.ts'
import { createDocumentDetector } from './document.ts'

const detector = createDocumentDetector()
const found = (text: string) => detect(detector, text).map((f) => text.slice(f.start, f.end))

const env = `# production
DB_HOST=db-3.internal
DB_PORT=5432
DB_USER="svc"
export LOG_LEVEL=info
CACHE_TTL=30

FEATURE_X=true`
const yaml = `Our file:
server:
  host: 10.1.2.3
  port: 8443
database:
  url: postgres://db/x
  pool: 5
done.`
const rows = `| Date | Text | Sum |
|------|------|-----|
| 2024-03-01 | Coffee | -4.50 |
| 2024-03-02 | Rent | -1,250.00 |
| 2024-03-05 | Salary | 3200.00 |`
const csv = 'id,date,amount\nT1,03/01/2024,GROCER,-45.20\nT2,03/02/2024,SHOP,12.00\nT3,03/04/2024,SHOP,9.99\n'

describe('documents', () => {
  it.each([
    '3 Jun 2024,Coffee Bar,"6,965.38"\n14 Jun 2024,Rent,900.00\n1 Jul 2024,Salary,"2,100.00"',
    'Jun 3, 2024\tShop\t-12.30\nJun 4, 2024\tShop\t-1.30\nJul 14, 2024\tShop\t-2.30',
    '- 2024-03-01: Shop 12.30\n- 2024-03-02: Rent 900.00\n- 2024-03-09: Bar 4.50',
    '* 3. Juni 2024 Bäcker 2,30\n* 4. Juni 2024 Miete 900,00\n* 5. Juli 2024 Bar 4,50',
  ])('knows a history by dates in words and in lists: %s', (text) => {
    const rows = detect(createDocumentDetector(), text).filter((f) => f.class === 'finance/transaction')
    expect(rows).toHaveLength(3)
  })

  it('takes the values of a configuration, not the names', () => {
    expect(found(env)).toEqual(['db-3.internal', '5432', 'svc', 'info', '30', 'true'])
    expect(found(yaml)).toEqual(['10.1.2.3', '8443', 'postgres://db/x', '5'])
    expect(found('{\n "host": "db1",\n "port": 5432,\n "a": 1,\n "b": "x",\n "c": "y"\n}')).toEqual([
      'db1',
      '5432',
      '1',
      'x',
      'y',
    ])
  })
  it('takes the rows of a history', () => {
    expect(found(rows)).toHaveLength(3)
    expect(found(csv)).toHaveLength(3)
  })
  it.each([
    'Dear all,\n\nplease note: the meeting is at ten. We will talk about the new office, the car park and lunch.\n\nBest\nAnn',
    'a = 1\nb = 2\nc = 3\nd = 4\ne = 5\nf = 6',
    'const a = f(1)\nlet host = g()\nreturn host',
    'host = nodes[0]\nport = 5432\nuser = "x"\nname = "y"\nmode = row["m"]',
    'open(\n  host=host,\n  port=port,\n  user=user,\n  password=password,\n  name=name,\n)',
    `${['host = start', 'port = other', 'user = person', 'mode = way', 'url = place'].map((line) => `            ${line}`).join('\n')}`,
    '1. Buy milk\n2. Call the plumber about the 12.50 bill\n3. 2024 plans\n',
    'host: a\nport: 1\nurl: b\nthen we go on with prose for a while',
  ])('nothing in prose and code: %j', (text) => {
    expect(found(text)).toEqual([])
  })

  it('takes the arguments of a call that connects from the first that leads somewhere', () => {
    expect(
      found('connect(\n  charset="utf8",\n  user="svc",\n  host="db-3",\n  port=5432,\n  dbname="shop",\n)'),
    ).toEqual(['svc', 'db-3', '5432', 'shop'])
    expect(found('plot(\n  x="a",\n  y="b",\n  hue="c",\n  size=20,\n  key="dl",\n)')).toEqual(['dl'])
  })
  it('takes no brackets for values, and constants deep inside for what they are', () => {
    expect(found('tags = []\nhosts = [\nhost = db-3\nport = 5432\nuser = svc\nopts = {}')).toEqual([
      'db-3',
      '5432',
      'svc',
    ])
    const nested = ['host = "a1"', 'tls = true', 'port = 5432', 'log = off', 'mode = "x"']
    expect(found(nested.map((line) => `        ${line}`).join('\n'))).toEqual(['a1', 'true', '5432', 'off', 'x'])
  })
  it.each([
    'plot(\n    x="Stamp",\n    hue="Status",\n    marker="o",\n',
    '        last = end\n',
    '    content = ass_header\n',
    '    rows = []\n',
    '    value: order.shippingAddress,\n',
    'title = \'<h1 style="color: white;">Equip',
    'text = " ".join(words',
    '| ------------------------------ | ----',
  ])('does not wait for more behind what a program says: %j', (text) => {
    const stream = detector.open()
    stream.push(text)
    expect(stream.openFrom).toBe(text.length)
  })
  it.each([
    'user = svc\n',
    'name="v",\nuser="svc",\n',
    '    user = svc\n',
    '  user: svc\n',
    "title = '<h1>",
    'rows:\n"',
  ])('waits for more behind what may be a setting: %j', (text) => {
    const stream = detector.open()
    stream.push(text)
    expect(stream.openFrom).toBeLessThan(text.length)
  })

  it('finds the same however the text is cut', () => {
    const part = fc.oneof(
      fc.constantFrom(
        env,
        yaml,
        rows,
        csv,
        '\n',
        'host: x\n',
        'a=1\n',
        '"k": "v w x y z u v",\n',
        '2024-01-01 x 1.50\n',
        '3 Jun 2024 | x | 1.50\n',
        'Jun 3, 2024 x 1.50\n',
        '* 3. Juni 2024: x 1.50\n',
        'May I',
        '12 Sep',
        '* ',
        'T9 | 1.2.24 | 3,00\n',
        '# c\n',
        '[s]\n',
        'some words of prose',
        '- ',
        'export A',
        'a = b[0]\n',
        'f=g,\n',
        '            h = i_j\n',
        'k="v",\n',
        'user="v",\n',
        '  x=[]\n',
        '    h = i_j\n',
        '  a: b.cD,\n',
        'h = "<h1 a',
        'h = "a".join(',
        '| ------------------',
        '------------ 2024-',
        '=',
        ' ',
        '"',
        '|',
        'x'.repeat(1100),
      ),
      fc.string({ maxLength: 5 }),
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 10 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        (parts, sizes) => {
          const text = parts.join('')
          foundInPieces(detector, text, sizes)
        },
      ),
      { seed: 12, numRuns: 3000 },
    )
  })
})
