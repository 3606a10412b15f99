// Another gateway asks ours over AuthZEN: evaluation, several at once, searches, and who may not ask.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { startGateway, type TestGateway } from './harness.ts'

let gateway: TestGateway
let upstream: ScriptedUpstream

beforeAll(async () => {
  upstream = await startScripted(json({ object: 'list', data: [] }))
  gateway = await startGateway({
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

interface Answer {
  decision?: boolean
  evaluations: { decision: boolean }[]
  results: unknown[]
}

const ask = async (path: string, body: unknown, options = {}) => {
  const response = await gateway.call(`/access/v1/${path}`, body, options)
  return { status: response.status, id: response.headers.get('x-request-id'), body: (await response.json()) as Answer }
}
const admin = { type: 'User', id: 'admin' }
const nobody = { type: 'User', id: 'nobody' }
const model = { type: 'Model', id: 'm' }

it('answers by the rules that decide calls', async () => {
  const yes = await ask(
    'evaluation',
    { subject: admin, action: { name: 'chat' }, resource: model },
    { headers: { 'x-request-id': 'abc' } },
  )
  expect(yes).toMatchObject({ status: 200, id: 'abc', body: { decision: true } })
  const no = await ask('evaluation', { subject: nobody, action: { name: 'chat' }, resource: model })
  expect(no.body).toMatchObject({ decision: false })
  const both = await ask('evaluations', {
    action: { name: 'chat' },
    resource: model,
    evaluations: [{ subject: admin }, { subject: nobody }],
  })
  expect(both.body.evaluations.map(({ decision }) => decision)).toEqual([true, false])
})

it('searches', async () => {
  const subjects = await ask('search/subject', { subject: { type: 'User' }, action: { name: 'chat' }, resource: model })
  expect(subjects.body.results).toEqual([admin])
  const models = await ask('search/resource', { subject: admin, action: { name: 'chat' }, resource: { type: 'Model' } })
  expect(models.body.results).toEqual([model])
  await gateway.call('/admin/v1/groups', { name: 'staff' })
  const groups = await ask('search/resource', { subject: admin, action: { name: 'list' }, resource: { type: 'Group' } })
  expect(groups.body.results).toEqual([{ type: 'Group', id: 'staff' }])
})

it('refuses what is malformed, and who may not ask', async () => {
  expect((await ask('evaluation', { subject: admin })).status).toBe(400)
  // Whoever asks finds their own number on a refusal, too.
  const headers = { 'x-request-id': 'own-1' }
  expect(await ask('evaluation', {}, { headers })).toMatchObject({ status: 400, id: 'own-1' })
  expect(await ask('evaluation', {}, { key: 'spk_wrong', headers })).toMatchObject({ status: 401, id: 'own-1' })
  const issue = async (path: string, body: unknown) => (await gateway.call(`/admin/v1${path}`, body)).json()
  await issue('/users', { name: 'dana' })
  const { key } = (await issue('/keys', { owner: 'User:dana', name: 'k' })) as { key: string }
  const question = { subject: admin, action: { name: 'chat' }, resource: model }
  expect((await ask('evaluation', question, { key })).status).toBe(403)
  // What a form of a web page could send is not read.
  const form = { headers: { 'content-type': 'text/plain' } }
  expect([(await ask('evaluation', question, form)).status, (await ask('evaluation', question)).status]).toEqual([
    400, 200,
  ])
})

it('says where to ask', async () => {
  const response = await fetch(`${gateway.url}/.well-known/authzen-configuration`)
  expect(await response.json()).toMatchObject({ access_evaluation_endpoint: `${gateway.url}/access/v1/evaluation` })
})

it('tells of the rights of others, and of names, only who may see them', async () => {
  const keyOf = async (name: string, role: string) => {
    await gateway.call('/admin/v1/users', { name })
    await gateway.call(`/admin/v1/roles/${role}/assignments`, { holder: `User:${name}` })
    const made = await gateway.call('/admin/v1/keys', { owner: `User:${name}`, name: 'own' })
    return ((await made.json()) as { key: string }).key
  }
  const operator = { key: await keyOf('olaf', 'operator') } // sees the gateway and models, not people
  const auditor = { key: await keyOf('aude', 'auditor') }
  const chat = { action: { name: 'chat' }, resource: model }
  const who = { ...chat, subject: { type: 'User' } }
  expect((await ask('search/subject', who, operator)).body.results).toEqual([])
  expect((await ask('search/subject', who, auditor)).body.results).toEqual([admin])
  const answer = async (id: string) =>
    (await ask('evaluation', { ...chat, subject: { type: 'User', id } }, operator)).body
  expect(await answer('admin')).toMatchObject({ decision: false })
  expect(await answer('admin')).toEqual(await answer('nobody'))
  expect(await answer('olaf')).toMatchObject({ decision: false, context: { id: expect.any(String) } })
  const people = { subject: { type: 'User', id: 'olaf' }, action: { name: 'show' }, resource: { type: 'User' } }
  expect((await ask('search/resource', people, operator)).body.results).toEqual([])
  const own = { subject: { type: 'User', id: 'olaf' }, action: { name: 'show' }, resource: { type: 'Model' } }
  expect((await ask('search/resource', own, operator)).body.results).toEqual([model])
})
