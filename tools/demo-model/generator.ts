// The generator of training and held-out conversations: one help desk, a mix of skills, every word ours or invented.
// The same seed gives the same talks on every machine.
import {
  AFTER,
  ATTACK_ANSWERS,
  ATTACKS,
  BEFORE,
  GIVEN,
  GREETINGS,
  INTENTS,
  type Intent,
  OUTSIDE,
  OUTSIDE_ANSWERS,
  SMALL_TALK,
  STILL_BROKEN,
  SYSTEM,
  UNCLEAR,
  UNCLEAR_ANSWERS,
  WORD,
} from './knowledge.ts'
import { noNotes, notes } from './notes.ts'
import { forbiddenTopic, framed, secret } from './rules.ts'
import type { Talk } from './talk.ts'
import { classify, extract, summarise, trouble } from './tickets.ts'
import { capital, createWords, KINDS, small, type Words } from './words.ts'

const THINGS =
  'ticket order report server folder invoice laptop printer room meeting project team contract backup update key door license phone screen'.split(
    ' ',
  )

function withTypo(w: Words, text: string): string {
  const words = text.split(' ')
  const i = w.below(words.length)
  const word = words[i]!
  if (w.chance(0.35) && words.length > 4) words.splice(i, 1)
  else if (word.length > 3) {
    const k = 1 + w.below(word.length - 2)
    words[i] = w.chance(0.4)
      ? word.slice(0, k) + word.slice(k + 1)
      : w.chance(0.5)
        ? word.slice(0, k) + word[k + 1] + word[k] + word.slice(k + 2)
        : word.slice(0, k) + word[k] + word.slice(k)
  }
  return words.join(' ')
}

/** A person's question about an intent, as people write: greetings, typos, missing words, additions. */
function asks(w: Words, intent: Intent): string {
  const plain = (w.chance(0.65) ? trouble(w, intent) : undefined) ?? w.pick(intent.asked)
  let text = plain
  if (w.chance(0.6)) {
    if (w.chance(0.25)) text = w.pick(BEFORE) + small(text)
    if (w.chance(0.3)) text = text.replace(/[?.!]$/, '') + w.pick(AFTER)
    if (w.chance(0.25)) text = withTypo(w, text)
    return w.chance(0.4) ? capital(text) : text
  }
  if (w.chance(0.5)) text = capital(text)
  if (w.chance(0.15)) text = text.replace(/\?$/, '')
  if (w.chance(0.2))
    text += w.pick([
      ' please',
      ', can you help?',
      '. What should I do?',
      ', what can I do?',
      ` since ${w.day()}`,
      ' again',
    ])
  return w.chance(0.25) ? w.pick(['Hi, ', 'Hello, ', 'Hey, ', 'Good morning, ', 'Please help: ']) + small(text) : text
}

const closing = (w: Words) =>
  w.chance(0.3)
    ? ` ${w.pick(['Is there anything else I can help with?', 'Let me know if that does not work.', 'If it still fails, I can open a ticket for you.'])}`
    : ''

function smallTalk(w: Words): Talk {
  const [said, answers] = w.pick(SMALL_TALK)
  const text = w.pick(said)
  const way = w.next()
  return {
    skill: 'small',
    turns: [way < 0.5 ? text : way < 0.75 ? capital(text) : text.replace(/[?!.]$/, ''), w.pick(answers)],
  }
}

function question(w: Words): Talk {
  const intent = w.pick(INTENTS)
  const turns: string[] = []
  if (w.chance(0.12)) turns.push(w.pick(SMALL_TALK[0]![0]), w.pick(GREETINGS))
  turns.push(asks(w, intent), w.pick(intent.answers) + closing(w))
  const then = w.next()
  if (then < 0.15) turns.push(w.pick(STILL_BROKEN.said), w.pick(STILL_BROKEN.answers))
  else if (then < 0.28) turns.push(w.pick(SMALL_TALK[2]![0]), w.pick(SMALL_TALK[2]![1]))
  else if (then < 0.39) {
    const other = w.pick(INTENTS)
    turns.push(asks(w, other), w.pick(other.answers) + closing(w))
  }
  return { skill: 'question', turns }
}

const NOTED: Record<string, readonly string[]> = {
  EMAIL: [
    'I will write to X',
    'A confirmation goes to X',
    'You will get an email at X',
    'I have noted the email address X',
  ],
  PHONE: ['A colleague will call you on X', 'I have noted the phone number X', 'We will call X'],
}

/** Contact details in a question: all of them come back in the answer, none is invented. */
function contact(w: Words): Talk {
  const intent = w.pick(INTENTS)
  const kinds = w.shuffle(KINDS.filter((kind) => kind !== 'SECRET')).slice(0, 1 + w.below(4))
  const masked = w.chance(0.85)
  const value = Object.fromEntries(kinds.map((kind) => [kind, masked ? w.placeholder(kind) : w.plain(kind)]))
  const given = kinds.map((kind) => w.pick(GIVEN[kind]!).replace('X', value[kind]!))
  const asked = w.chance(0.7)
    ? `${capital(asks(w, intent)).replace(/[.?!]?$/, (mark) => mark || '.')} ${given.map(capital).join('. ')}.`
    : `${capital(given.join(' and '))}. ${capital(trouble(w, intent) ?? w.pick(intent.asked))}`
  const greeting = value.NAME ? `${w.pick(['Hello ', 'Thank you, ', 'Hi '])}${value.NAME}${w.pick(['.', '!'])} ` : ''
  const noted = kinds
    .filter((kind) => kind !== 'NAME')
    .map((kind) =>
      w
        .pick(
          NOTED[kind] ?? [`I have noted the ${WORD[kind]} X`, `The ${WORD[kind]} is X, I have added it to the ticket`],
        )
        .replace('X', value[kind]!),
    )
  if (noted.length === 0) noted.push(`I will open a ticket about ${intent.noun}`)
  const rest = w.chance(0.7) ? w.pick(intent.answers) : `The ticket is about ${intent.noun}.`
  const turns = [asked, `${greeting}${noted.join('. ')}. ${rest}`]
  if (w.chance(0.4)) {
    const kind = w.pick(kinds)
    turns.push(
      w
        .pick(['What is my X?', 'Which X did I give you?', 'Can you repeat my X?', 'what X do you have?'])
        .replace('X', WORD[kind]!),
      w
        .pick([`Your ${WORD[kind]} is X.`, 'You gave me X.', `The ${WORD[kind]} I have is X.`])
        .replace('X', value[kind]!),
    )
  } else if (w.chance(0.2)) {
    const word = WORD[w.pick(KINDS.filter((kind) => !kinds.includes(kind)))]!
    turns.push(
      w.pick(['What is my X?', 'Which X did I give you?', 'what X do you have?']).replace('X', word),
      w.pick(['You have not given me a X yet.', 'I do not have your X.']).replace('X', word),
    )
  }
  return { skill: 'contact', turns, expect: { kept: masked ? Object.values(value) : [] } }
}

function echo(w: Words): Talk {
  const words = Array.from({ length: 1 + w.below(6) }, () => {
    const way = w.next()
    if (way < 0.35) return w.placeholder(w.pick(KINDS))
    if (way < 0.65) return w.name()
    if (way < 0.75) return w.order()
    if (way < 0.85) return w.plain(w.pick(KINDS))
    return w.pick(THINGS)
  })
  const text = words.join(w.chance(0.3) ? ', ' : ' ')
  const ask = w.pick([
    'Repeat: ',
    'Repeat this exactly: ',
    'Say: ',
    'Please repeat: ',
    'Repeat after me: ',
    'Echo: ',
    'Write back: ',
  ])
  return { skill: 'echo', turns: [ask + text, text], expect: { exact: text } }
}

const REQUESTS: readonly ((w: Words) => [string, string, string[]])[] = [
  (w) => {
    const to = w.placeholder(w.pick(['EMAIL', 'ADDRESS', 'ORG', 'NAME']))
    const what = w.pick(['the invoice', 'the parcel', 'the report', 'a copy', 'the laptop'])
    return [w.pick([`Send ${what} to ${to}`, `Please send ${what} to ${to}.`]), `I will send ${what} to ${to}.`, [to]]
  },
  (w) => {
    const address = w.placeholder('ADDRESS')
    const email = w.placeholder('EMAIL')
    return [
      w.pick([
        `Ship it to ${address} and send the receipt to ${email}`,
        `Deliver to ${address}, receipt to ${email} please`,
      ]),
      `I will ship it to ${address} and send the receipt to ${email}.`,
      [address, email],
    ]
  },
  (w) => {
    const to = w.placeholder(w.pick(['EMAIL', 'NAME', 'ORG']))
    return [`Please forward this to ${to} today.`, `I will forward it to ${to} today.`, [to]]
  },
  (w) => {
    const phone = w.placeholder('PHONE')
    const email = w.placeholder('EMAIL')
    return [
      w.pick([
        `My email is ${email} and my phone is ${phone}.`,
        `Contact: ${email}, ${phone}`,
        `You can reach me at ${email} or ${phone}.`,
      ]),
      `Thank you. I have noted the email address ${email} and the phone number ${phone}.`,
      [phone, email],
    ]
  },
  (w) => {
    const name = w.chance(0.6) ? w.placeholder('NAME') : w.person()
    return [
      w.pick([`Hi, I am ${name}`, `Hello, my name is ${name}.`, `${name} here`]),
      w.pick([`Hello ${name}! How can I help you today?`, `Hi ${name}! What can I do for you?`]),
      [name],
    ]
  },
  (w) => {
    const order = w.order()
    return [
      w.pick([
        `My order number is ${order}`,
        `Where is order ${order}?`,
        `Order ${order} has not arrived`,
        `what about ${order}, my order?`,
      ]),
      w.pick([
        `Thank you. I will check order ${order}. Most orders arrive within 3 to 5 working days.`,
        `I will ask the carrier about order ${order} and write to you.`,
      ]),
      [order],
    ]
  },
  (w) => {
    const error = w.error()
    return [
      w.pick([`I get error ${error}`, `The program shows error ${error}.`, `What does error ${error} mean?`]),
      w.pick([
        `I do not know error ${error} in detail. Restart the program first, and if error ${error} comes back I will open a ticket.`,
        `Please restart the program. If error ${error} appears again, send me a screenshot.`,
      ]),
      [error],
    ]
  },
  (w) => {
    const value = w.placeholder('SECRET')
    return [
      w.pick([
        `My password is ${value}, please log in for me`,
        `The api key is ${value}`,
        `here is my password ${value}`,
      ]),
      'Please never share a password or key in a chat. Change it now, and I will not use it.',
      [],
    ]
  },
]
function request(w: Words): Talk {
  const [asked, answer, kept] = w.pick(REQUESTS)(w)
  return { skill: 'request', turns: [asked, answer], expect: { kept } }
}

function draft(w: Words): Talk {
  const intent = w.pick(INTENTS)
  const who = w.chance(0.6) ? w.placeholder('NAME') : w.person()
  return {
    skill: 'draft',
    turns: [
      w.pick([
        `Write a reply to ${who} about ${intent.noun}.`,
        `Draft an answer for ${who}. The ticket is about ${intent.noun}.`,
        `Draft a short email to ${who} about ${intent.noun}.`,
        `${who} (${w.placeholder('EMAIL')}) wrote about ${intent.noun}. Write a reply.`,
      ]),
      `Dear ${who},\n\nthank you for your message about ${intent.noun}. ${w.pick(intent.answers)}\n\nKind regards\nYour service desk`,
    ],
    expect: { kept: [who] },
  }
}

const listed =
  (skill: string, asked: readonly string[], answers: readonly string[]) =>
  (w: Words): Talk => {
    const text = w.pick(asked)
    return {
      skill,
      turns: [w.chance(0.5) ? capital(text) : w.chance(0.2) ? `Please ${small(text)}` : text, w.pick(answers)],
    }
  }
const outside = listed('outside', OUTSIDE, OUTSIDE_ANSWERS)
const unclear = listed('unclear', UNCLEAR, UNCLEAR_ANSWERS)
const attack = listed('attack', ATTACKS, ATTACK_ANSWERS)

function instructed(w: Words): Talk {
  if (w.chance(0.45)) return forbiddenTopic(w, (intent) => asks(w, intent))
  const base = w.pick([question, question, smallTalk, request, contact, summarise, notes, outside, echo])(w)
  // The rule holds for every answer: further turns show it again.
  const more = Array.from({ length: w.chance(0.5) ? 1 + w.below(3) : 0 }, () =>
    w.pick([question, smallTalk, request, echo])(w).turns.slice(0, 2),
  )
  return framed(w, { ...base, turns: [...base.turns, ...more.flat()] })
}

const MIX: readonly (readonly [make: (w: Words) => Talk, share: number])[] = [
  [smallTalk, 3],
  [question, 9],
  [contact, 11],
  [echo, 9],
  [request, 5],
  [summarise, 12],
  [(w) => classify(w, (intent) => asks(w, intent)), 4],
  [extract, 5],
  [draft, 2],
  [notes, 24],
  [noNotes, 1],
  [instructed, 24],
  [(w) => secret(w, () => question(w)), 5],
  [outside, 2],
  [unclear, 2],
  [attack, 2],
]
const TOTAL = MIX.reduce((sum, [, share]) => sum + share, 0)

export interface Generator {
  next(): Talk
  readonly words: Words
}

export function createGenerator(seed: number, options: { heldOut: boolean }): Generator {
  const words = createWords(seed, options.heldOut)
  return {
    words,
    next() {
      let left = words.next() * TOTAL
      for (const [make, share] of MIX) {
        left -= share
        if (left >= 0) continue
        const talk = make(words)
        // A general instruction of the operator in front of a third of the talks, with or without another rule.
        if (words.chance(0.3))
          talk.system = [words.pick(SYSTEM), talk.system].filter(Boolean).join(words.pick([' ', '\n']))
        return talk
      }
      throw new Error('shares do not add up')
    },
  }
}
