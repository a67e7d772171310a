// How a client program talks to the test that runs it: one line of JSON each way. The first line it reads holds its
// settings; a `visit` asks for a person in a browser and gets the address that they end at; `done` ends it.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const read = async () => JSON.parse((await lines.next()).value)
const write = (line) => process.stdout.write(JSON.stringify(line) + '\n')

export const settings = await read()

export async function visit(url) {
  write({ visit: String(url) })
  return new URL(await read())
}

export function done(facts) {
  process.stdout.write(JSON.stringify({ facts }) + '\n', () => process.exit(0))
}
