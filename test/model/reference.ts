// What must be true of access, in the plainest words: one world, one order of acts, no database and no nodes.
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** One act with its targets named. `n` is the number of the act, and of what it makes. */
export type Act = { n: number; node: number } & (
  | { do: 'ask'; who: number; minutes: number; uses: number }
  | { do: 'approve' | 'deny' | 'cancel'; request: number; who: number }
  | { do: 'use'; grant: number }
  | { do: 'settle'; use: number; sent: boolean }
  | { do: 'end'; grant: number }
  | { do: 'issue'; who: number }
  | { do: 'suspendKey' | 'resumeKey' | 'revokeKey'; key: number }
  | { do: 'suspend' | 'restore'; who: number }
  | { do: 'lock'; who: number }
  | { do: 'lockKey'; key: number }
  | { do: 'lift'; lock: number }
  | { do: 'call'; key: number; name: number }
  | { do: 'cut'; session: string }
  | { do: 'tidy' }
  | { do: 'pass'; minutes: number }
)

interface Request {
  who: number
  minutes: number
  uses: number
  open: boolean
  expiresAt: number
  yes: number[]
}
interface Grant {
  who: number
  endsAt: number
  left: number | undefined
  running: number
  over: boolean
}

export interface World {
  now: number
  active: boolean[]
  requests: Record<number, Request>
  /** By the number of the request. */
  grants: Record<number, Grant>
  uses: Record<number, { grant: number; open: boolean }>
  keys: Record<number, { who: number; state: 'active' | 'suspended' | 'revoked' }>
  locks: Record<number, { who?: number; key?: number; lifted: boolean }>
  /** By the name the client gave; the last one of that name. */
  sessions: Record<string, { key: number; over: boolean; usedAt: number; generation: number }>
  calls: Record<number, { key: number; session: string; generation: number; over: boolean }>
}

export const newWorld = (people: number, now: number): World => ({
  now,
  active: Array.from({ length: people }, () => true),
  requests: {},
  grants: {},
  uses: {},
  keys: {},
  locks: {},
  sessions: {},
  calls: {},
})

const holding = (world: World, grant: Grant): boolean =>
  !grant.over && world.now < grant.endsAt && (grant.left === undefined || grant.left > 0)

const locked = (world: World, key: number): boolean =>
  Object.values(world.locks).some((lock) => !lock.lifted && (lock.key === key || lock.who === world.keys[key]?.who))

/** Whether a key lets its owner in. */
export const admits = (world: World, key: number): boolean => {
  const one = world.keys[key]
  return one?.state === 'active' && (world.active[one.who] ?? false) && !locked(world, key)
}

const mayCall = (world: World, key: number): boolean =>
  admits(world, key) &&
  Object.values(world.grants).some(
    (grant) => grant.who === world.keys[key]?.who && grant.left === undefined && holding(world, grant),
  )

const endSessions = (world: World, of: (key: number) => boolean): void => {
  for (const session of Object.values(world.sessions)) if (of(session.key)) session.over = true
}

/** Does it, and says what comes of it: `no`, or what was done. */
export function perform(world: World, act: Act): string {
  const done = step(world, act)
  for (const call of Object.values(world.calls)) {
    const session = world.sessions[call.session]
    if (!mayCall(world, call.key) || session?.generation !== call.generation || session.over) call.over = true
  }
  return done
}

/**
 * A call that has entered its session and asks for its lease only when another act has come between, as two nodes may have it:
 * it is refused for what that act ended, and the session stays as that act left it. Says what comes of the other act;
 * undefined if the call would have gone on.
 */
export function overtaken(world: World, call: Act, other: Act): string | undefined {
  if (call.do !== 'call' || perform(world, call) !== 'called') return undefined
  const done = perform(world, other)
  const refused = world.calls[call.n]?.over
  delete world.calls[call.n]
  return refused ? done : undefined
}

function step(world: World, act: Act): string {
  switch (act.do) {
    case 'ask':
      world.requests[act.n] = {
        who: act.who,
        minutes: act.minutes,
        uses: act.uses,
        open: true,
        expiresAt: world.now + HOUR,
        yes: [],
      }
      return 'asked'
    case 'approve':
    case 'deny':
    case 'cancel':
      return answer(world, act)
    case 'use': {
      const grant = world.grants[act.grant]
      if (!grant || grant.left === undefined || !holding(world, grant)) return 'no'
      grant.left -= 1
      grant.running += 1
      world.uses[act.n] = { grant: act.grant, open: true }
      return 'used'
    }
    case 'settle': {
      const use = world.uses[act.use]
      const grant = use && world.grants[use.grant]
      if (!use?.open || !grant) return 'settled'
      use.open = false
      if (grant.over) return 'settled'
      grant.running -= 1
      if (!act.sent && grant.left !== undefined) grant.left += 1
      if (grant.left === 0 && grant.running === 0) grant.over = true
      return 'settled'
    }
    case 'end': {
      const grant = world.grants[act.grant]
      if (grant) grant.over = true
      return 'ended'
    }
    case 'issue':
      if (!world.active[act.who]) return 'no'
      world.keys[act.n] = { who: act.who, state: 'active' }
      return 'issued'
    case 'suspendKey':
    case 'resumeKey':
    case 'revokeKey': {
      const key = world.keys[act.key]
      if (!key || (key.state === 'revoked' && act.do !== 'revokeKey')) return 'no'
      if (act.do === 'resumeKey' && (key.state !== 'suspended' || !world.active[key.who])) return 'no'
      key.state = act.do === 'suspendKey' ? 'suspended' : act.do === 'resumeKey' ? 'active' : 'revoked'
      return 'done'
    }
    case 'suspend':
    case 'restore': {
      const to = act.do === 'restore'
      if (world.active[act.who] === to) return 'done'
      world.active[act.who] = to
      for (const grant of Object.values(world.grants)) if (grant.who === act.who) grant.over = true
      for (const key of Object.values(world.keys))
        if (!to && key.who === act.who && key.state === 'active') key.state = 'suspended'
      endSessions(world, (key) => world.keys[key]?.who === act.who)
      return 'done'
    }
    case 'lock':
      world.locks[act.n] = { who: act.who, lifted: false }
      endSessions(world, (key) => world.keys[key]?.who === act.who)
      return 'locked'
    case 'lockKey':
      world.locks[act.n] = { key: act.key, lifted: false }
      endSessions(world, (key) => key === act.key)
      return 'locked'
    case 'lift': {
      const lock = world.locks[act.lock]
      if (lock) lock.lifted = true
      return 'lifted'
    }
    case 'call': {
      const session = `${act.name}-${act.key}`
      const before = world.sessions[session]
      if (!mayCall(world, act.key) || before?.over) return 'no'
      const quiet = before !== undefined && world.now - before.usedAt >= HOUR
      const generation = before === undefined ? 0 : before.generation + (quiet ? 1 : 0)
      world.sessions[session] = { key: act.key, over: false, usedAt: world.now, generation }
      world.calls[act.n] = { key: act.key, session, generation, over: false }
      return 'called'
    }
    case 'cut': {
      const session = world.sessions[act.session]
      if (session) session.over = true
      return 'cut'
    }
    case 'tidy':
      for (const request of Object.values(world.requests)) if (world.now >= request.expiresAt) request.open = false
      return 'tidied'
    case 'pass':
      world.now += act.minutes * MINUTE
      return 'passed'
  }
}

function answer(world: World, act: Act & { do: 'approve' | 'deny' | 'cancel' }): string {
  const request = world.requests[act.request]
  const own = request?.who === act.who
  // Withdrawing works until the clock has been written down; it gives nobody anything.
  if (!request?.open || (act.do !== 'cancel' && world.now >= request.expiresAt)) return 'no'
  if (act.do === 'cancel') {
    if (!own) return 'no'
    request.open = false
    return 'closed'
  }
  // Whoever has answered may do so again when that does not count, or is enough by now.
  const repeated = request.yes.includes(act.who) && world.active[act.who]
  if (own || (repeated && act.do === 'deny')) return 'no'
  if (act.do === 'deny') {
    request.open = false
    return 'closed'
  }
  const all = [...new Set([...request.yes, act.who])]
  if (all.filter((who) => world.active[who]).length < 2) {
    if (repeated) return 'no'
    request.yes = all
    return 'counted'
  }
  if (!world.active[request.who]) return 'no'
  request.yes = all
  request.open = false
  world.grants[act.request] = {
    who: request.who,
    endsAt: world.now + request.minutes * MINUTE,
    left: request.uses === 0 ? undefined : request.uses,
    running: 0,
    over: false,
  }
  return 'granted'
}

/** Everything that can be seen of the world from outside, the same on every node. */
export function view(world: World): string {
  const held = world.active.map((_, who) =>
    Object.entries(world.grants).flatMap(([request, grant]) =>
      grant.who === who && holding(world, grant) ? [Number(request)] : [],
    ),
  )
  return JSON.stringify({
    held,
    admitted: Object.keys(world.keys).map((key) => admits(world, Number(key))),
    running: Object.values(world.calls).map(({ over }) => !over),
  })
}
