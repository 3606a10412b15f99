// RFC 5424 messages: facts as structured data, the whole event as JSON in the message.
import type { Found } from '../search.ts'

/** Facility 13, log audit. */
const FACILITY = 13
const NOTICE = 5
const WARNING = 4
const INFORMATIONAL = 6

/** 32473 is the enterprise number that RFC 5612 reserves for such use. */
const SD_ID = 'sallyport@32473'

/** Section 6.2: printable ASCII without space, of bounded length. */
const word = (text: string, length: number): string => text.replace(/[^\x21-\x7e]/g, '_').slice(0, length) || '-'

/**
 * Section 6.3.3: these three are escaped in values. What could begin a line of its own, or act on whoever reads it, is marked:
 * the message holds it as it was.
 */
const param = (name: string, value: string | number | undefined): string =>
  value === undefined
    ? ''
    : ` ${name}="${String(value)
        .replace(CONTROL, '\ufffd')
        .replace(/["\\\]]/g, '\\$&')}"`
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

function severityOf({ kind, decision, data }: Found): number {
  const stopped = decision === 'deny' || data?.outcome === 'refused' || data?.outcome === 'cut'
  if (stopped || kind.startsWith('alert.') || kind.endsWith('.refused')) return WARNING
  return kind.startsWith('call.') ? INFORMATIONAL : NOTICE
}

export function toSyslog(event: Found): string {
  const facts = (
    [
      'position',
      'id',
      'principal',
      'credential',
      'action',
      'model',
      'decision',
      'reason',
      'session',
      'call',
      'subject',
      'address',
    ] as const
  )
    .map((name) => param(name, event[name]))
    .join('')
  const priority = FACILITY * 8 + severityOf(event)
  const time = new Date(event.time).toISOString()
  const { position: _, ...body } = event
  return `<${priority}>1 ${time} ${word(event.node, 255)} sallyport ${word(event.boot, 128)} ${word(event.kind, 32)} [${SD_ID}${facts}] \ufeff${JSON.stringify(body)}`
}
