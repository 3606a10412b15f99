// Whether enough different humans have approved, with so many from each group that a rule names. One human counts once,
// also when in several of the groups.
export interface Approver {
  readonly groups: readonly string[]
}

/** `ml-leads: 1, security: 2` */
export function parseQuorum(text: string): { group: string; count: number }[] {
  return text.split(',').map((part) => {
    const at = part.lastIndexOf(':')
    return { group: part.slice(0, at).trim(), count: Number(part.slice(at + 1)) }
  })
}

export function quorumMet(approvers: readonly Approver[], needed: number, quorum: string | undefined): boolean {
  if (approvers.length < needed) return false
  if (quorum === undefined) return true
  const seats = parseQuorum(quorum).flatMap(({ group, count }) => Array.from({ length: count }, () => group))
  // Kuhn's algorithm: seat every place, moving somebody already seated to another place where that helps.
  const seated: (number | undefined)[] = seats.map(() => undefined)
  const seat = (person: number, tried: Set<number>): boolean => {
    for (const [place, group] of seats.entries()) {
      if (tried.has(place) || !approvers[person]?.groups.includes(group)) continue
      tried.add(place)
      const before = seated[place]
      if (before === undefined || seat(before, tried)) {
        seated[place] = person
        return true
      }
    }
    return false
  }
  for (const person of approvers.keys()) seat(person, new Set())
  return seated.every((person) => person !== undefined)
}
