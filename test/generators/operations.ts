// What a business writes that no public corpus holds: customer, order and ticket numbers, names of internal machines,
// transaction histories, configuration files; and text that looks like them and is not. Every value has its own grammar.
import type { Random } from './random.ts'
import { ALNUM, DIGITS, HEX, LOWER, UPPER } from './random.ts'

export interface Labelled {
  readonly text: string
  readonly spans: readonly { readonly start: number; readonly end: number; readonly type: string }[]
}

/** Suffix of the generated deployment's own machines, to be declared to the detector. */
export const DECLARED_SUFFIX = '.nordwind.example'

class Writer {
  text = ''
  readonly spans: { start: number; end: number; type: string }[] = []
  add(text: string): this {
    this.text += text
    return this
  }
  mark(type: string, text: string): this {
    this.spans.push({ start: this.text.length, end: this.text.length + text.length, type })
    this.text += text
    return this
  }
  done(): Labelled {
    return { text: this.text, spans: this.spans }
  }
}

export function createOperations(random: Random) {
  const { int, pick, text, chance } = random
  const digits = (least: number, most: number) => text(DIGITS, int(least, most))

  const customerId = () =>
    pick([
      () => `CUST-${digits(4, 8)}`,
      () => `C-${digits(6, 8)}`,
      () => `KD${digits(6, 8)}`,
      () => `cus_${text(ALNUM, 14)}`,
      () => `M${digits(8, 9)}`,
      () => `${text(UPPER, 2)}-${digits(3, 3)}-${digits(4, 4)}`,
      () => `MEMBER-${int(2015, 2026)}-${digits(5, 5)}`,
    ])()
  const orderId = () =>
    pick([
      () => `ORD-${int(2020, 2026)}-${digits(4, 6)}`,
      () => `INV-${digits(5, 8)}`,
      () => `PO${digits(7, 9)}`,
      () => `${digits(3, 3)}-${digits(7, 7)}-${digits(7, 7)}`,
      () => `SO-${digits(4, 5)}/${int(1, 9)}`,
      () => `R${digits(8, 9)}`,
    ])()
  const ticketId = () =>
    pick([
      () => `INC${digits(7, 8)}`,
      () => `${pick(['OPS', 'SUP', 'PAY', 'NET', 'CRM'])}-${digits(3, 5)}`,
      () => `CHG00${digits(5, 5)}`,
      () => `CASE-${digits(6, 8)}`,
      () => `REQ${digits(7, 7)}`,
    ])()
  const role = () =>
    pick([
      'db',
      'web',
      'api',
      'cache',
      'queue',
      'auth',
      'mail',
      'vpn',
      'build',
      'ldap',
      'kafka',
      'proxy',
      'backup',
      'payments',
      'billing',
    ])
  const site = () => pick(['fra', 'ber', 'lon', 'nyc', 'eu-west', 'us-east', 'dc1', 'prod', 'stage', 'sin'])
  const host = () =>
    pick([
      () => `${role()}-${digits(2, 2)}.${site()}${DECLARED_SUFFIX}`,
      () => `${role()}${int(1, 20)}${DECLARED_SUFFIX}`,
      () => `${role()}-${int(1, 20)}.${pick(['corp', 'internal', 'local', 'lan', 'intranet'])}`,
      () => `${role()}.${site()}.internal`,
      () => `${role()}.${pick(['default', 'prod', 'shop'])}.svc.cluster.local`,
      () => `ip-10-${int(0, 255)}-${int(0, 255)}-${int(0, 255)}.ec2.internal`,
    ])()
  const amount = () => `${chance(0.4) ? '-' : ''}${int(1, 4000)}.${digits(2, 2)}`
  const merchant = () =>
    pick([
      'REWE Markt',
      'Shell 0442',
      'AMZN Mktp',
      'Netflix',
      'Payroll',
      'Rent',
      'Spotify AB',
      'City Parking',
      'ATM withdrawal',
      'Lidl',
      'Deutsche Bahn',
      'Uber Trip',
      'Card payment',
      'Insurance',
      'Gym',
    ])
  const day = () =>
    `${int(2021, 2026)}-${digits(0, 0)}${String(int(1, 12)).padStart(2, '0')}-${String(int(1, 28)).padStart(2, '0')}`

  const ids = (): Labelled => {
    const w = new Writer()
    const kind = pick(['customer', 'order', 'ticket'] as const)
    const id = kind === 'customer' ? customerId() : kind === 'order' ? orderId() : ticketId()
    const type = kind === 'customer' ? 'business/customer-id' : 'business/ticket-id'
    const frames = {
      customer: [
        ['Customer ', ' called twice about the refund.'],
        ['customer id: ', ''],
        ['Please close the account of customer no. ', ' today.'],
        ['My customer number is ', ', can you look it up?'],
        ['Member ID ', ' expired.'],
        ['{"customerId": "', '", "open": true}'],
        ['Kundennummer: ', ''],
        ['Why was client ', ' charged?'],
      ],
      order: [
        ['Where is my order ', '?'],
        ['Invoice ', ' is still unpaid.'],
        ['order number: ', ''],
        ['Refund for order ', ' please'],
        ['The items of purchase order ', ' arrived broken.'],
        ['{"orderId":"', '"}'],
        ['Bestellnummer ', ' wurde storniert.'],
      ],
      ticket: [
        ['See ticket ', ' for details.'],
        ['Ticket: ', ''],
        ['I opened case ', ' last week.'],
        ['Closes incident ', '.'],
        ['Status of request ', '?'],
        ['reported in ticket ', ' by the night shift'],
      ],
    }[kind]
    const [before, after] = pick(frames)
    return w.add(before!).mark(type, id).add(after!).done()
  }
  const hosts = (): Labelled => {
    const w = new Writer()
    const [before, after] = pick([
      ['Cannot reach ', ' since noon.'],
      ['ssh deploy@', ''],
      ['ping ', ' times out'],
      ['The job runs on ', ' and writes to the share.'],
      ['host: ', '\nport: 5432'],
      ['curl http://', ':8080/health'],
      ['Jan 12 03:14:07 ', ' kernel: out of memory'],
      ['psql -h ', ' -U app'],
      ['Certificate for ', ' expires soon.'],
    ])
    return w.add(before!).mark('network/host', host()).add(after!).done()
  }
  const transactions = (): Labelled => {
    const w = new Writer()
    w.add(
      pick([
        'Here are my last transactions, where do I overspend?\n',
        'Statement:\n',
        '',
        'Please categorise these:\n\n',
      ]),
    )
    const shape = int(0, 3)
    if (shape === 0) w.add('date,description,amount,balance\n')
    if (shape === 1) w.add('Date       | Merchant | Amount\n')
    const rows = int(3, 9)
    for (let i = 0; i < rows; i++) {
      const row = [
        () => `${day()},${merchant()},${amount()},${int(10, 9000)}.${digits(2, 2)}`,
        () => `${day()} | ${merchant()} | ${amount()} EUR`,
        () =>
          `${String(int(1, 28)).padStart(2, '0')}/${String(int(1, 12)).padStart(2, '0')}/${int(2021, 2026)}  ${merchant()}  $${amount().replace('-', '')}`,
        () => `${int(1, 28)}.${int(1, 12)}.${int(2021, 2026)} ${merchant()} ${amount().replace('.', ',')} EUR`,
      ][shape]!()
      w.mark('finance/transaction', row).add('\n')
    }
    return w.add(pick(['', 'Thanks!\n'])).done()
  }
  const config = (): Labelled => {
    const w = new Writer()
    w.add(pick(['', 'Why does this not start?\n', 'my config:\n']))
    const style = int(0, 3)
    const value = (key: string): string =>
      key.endsWith('host') || key.endsWith('url')
        ? host()
        : key.endsWith('port')
          ? String(int(1024, 65_000))
          : key.endsWith('password') || key.endsWith('secret')
            ? text(ALNUM, 16)
            : key.endsWith('user')
              ? pick(['app', 'svc_report', 'root', 'etl'])
              : key.endsWith('timeout')
                ? String(int(5, 300))
                : key.endsWith('path')
                  ? `/var/lib/${text(LOWER, 6)}`
                  : pick(['true', 'false', 'info', 'debug', `${int(1, 64)}`, text(LOWER, 7)])
    const keys = random.shuffle([
      'db_host',
      'db_port',
      'db_user',
      'db_password',
      'cache_url',
      'log_level',
      'session_secret',
      'max_pool',
      'read_timeout',
      'data_path',
      'smtp_host',
      'smtp_port',
      'feature_x',
      'region',
    ])
    // Some line must say where a machine is or how to get in.
    const chosen = ['db_host', ...keys.filter((k) => k !== 'db_host').slice(0, int(5, 10))]
    if (style === 1) w.add('[server]\n')
    if (style === 2) w.add('server:\n')
    for (const key of chosen) {
      const v = value(key)
      if (style === 0) w.add(`${key.toUpperCase()}=`).mark('document/config', v)
      else if (style === 1) w.add(`${key} = `).mark('document/config', v)
      else if (style === 2) w.add(`  ${key}: `).mark('document/config', v)
      else w.add(`${key.replace('_', '.')}=`).mark('document/config', v)
      w.add('\n')
    }
    return w.done()
  }
  /** Nothing of the above, though it looks like it from afar. */
  const harmless = (): Labelled => ({
    text: pick([
      () => `Use HTTP/2 with TLS 1.3 on port 443 and SHA-256.`,
      () => `The COVID-19 pandemic and the G-7 summit of ${int(2020, 2025)}.`,
      () => `RFC ${digits(4, 4)} describes it, see section ${int(1, 9)}.${int(1, 9)}.`,
      () => `const a${int(1, 9)} = rows[${int(0, 99)}].b${int(1, 9)}`,
      () => `Visit docs.python.org or example.com for more.`,
      () => `commit ${text(HEX, 40)}`,
      () => `Boeing 737-800 and Airbus A320 are different.`,
      () => `Mix ${int(100, 500)} g flour: ${int(1, 4)} eggs, ${int(50, 200)} ml milk.`,
      () => `Name: a short title\nGoal: learn more\nResult: better\nTime: one week\nMood: good`,
      () => `- item one\n- item two\n- item three\n- item four\n- item five`,
      () => `ISBN 978-3-16-148410-0 was reprinted.`,
      () => `The order of the rows and the customer's view do not matter.`,
      () => `In ticket sales we lead; in case of doubt ask for the request form.`,
      () => `import os, sys\nfrom app.core import main\nmain.run()`,
      () => `On ${int(1, 28)} March ${int(1990, 2020)} the club won 3-1 against its rival.`,
      () => `Version ${int(1, 9)}.${int(0, 20)}.${int(0, 9)} runs on Node ${int(18, 26)}.`,
      () => `MIT-0, GPL-3.0 and Apache-2.0 are licences.`,
      () => `H2O and CO2 react under UV-B light, says figure ${int(1, 9)}-${int(1, 9)}.`,
    ])(),
    spans: [],
  })
  return { ids, hosts, transactions, config, harmless, customerId, orderId, ticketId, host }
}
