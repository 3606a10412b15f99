import { expect, test } from 'vitest'
import { anthropicModels, ollamaModels, openaiModels } from './listing.ts'
import { type ManageVerb, ollamaManage, readShow } from './ollama-manage.ts'

const bytes = (body: object) => Buffer.from(JSON.stringify(body))

test('verbs are read with what only they have', () => {
  expect(ollamaManage.read('pull', bytes({ model: 'm' }))).toEqual({
    action: 'pull',
    model: 'm',
    stream: true,
    options: {},
  })
  expect(ollamaManage.read('delete', bytes({ name: 'm' }))).toEqual({
    action: 'delete',
    model: 'm',
    stream: false,
    options: {},
  })
  expect(ollamaManage.read('copy', bytes({ source: 'a', destination: 'b' }))).toMatchObject({ model: 'a', target: 'b' })
  expect(
    ollamaManage.read(
      'create',
      bytes({ model: 'm', from: 'base', system: 's', messages: [{ role: 'user', content: 'x' }] }),
    ),
  ).toMatchObject({ model: 'm', from: 'base', options: { system: 's', messages: [{ role: 'user', content: 'x' }] } })
  expect(readShow(bytes({ model: 'm', verbose: true }))).toBe('m')
})

test.each<[ManageVerb, object, string]>([
  ['pull', { model: 'm', insecure: true }, 'insecure'],
  ['pull', { model: 'm', username: 'x' }, 'username'],
  ['pull', { model: 'a', name: 'b' }, 'name'],
  ['pull', {}, 'model'],
  ['create', { model: 'm' }, 'from'],
  ['create', { model: 'm', from: 'x', files: {} }, 'files'],
  ['create', { model: 'm', modelfile: 'FROM /etc/passwd' }, 'modelfile'],
  ['copy', { source: 'a' }, 'destination'],
])('%s %j is refused', (verb, body, param) => {
  expect(() => ollamaManage.read(verb, bytes(body))).toThrow(expect.objectContaining({ data: { param } }))
})

test('lists show names and facts, never what only the operator knows', () => {
  const model = {
    name: 'm',
    digest: `sha256:${'ab'.repeat(32)}`,
    sizeBytes: 9,
    modifiedAtMs: 1000,
    family: 'llama',
    contextTokens: 128,
  }
  expect(JSON.parse(openaiModels.list([model]))).toEqual({
    object: 'list',
    data: [{ id: 'm', object: 'model', created: 1, owned_by: 'sallyport' }],
  })
  expect(JSON.parse(anthropicModels.list([model])).data[0]).toEqual({
    type: 'model',
    id: 'm',
    display_name: 'm',
    created_at: '1970-01-01T00:00:01.000Z',
  })
  expect(JSON.parse(ollamaModels.tags([model])).models[0]).toMatchObject({
    name: 'm',
    digest: 'ab'.repeat(32),
    size: 9,
  })
  expect(JSON.parse(ollamaModels.show(model))).toMatchObject({ model_info: { 'llama.context_length': 128 } })
  expect(JSON.parse(ollamaModels.ps([{ ...model, vramBytes: 3 }])).models[0]).toMatchObject({ size_vram: 3 })
})
