// Names of models that whoever asks does not see.
import type { Client } from './client.ts'
import type { Input } from './command.ts'
import { Failure } from './failure.ts'
import { plain } from './io.ts'

/**
 * They are no error: a model that is had for a while only is not there before, and a name that is refused would tell which
 * those are. But a slip of the pen would wait for an answer and open nothing, so it is said.
 */
export async function sayUnseen(input: Input, client: Client, models: readonly string[] = []): Promise<void> {
  for (const name of models)
    await client.call('models.show', { params: { name } }).catch((error: unknown) => {
      if (!(error instanceof Failure && /^(not_found|access_denied)$/.test(error.code ?? ''))) throw error
      input.io.say(`You see no model "${plain(name)}" now: look whether the name is right.`)
    })
}
