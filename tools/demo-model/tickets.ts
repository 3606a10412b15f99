// Tickets: facts, the text a person would write from them, and what is to be answered about them.
import { INTENTS, type Intent } from './knowledge.ts'
import type { Talk } from './talk.ts'
import { capital, small, type Words } from './words.ts'

export interface Ticket {
  intent: Intent
  who: string
  day: string
  place: string
  tried: string
  deadline: string
  error: string
  contact: string
  people: number
  text: string
}

/** Held-out talks use combinations of subject and trouble that training never shows. */
export function trouble(w: Words, intent: Intent): string | undefined {
  const { subjects, troubles } = intent
  if (!subjects || !troubles) return undefined
  const all = subjects.flatMap((subject) => troubles.map((what) => `${subject} ${what}`))
  return w.pick(all.filter((_, i) => (i % 9 === 4) === w.heldOut))
}

export function createTicket(w: Words): Ticket {
  const { pick, chance, below } = w
  const intent = pick(INTENTS.filter((x) => !['hours', 'human', 'angry'].includes(x.name)))
  const who = chance(0.6) ? w.placeholder('NAME') : w.person()
  const day = w.day()
  const place = pick([
    `on floor ${1 + below(12)}`,
    `in room ${w.digits(3)}`,
    `in the ${w.place()} office`,
    'at home',
    '',
    '',
  ])
  const tried = pick([
    'a restart',
    'a new cable',
    'an update',
    'another computer',
    'a second account',
    `the ${w.name()} tool`,
    '',
    '',
  ])
  const deadline = pick([`before ${w.time()}`, `by ${w.day()}`, 'today', '', ''])
  const error = chance(0.4) ? w.error() : ''
  const kind = pick(['EMAIL', 'PHONE'])
  const contact = chance(0.5) ? (chance(0.85) ? w.placeholder(kind) : w.plain(kind)) : ''
  const people = chance(0.3) ? 2 + below(9) : 0
  const what = chance(0.6) ? trouble(w, intent) : undefined
  const at = place ? ` ${place}` : ''
  const first = what
    ? pick([
        `Since ${day} ${what}${at}.`,
        `${capital(what)}${at} since ${day}.`,
        `${capital(what)}${at}. It started on ${day}.`,
      ])
    : pick([
        `We have ${intent.noun}${at} since ${day}.`,
        `Since ${day} there is ${intent.noun}${at}.`,
        `I am writing about ${intent.noun}${at}. It started on ${day}.`,
      ])
  const more: string[] = []
  if (error) more.push(pick([`The message says ${error}.`, `I see error ${error}.`, `It shows code ${error}.`]))
  if (tried)
    more.push(
      pick([`I already tried ${tried}.`, `${capital(tried)} did not help.`, `We tried ${tried} without success.`]),
    )
  if (people) more.push(pick([`${people} people are affected.`, `This affects ${people} colleagues.`]))
  if (deadline)
    more.push(pick([`I need a solution ${deadline}.`, `Please fix it ${deadline}.`, `It must work ${deadline}.`]))
  if (contact) more.push(pick([`You can reach me at ${contact}.`, `My contact is ${contact}.`]))
  const opening = pick([`Hello, my name is ${who}. `, `Hi, this is ${who}. `, `From: ${who}\n`, `${who} writes: `])
  const text = [opening + first, ...w.shuffle(more)].join(' ') + pick([' Thank you.', '', ' Best regards', ''])
  return { intent, who, day, place, tried, deadline, error, contact, people, text }
}

export function summaryOf(t: Ticket): string {
  let text = `${t.who} reports ${t.intent.noun}${t.place ? ` ${t.place}` : ''} since ${t.day}.`
  if (t.error) text += ` Error: ${t.error}.`
  if (t.people) text += ` ${t.people} people are affected.`
  if (t.tried) text += ` Tried: ${t.tried}.`
  if (t.deadline) text += ` Needed ${t.deadline}.`
  if (t.contact) text += ` Contact: ${t.contact}.`
  return text
}

const ASK_SUMMARY = [
  'Summarise this ticket:',
  'Summarize this ticket:',
  'Please summarise:',
  'Give me a short summary of this ticket:',
  'Summarise the following message:',
  'Can you summarise this?',
  'TL;DR of this ticket:',
  'Sum up this ticket:',
  'Summarise this ticket in a few words:',
  'Please summarise this ticket for me:',
]
const under = (w: Words, question: string, text: string) => question + w.pick([' ', '\n', '\n\n']) + text

export function summarise(w: Words): Talk {
  const t = createTicket(w)
  const turns = [under(w, w.pick(ASK_SUMMARY), t.text), summaryOf(t)]
  if (w.chance(0.3)) {
    const more: [string, string][] = [
      ['Who reported it?', `${t.who} reported it.`],
      ['Since when?', `Since ${t.day}.`],
    ]
    if (t.error) more.push(['What is the error code?', `The error is ${t.error}.`])
    if (t.contact) more.push(['How can we reach them?', `You can use ${t.contact}.`])
    if (t.tried) more.push(['What was tried?', `They tried ${t.tried}.`])
    const [question, answer] = w.pick(more)
    turns.push(w.chance(0.5) ? question : small(question), answer)
  }
  return { skill: 'summary', turns, expect: { exact: summaryOf(t), kept: [t.who, t.contact].filter(Boolean) } }
}

export function extract(w: Words): Talk {
  const t = createTicket(w)
  if (w.chance(0.3)) {
    const ask = w.pick([
      'Classify this ticket as JSON:',
      'Category and priority as JSON:',
      'Sort this ticket, answer in JSON:',
    ])
    const value = { category: t.intent.category, priority: t.intent.priority }
    return { skill: 'json', turns: [under(w, ask, t.text), JSON.stringify(value)], expect: { json: value } }
  }
  const ask = w.pick([
    'Extract the fields as JSON:',
    'Return this ticket as JSON:',
    'Give me JSON for this ticket:',
    'Turn this ticket into JSON:',
    'As JSON:',
  ])
  const value = {
    name: t.who,
    category: t.intent.category,
    priority: t.intent.priority,
    contact: t.contact || null,
    error: t.error || null,
  }
  return { skill: 'json', turns: [under(w, ask, t.text), JSON.stringify(value)], expect: { json: value } }
}

export function classify(w: Words, question: (intent: Intent) => string): Talk {
  const t = w.chance(0.5) ? createTicket(w) : undefined
  const intent = t?.intent ?? w.pick(INTENTS)
  const text = t?.text ?? question(intent)
  if (w.chance(0.6)) {
    const answer = `Category: ${intent.category}. Priority: ${intent.priority}.`
    const ask = w.pick([
      'Classify this ticket:',
      'Which category is this?',
      'What kind of ticket is this?',
      'Sort this ticket:',
    ])
    return { skill: 'classify', turns: [under(w, ask, text), answer], expect: { exact: answer } }
  }
  const answer = `Priority: ${intent.priority}.`
  const ask = w.pick(['How urgent is this?', 'Set the priority of this ticket:', 'What priority is this?'])
  return { skill: 'classify', turns: [under(w, ask, text), answer], expect: { exact: answer } }
}
