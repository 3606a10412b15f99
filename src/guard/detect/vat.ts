// Numbers under which firms and the self-employed pay value added tax: two letters of the country, digits, and a check of their
// own in each.

type Check = (d: readonly number[]) => boolean

const weighed = (d: readonly number[], weights: readonly number[]) =>
  weights.reduce((sum, weight, i) => sum + weight * (d[i] ?? 0), 0)
const numberOf = (d: readonly number[], from: number, to: number) => Number(d.slice(from, to).join(''))

function luhn(d: readonly number[]): boolean {
  let sum = 0
  for (let i = 0; i < d.length; i++) {
    const twice = (d.length - i) % 2 === 0 ? (d[i] ?? 0) * 2 : (d[i] ?? 0)
    sum += twice > 9 ? twice - 9 : twice
  }
  return sum % 10 === 0
}

/** ISO 7064, MOD 11,10. */
function hybrid(d: readonly number[]): boolean {
  let rest = 10
  for (let i = 0; i < d.length - 1; i++) {
    const sum = ((d[i] ?? 0) + rest) % 10
    rest = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return (11 - rest) % 10 === d.at(-1)
}

/** What is left to the next multiple of eleven; ten and eleven are written as nothing. */
const toEleven = (sum: number) => ((11 - (sum % 11)) % 11) % 10

/** By country and how many digits it writes. */
const CHECKS: Readonly<Record<string, Check>> = {
  AT8: (d) => {
    let sum = 4
    for (let i = 0; i < 7; i++) {
      const twice = (d[i] ?? 0) * (1 + (i % 2))
      sum += twice > 9 ? twice - 9 : twice
    }
    return d[7] === (10 - (sum % 10)) % 10
  },
  BE10: (d) => numberOf(d, 8, 10) === 97 - (numberOf(d, 0, 8) % 97),
  CZ8: (d) => d[7] === (11 - (weighed(d, [8, 7, 6, 5, 4, 3, 2]) % 11)) % 10,
  DE9: hybrid,
  DK8: (d) => weighed(d, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
  EL9: (d) => d[8] === (weighed(d, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10,
  FI8: (d) => d[7] === (11 - (weighed(d, [7, 9, 10, 5, 8, 4, 2]) % 11)) % 11,
  FR11: (d) => luhn(d.slice(2)) && numberOf(d, 0, 2) === (12 + 3 * (numberOf(d, 2, 11) % 97)) % 97,
  HU8: (d) => d[7] === (10 - (weighed(d, [9, 7, 3, 1, 9, 7, 3]) % 10)) % 10,
  IT11: luhn,
  LU8: (d) => numberOf(d, 6, 8) === numberOf(d, 0, 6) % 89,
  PL10: (d) => d[9] === weighed(d, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11,
  PT9: (d) => d[8] === toEleven(weighed(d, [9, 8, 7, 6, 5, 4, 3, 2])),
  RO8: (d) => d[7] === ((weighed(d, [3, 2, 1, 7, 5, 3, 2]) * 10) % 11) % 10,
  SE12: (d) => luhn(d.slice(0, 10)) && d[11] === 1,
  SK10: (d) => numberOf(d, 0, 10) % 11 === 0,
}

const FORM = /^(BE|CZ|DE|DK|EL|FI|FR|HU|IT|LU|PL|PT|RO|SE|SK)(\d{8,12})$/

/** How sure it is that `value` is such a number, without any word beside it; 0 if nothing says so. */
export function provesVat(value: string): number {
  // The Netherlands keep a `B` inside.
  if (/^NL\d{9}B\d{2}$/.test(value)) return 80
  // Nothing else begins like Austria's.
  if (/^ATU\d{8}$/.test(value)) return CHECKS.AT8?.([...value.slice(3)].map(Number)) === true ? 80 : 60
  const form = FORM.exec(value)
  if (form === null) return 0
  const digits = [...(form[2] ?? '')].map(Number)
  if (new Set(digits).size < 3) return 0
  return CHECKS[`${form[1]}${digits.length}`]?.(digits) === true ? 68 : 0
}
