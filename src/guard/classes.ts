// The tree of data classes: the words rules use (`DataClass::"personal/email"`, in its parents), what each one covers, and
// how sensitive it is by nature. Declared once; docs/data-classes.md is printed from it.

/**
 * What a class is by nature; rules decide, these words only say what the shipped rules go by.
 * `secret`: gives access, never restored. `personal`: ties to a person. `internal`: ties to the deployment.
 * `plain`: harmless alone, passes unless a rule says otherwise.
 */
export type Nature = 'secret' | 'personal' | 'internal' | 'plain'

export interface DataClass {
  readonly id: string
  readonly title: string
  readonly nature: Nature
  /** First part of its pseudonyms: `PERSON_7QK2M`. */
  readonly kind: string
  /** Kind of its pseudonyms in the `angle` style, one of the words the demo model copies. */
  readonly angle: string
}

const define = (id: string, nature: Nature, kind: string, angle: string, title: string): DataClass => ({
  id,
  title,
  nature,
  kind,
  angle,
})

export const DATA_CLASSES: readonly DataClass[] = [
  define('personal', 'personal', 'PERSONAL', 'ID', 'Anything that ties to a person'),
  define('personal/person', 'personal', 'PERSON', 'NAME', 'Names of people'),
  define('personal/address', 'personal', 'ADDRESS', 'ADDRESS', 'Postal addresses'),
  define('personal/postcode', 'personal', 'POSTCODE', 'ADDRESS', 'Postal codes'),
  define('personal/place', 'plain', 'PLACE', 'ADDRESS', 'Towns, regions, countries'),
  define('personal/organisation', 'plain', 'ORG', 'ORG', 'Companies and institutions'),
  define('personal/title', 'plain', 'TITLE', 'ID', 'Forms of address and job titles'),
  define('personal/people', 'plain', 'PEOPLE', 'ID', 'Nationalities, religious and political groups'),
  define('personal/email', 'personal', 'EMAIL', 'EMAIL', 'E-mail addresses'),
  define('personal/phone', 'personal', 'PHONE', 'PHONE', 'Telephone and fax numbers'),
  define('personal/birth-date', 'personal', 'BIRTHDATE', 'DATE', 'Dates of birth'),
  define('personal/date', 'plain', 'DATE', 'DATE', 'Other dates'),
  define('personal/age', 'personal', 'AGE', 'ID', 'Ages of people'),
  define(
    'personal/national-id',
    'personal',
    'NATIONALID',
    'ID',
    'Passports, licences, tax and identity numbers, by country and context',
  ),
  define('personal/national-id/us-ssn', 'personal', 'SSN', 'ID', 'US social security and taxpayer numbers'),
  define('personal/location', 'personal', 'LOCATION', 'ADDRESS', 'Geographic coordinates'),
  define('personal/vehicle', 'personal', 'VEHICLE', 'ID', 'Vehicle identification numbers and licence plates'),
  define(
    'personal/device',
    'personal',
    'DEVICE',
    'ID',
    'Serial numbers and identifiers of devices: IMEI, IMSI, advertising ids',
  ),
  define('personal/handle', 'personal', 'HANDLE', 'NAME', 'Names in social networks and messengers'),
  define('finance', 'personal', 'FINANCE', 'ID', 'Money and accounts'),
  define('finance/card', 'personal', 'CARD', 'CARD', 'Payment card numbers (ISO/IEC 7812, Luhn)'),
  define('finance/iban', 'personal', 'IBAN', 'IBAN', 'International bank account numbers (ISO 13616)'),
  define('finance/account', 'personal', 'ACCOUNT', 'ID', 'Other bank account, routing and sort codes'),
  define('finance/bic', 'personal', 'BIC', 'ID', 'Bank identifier codes (ISO 9362) behind their word'),
  define('finance/card-code', 'personal', 'CARDCODE', 'CARD', 'Security codes and expiry dates of payment cards'),
  define(
    'finance/wallet',
    'personal',
    'WALLET',
    'ID',
    'Addresses of crypto wallets, by check sum or behind their word',
  ),
  define('finance/amount', 'plain', 'AMOUNT', 'ID', 'Sums of money'),
  define('finance/transaction', 'personal', 'TRANSACTION', 'ID', 'Rows of a transaction history'),
  define('business', 'internal', 'BUSINESS', 'ID', 'Numbers of the business'),
  define('business/customer-id', 'personal', 'CUSTOMER', 'ID', 'Customer, member, employee and patient numbers'),
  define('business/ticket-id', 'internal', 'TICKET', 'ID', 'Order, ticket, case and invoice numbers'),
  define('network', 'internal', 'NETWORK', 'ID', 'Machines and where to reach them'),
  define('network/ip', 'internal', 'IP', 'IP', 'IPv4 and IPv6 addresses'),
  define('network/mac', 'internal', 'MAC', 'ID', 'Hardware addresses'),
  define(
    'network/host',
    'internal',
    'HOST',
    'ID',
    'Names of internal machines: declared suffixes, reserved suffixes, shape',
  ),
  define('network/service', 'internal', 'SERVICE', 'ID', 'Names of internal services'),
  define('network/url', 'plain', 'URL', 'URL', 'Web addresses'),
  define('secret', 'secret', 'SECRET', 'SECRET', 'Anything that gives access'),
  define('secret/url-credentials', 'secret', 'SECRET', 'SECRET', 'User and password inside a URL'),
  define('document', 'internal', 'DOCUMENT', 'ID', 'Kinds of documents'),
  define('document/config', 'internal', 'CONFIG', 'ID', 'Values of configuration files'),
  define('opaque', 'internal', 'OPAQUE', 'ID', 'Content the guard cannot read'),
  define('opaque/image', 'internal', 'OPAQUE', 'ID', 'Images'),
  define('opaque/audio', 'internal', 'OPAQUE', 'ID', 'Sound'),
  define('opaque/document', 'internal', 'OPAQUE', 'ID', 'Binary documents'),
  define('leak', 'secret', 'LEAK', 'SECRET', 'What must not leave with an answer'),
  define('leak/canary', 'secret', 'LEAK', 'SECRET', 'The mark planted in embedded instructions'),
  define('leak/instructions', 'secret', 'LEAK', 'SECRET', 'Word-for-word pieces of the embedded instructions'),
  define(
    'leak/link',
    'internal',
    'LINK',
    'URL',
    'Links, images and markup that would carry data to a host that is not listed',
  ),
  define('leak/invisible', 'plain', 'INVISIBLE', 'ID', 'Invisible and direction-changing characters'),
  define(
    'leak/mark',
    'secret',
    'LEAK',
    'SECRET',
    'Marks put around tool results and documents; always taken out, never asked about',
  ),
  define('leak/phrase', 'secret', 'LEAK', 'SECRET', 'Phrases that a rule bans from answers'),
  define('leak/session', 'secret', 'LEAK', 'SECRET', 'Values that belong to another session'),
  define(
    'literal',
    'plain',
    'TEXT',
    'ID',
    'Text that looks like a pseudonym and is none of the session; always escaped, never asked about',
  ),
]

export interface ClassTree {
  /** The class, or what can be said of an unknown one below a known one. */
  get(id: string): DataClass
  /** Declared ones. */
  readonly all: readonly DataClass[]
  /** Those that detectors report besides: everything that rules can be asked about. */
  readonly known: readonly DataClass[]
}

/**
 * The built-in tree with a deployment's own classes below or beside it. `reported`: classes of detectors; each is one that rules
 * are asked about (`secret/password`), and a class that rules do not know is denied.
 */
export function createClassTree(own: readonly DataClass[] = [], reported: readonly string[] = []): ClassTree {
  const byId = new Map([...DATA_CLASSES, ...own].map((entry) => [entry.id, entry]))
  const tree = {
    get(id: string): DataClass {
      const known = byId.get(id)
      if (known !== undefined) return known
      // `secret/github-token` is a `secret`; a class nobody declared is treated as secret.
      const parent = id.includes('/') ? byId.get(id.slice(0, id.lastIndexOf('/'))) : undefined
      const derived: DataClass =
        parent === undefined
          ? { id, title: id, nature: 'secret', kind: 'SECRET', angle: 'SECRET' }
          : { ...parent, id, title: `${parent.title}: ${id.slice(id.lastIndexOf('/') + 1).replaceAll('-', ' ')}` }
      byId.set(id, derived)
      return derived
    },
    all: [...DATA_CLASSES, ...own],
  }
  for (const id of reported) tree.get(id)
  return { ...tree, known: [...byId.values()] }
}

/** As documentation shows it. */
export const OWN_CLASSES_EXAMPLE = String.raw`classes:
  business/contract:              # as rules name it; below a known class it is treated like that
    title: Contract numbers
    nature: internal              # secret, personal, internal (default) or plain
    kind: CONTRACT                # first part of its stand-ins
    patterns: ['\bC-\d{6}\b']     # RE2; no ^, $, look-around or references
    examples:                     # tried when the file is read; one that fails refuses it
      match: ['our C-123456 of May']
      not: ['C-12345', 'XC-123456']
  business/project:
    keywords: [Project Falcon, Nightjar]    # words and phrases, in any case
  finance/loyalty:
    nature: personal
    patterns: ['\d{10}']
    context: [loyalty, bonus]     # one of them at most 64 characters before
    checksum: luhn                # or mod97
    mask: last4                   # or label (default), shape
  finance/salary:
    nature: personal
    fields: [customer.salary]     # paths in JSON, whole texts of it and pieces in other text`

const REAL_LOOKING = [
  "| Class | Looks like | Why it is nobody's |",
  '|---|---|---|',
  '| `personal/person` | `Bryony Haskthorpe` | put together from syllables |',
  '| `personal/email` | `bryony.haskthorpe67@example.net` | RFC 2606 |',
  '| `personal/phone` | `304-555-0190`, `+44 117 496 0907` | kept for fiction by the North American and British plans |',
  '| `network/ip` | `192.0.2.164`, `2001:db8:254b:9529::407` | RFC 5737, RFC 3849 |',
  '| `finance/card` | `4242 4269 0745 8365` | the range of payment tests |',
  '| `finance/iban` | `GB26 TEST 0000 0069 0745 83` | a bank and sort code of no bank |',
]

/** docs/data-classes.md, printed from the tree. */
export function classesPage(tree: ClassTree = createClassTree()): string {
  const natures: Readonly<Record<Nature, string>> = {
    secret: 'gives access; masked, never turned back',
    personal: 'ties to a person',
    internal: 'ties to the deployment',
    plain: 'harmless alone',
  }
  const lines = [
    '# Data classes',
    '',
    'Printed from `src/guard/classes.ts`. Rules name a class or one of its parents: `resource in DataClass::"personal"`.',
    'What is not in this list but below it (`secret/github-token`) is treated as its parent is.',
    '',
    ...Object.entries(natures).map(([nature, meaning]) => `- **${nature}**: ${meaning}`),
    '',
    '| Class | Nature | Stand-in | What it covers |',
    '|---|---|---|---|',
    ...tree.all.map(
      ({ id, nature, kind, title }) =>
        `| \`${id}\` | ${nature} | ${nature === 'secret' ? `\`[${id.slice(id.lastIndexOf('/') + 1)}]\`` : `\`${kind}_…\``} | ${title} |`,
    ),
    '',
    '## Your own classes',
    '',
    '`data-classes.yaml` beside the rules adds classes. Try it with `sallyport guard check` and see what it finds with `echo … | sallyport guard scan`;',
    'a running gateway reads it when it starts.',
    '',
    '```yaml',
    OWN_CLASSES_EXAMPLE,
    '```',
    '',
    'What becomes of a class is a rule. Without one of its own the shipped rules give it a stand-in, or a mask if it is secret. Who sees it in clear is a',
    'matter of roles: a holder of `clear-data` exchanges personal and business data in clear with models in-house, everybody else gets stand-ins, and',
    'another role for one class alone is one more permit in `data.cedar`:',
    '',
    '```',
    '@id("sales-sees-addresses")',
    '@why("Sales reads e-mail addresses of answers in clear.")',
    '@treat("pass")',
    'permit (principal in Role::"sales", action == Action::"receive", resource in DataClass::"personal/email");',
    '```',
    '',
    'Of several rules that match the most protective wins, so `data-gets-a-stand-in` needs the same exception in an `unless`.',
    '',
    '## Tools',
    '',
    'What a model passes to a tool goes to another party, and text that was slipped in can make it pass anything: a tool is given the values that came from',
    'that tool, and stand-ins for all others. A tool that only touches the files of whoever calls is no other party. Declared as such in the settings, what it',
    'says is the caller’s word, and it is given what the caller may see:',
    '',
    '```yaml',
    'tools:',
    '  - {name: Read, effect: own}',
    '  - {name: Write, effect: own}',
    '```',
    '',
    'The shipped rules ask for no person’s yes before such a tool acts, as the program that runs it does. Names are those that clients offer: declare none that',
    'the tool of a remote server could have too, and no tool that can reach the network, as a shell can. What the system’s instructions hide stays hidden.',
    '',
    '## Stand-ins that look real',
    '',
    'In a letter or a form a made-up name reads better than `PERSON_7QK2M`. `guard.surrogates` lists the classes whose stand-ins look like what they',
    'stand for (`sallyport guard mask --real` on the command line), in each session others and always the same:',
    '',
    ...REAL_LOOKING,
    '',
    'They come from ranges that nobody can own, are never a value that the request says itself, and are turned back like other stand-ins, in any case.',
    'When a small range is used up a word stands in. A model that writes only a part of a made-up name, or another form of a made-up number, writes',
    'something that is not turned back: where every value must come back, leave the class out.',
    '',
    '## What is not found',
    '',
    '- A paraphrase or a translation of the embedded instructions; only their words in a row and the canary are.',
    '- What is in pictures, sound and binary files: the `opaque` classes let a rule refuse them.',
    '- Values in a cipher, or spread over several answers, fields, strings or lines.',
    '- Names in languages and registers the tagger was not trained on; see `docs/guard-quality.md` for the rates.',
    '',
  ]
  return lines.join('\n')
}
