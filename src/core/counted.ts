// Numbers with their nouns, as people say them.

/** `1 key`, `3 keys`, `2 classes`. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : plural}`
