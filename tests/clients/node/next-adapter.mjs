// As much of Next.js as its quick start uses, so that the page's files run as they are: routes by their place under
// app/, a server component at /, and next/headers. Next itself is a hundred times as large.
import { AsyncLocalStorage } from 'node:async_hooks'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import { createElement } from 'react'
import { prerenderToNodeStream } from 'react-dom/static'

globalThis.nextJar = new AsyncLocalStorage()
mkdirSync('node_modules/next', { recursive: true })
writeFileSync('node_modules/next/package.json', '{"name":"next","type":"module","exports":{"./headers":"./headers.js"}}')
writeFileSync('node_modules/next/headers.js', 'export const cookies = async () => globalThis.nextJar.getStore()')
await build({
  entryPoints: ['app/page.jsx'],
  outfile: 'page.mjs',
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  jsx: 'automatic',
})
const { default: Page } = await import(`${process.cwd()}/page.mjs`)

class Jar {
  lines = []
  constructor(header = '') {
    this.kept = new Map(header.split('; ').map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]))
  }
  get(name) {
    return this.kept.has(name) ? { name, value: this.kept.get(name) } : undefined
  }
  set(name, value, { path, maxAge }) {
    this.lines.push(`${name}=${value}; Path=${path}; Max-Age=${maxAge}; HttpOnly; SameSite=lax`)
  }
  delete(name) {
    this.lines.push(`${name}=; Path=/; Max-Age=0`)
  }
}

async function answer(request, jar) {
  const { pathname } = new URL(request.url)
  if (pathname === '/') {
    const { prelude } = await prerenderToNodeStream(createElement(Page))
    return new Response(await text(prelude), { headers: { 'content-type': 'text/html' } })
  }
  const file = `${process.cwd()}/app${pathname}/route.js`
  if (!existsSync(file)) return new Response(null, { status: 404 })
  return (await import(file))[request.method](request)
}

const port = process.env.PORT
createServer(async (req, res) => {
  const jar = new Jar(req.headers.cookie)
  const request = new Request(`http://localhost:${port}${req.url}`, { method: req.method, headers: req.headers })
  const response = await globalThis.nextJar.run(jar, () => answer(request, jar)).catch((error) => {
    console.error(error)
    return new Response(null, { status: 500 })
  })
  for (const line of jar.lines) res.appendHeader('set-cookie', line)
  response.headers.forEach((value, name) => res.appendHeader(name, value))
  res.writeHead(response.status)
  res.end(Buffer.from(await response.arrayBuffer()))
}).listen(port, '127.0.0.1')
