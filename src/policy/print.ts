// Conditions as readers wrote them, near enough: Cedar's JSON form back to text, clause by clause.
import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { plainUid } from './side.ts'

type Node = { readonly [operator: string]: unknown }
type Pair = { left: Expr; right: Expr }

const INFIX = ['==', '!=', '<', '<=', '>', '>=', 'in', '+', '-', '*', '&&', '||']
const METHODS = ['contains', 'containsAll', 'containsAny', 'getTag', 'hasTag']
const CONSTRUCTORS = ['ip', 'decimal', 'datetime', 'duration']

export function printExpression(expr: Expr): string {
  const [operator = '', body] = Object.entries(expr as Node)[0] ?? []
  if (operator === 'Value') return printLiteral(body)
  if (operator === 'Var') return String(body)
  if (INFIX.includes(operator)) {
    const { left, right } = body as Pair
    return `${within(operator, left, true)} ${operator} ${within(operator, right, false)}`
  }
  if (METHODS.includes(operator)) {
    const { left, right } = body as Pair
    return `${inner(left)}.${operator}(${printExpression(right)})`
  }
  switch (operator) {
    case '!':
      return `!${inner((body as { arg: Expr }).arg)}`
    case 'neg':
      return `-${inner((body as { arg: Expr }).arg)}`
    case 'isEmpty':
      return `${inner((body as { arg: Expr }).arg)}.isEmpty()`
    case '.': {
      const { left, attr } = body as { left: Expr; attr: string }
      return isName(attr) ? `${inner(left)}.${attr}` : `${inner(left)}[${JSON.stringify(attr)}]`
    }
    case 'has': {
      const { left, attr } = body as { left: Expr; attr: string | string[] }
      return `${inner(left)} has ${typeof attr === 'string' ? name(attr) : attr.join('.')}`
    }
    case 'like': {
      const { left, pattern } = body as { left: Expr; pattern: ('Wildcard' | { Literal: string })[] }
      const text = pattern.map((piece) => (piece === 'Wildcard' ? '*' : piece.Literal.replaceAll('*', '\\*'))).join('')
      return `${inner(left)} like "${text}"`
    }
    case 'is': {
      const parts = body as { left: Expr; entity_type: string; in?: Expr }
      return `${inner(parts.left)} is ${parts.entity_type}${parts.in ? ` in ${inner(parts.in)}` : ''}`
    }
    case 'if-then-else': {
      const parts = body as { if: Expr; then: Expr; else: Expr }
      return `if ${printExpression(parts.if)} then ${printExpression(parts.then)} else ${printExpression(parts.else)}`
    }
    case 'Set':
      return `[${(body as Expr[]).map(printExpression).join(', ')}]`
    case 'Record':
      return `{${Object.entries(body as Record<string, Expr>)
        .map(([key, value]) => `${name(key)}: ${printExpression(value)}`)
        .join(', ')}}`
    default: {
      const parts = body as Expr[]
      if (CONSTRUCTORS.includes(operator)) return `${operator}(${parts.map(printExpression).join(', ')})`
      const [first, ...rest] = parts
      return `${first ? inner(first) : ''}.${operator}(${rest.map(printExpression).join(', ')})`
    }
  }
}

/** `a || b || c` needs no brackets, nor does a comparison between `&&` and `||`, which bind less than anything else. */
function within(operator: string, expr: Expr, first: boolean): string {
  if (operator !== '&&' && operator !== '||') return inner(expr)
  const [below = ''] = Object.keys(expr as Node)
  const binds = below === '&&' || below === '||' ? first && below === operator : below !== 'if-then-else'
  return binds ? printExpression(expr) : inner(expr)
}

/** In brackets where it would otherwise read differently. */
function inner(expr: Expr): string {
  const [operator = ''] = Object.keys(expr as Node)
  const text = printExpression(expr)
  return INFIX.includes(operator) || ['has', 'like', 'is', 'if-then-else', '!', 'neg'].includes(operator)
    ? `(${text})`
    : text
}

const isName = (text: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)
const name = (text: string) => (isName(text) ? text : JSON.stringify(text))

function printLiteral(body: unknown): string {
  const uid = (body as { __entity?: { type: string; id: string } } | null)?.__entity
  return uid ? `${uid.type}::${JSON.stringify(uid.id)}` : JSON.stringify(body)
}

/** `principal in Role::"user"`; undefined for a side that is open to all. */
export function printSide(
  variable: 'principal' | 'resource',
  side: PolicyJson['principal'] | PolicyJson['resource'],
): string | undefined {
  if (side.op === 'All') return undefined
  if (side.op === 'is') {
    const within = side.in && 'entity' in side.in ? ` in ${printUid(side.in.entity)}` : ''
    return `${variable} is ${side.entity_type}${within}`
  }
  return 'entity' in side ? `${variable} ${side.op} ${printUid(side.entity)}` : undefined
}

function printUid(uid: Parameters<typeof plainUid>[0]): string {
  const { type, id } = plainUid(uid)
  return `${type}::${JSON.stringify(id)}`
}
