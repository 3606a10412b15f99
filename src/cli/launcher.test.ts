// bin/sallyport on a Node that is too old: a sentence instead of a stack trace, or the Node that the clone has brought.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sallyport-bin-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The launcher as it runs on another version of Node. */
const runAs = (version: string, launcher: string, ...args: string[]) => {
  const preload = join(folder, 'version.cjs')
  writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', preload, launcher, ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('says which Node is needed, and how to get it', () => {
  mkdirSync(join(folder, 'bin'))
  for (const file of ['sallyport', 'package.json']) copyFileSync(join(BIN, file), join(folder, 'bin', file))
  for (const version of ['18.19.0', '20.20.2', '22.17.9']) {
    const { status, stdout, stderr } = runAs(version, join(folder, 'bin/sallyport'), 'version')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(`needs Node 22.18 or newer; this is Node ${version}`)
    expect(stderr).toContain('Next:')
  }
})

it.runIf(existsSync(join(BIN, '../node_modules/node/bin/node')))(
  'runs on the Node of the clone, exit code and all',
  () => {
    expect(runAs('20.20.2', join(BIN, 'sallyport'), 'version')).toMatchObject({ status: 0 })
    expect(runAs('20.20.2', join(BIN, 'sallyport'), 'no-such-word')).toMatchObject({ status: 2 })
  },
)

it('keeps what was compiled where only who may write the program writes', () => {
  const program = join(folder, 'kept')
  mkdirSync(join(program, 'bin'), { recursive: true })
  mkdirSync(join(program, 'src'))
  for (const file of ['sallyport', 'package.json']) copyFileSync(join(BIN, file), join(program, 'bin', file))
  writeFileSync(join(program, 'src/main.ts'), 'process.stdout.write(String(process.env.NODE_COMPILE_CACHE))')
  const env = { PATH: process.env.PATH, TMPDIR: join(folder, 'no-such-place') }
  const run = () => spawnSync(process.execPath, [join(program, 'bin/sallyport')], { encoding: 'utf8', env })
  const kept = join(realpathSync(program), 'node_modules/.cache/sallyport')
  expect(run().stdout).toContain(kept)
  expect(readdirSync(kept)).not.toEqual([])
  for (const made of ['.', ...readdirSync(kept)]) expect(statSync(join(kept, made)).mode & 0o022).toBe(0)

  // An installation that its user cannot write, as root's is: it runs all the same, and keeps nothing.
  rmSync(join(program, 'node_modules'), { recursive: true })
  writeFileSync(join(program, 'node_modules'), 'no folder can be made here')
  expect(run()).toMatchObject({ status: 0 })
})
