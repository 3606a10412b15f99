// Letters and digits of a text in one case, without accents and without everything between them: what is left when somebody
// writes "Z-a-r b.o" for "Zarbo". Forbidden values are compared in this form.

const cache = new Map<string, string>()
const CACHED = 4096

/** Folds one character to none, one or several. */
export function foldChar(char: string): string {
  const known = cache.get(char)
  if (known !== undefined) return known
  const folded = (
    char
      .normalize('NFKD')
      .toLowerCase()
      .match(/[\p{L}\p{N}]/gu) ?? []
  ).join('')
  if (cache.size >= CACHED) cache.clear()
  cache.set(char, folded)
  return folded
}

export function fold(text: string): string {
  let folded = ''
  for (const char of text) folded += foldChar(char)
  return folded
}
