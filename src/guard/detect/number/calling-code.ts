// Lengths of telephone numbers per calling code, from libphonenumber's metadata: a closed look-up instead of its
// parser, which costs tens of microseconds a number and would let a page of digits stall the scanner.
import metadata from 'libphonenumber-js/metadata.min.json'

/** Bit n set: subscriber numbers of n digits exist under the calling code. */
const LENGTHS: ReadonlyMap<number, number> = (() => {
  const lengths = new Map<number, number>()
  const countries = metadata.countries as unknown as Record<string, readonly unknown[]>
  for (const [code, names] of Object.entries(metadata.country_calling_codes as Record<string, readonly string[]>)) {
    let bits = 0
    for (const name of names) {
      const possible = countries[name]?.[3]
      if (Array.isArray(possible)) for (const n of possible as number[]) bits |= 1 << n
    }
    // Codes outside countries (satellites, free phone) have no lengths here: E.164 allows 15 digits in all.
    lengths.set(Number(code), bits === 0 ? 0xfff0 : bits)
  }
  return lengths
})()

/** True if `digits[from, from + total)` starts with a calling code and has as many digits as its numbers have. */
export function callingCodeFits(digits: Uint8Array, from: number, total: number): boolean {
  let code = 0
  for (let n = 1; n <= 3 && n < total; n++) {
    code = code * 10 + (digits[from + n - 1] ?? 0)
    const bits = LENGTHS.get(code)
    if (bits === undefined) continue
    const rest = total - n
    // One more digit for the trunk zero people write in brackets: `+44 (0)20 …`.
    return (bits & (1 << rest)) !== 0 || (digits[from + n] === 0 && (bits & (1 << (rest - 1))) !== 0)
  }
  return false
}
