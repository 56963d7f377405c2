// Steps with plain `ok / not ok` lines, the server as a process that can be killed, and waiting on
// conditions instead of sleeping.
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import net from 'node:net'

export const results = { passed: 0, failed: 0 }
let n = 0
let broken = ''
export function report(ok, name, why = '') {
  n++
  if (ok) results.passed++; else results.failed++
  console.log(`${ok ? 'ok' : 'not ok'} ${n} - ${name}`)
  if (!ok && why) console.log(String(why).split('\n').slice(0, 14).map((l) => '  # ' + l).join('\n'))
}
/** A step the later ones build on: when it fails, they are reported as failed without running. */
export async function step(name, f, { needed = true, always = false, onFail } = {}) {
  if (broken && !always) { report(false, name, `not run: “${broken}” failed`); return false }
  try { await f(); report(true, name); return true } catch (e) {
    report(false, name, e?.stack || e)
    if (needed) broken = name
    try { await onFail?.(name) } catch { /* the picture is a courtesy */ }
    return false
  }
}
export const isBroken = () => !!broken
export function assert(cond, text) { if (!cond) throw new Error(text) }
export async function until(what, f, { timeout = 60000, every = 250 } = {}) {
  const end = Date.now() + timeout
  let last
  for (;;) {
    try { const v = await f(); if (v) return v; last = v } catch (e) { last = e }
    if (Date.now() > end) throw new Error(`waited ${timeout / 1000} s for ${what}; last: ${last?.message ?? JSON.stringify(last)}`)
    await new Promise((ok) => setTimeout(ok, every))
  }
}
export function freePort() {
  return new Promise((ok, no) => {
    const s = net.createServer().on('error', no)
    s.listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => ok(port)) })
  })
}

export class Server {
  constructor({ binary, data, port }) { Object.assign(this, { binary, data, port, base: `http://127.0.0.1:${port}`, log: join(data, '..', `serve-${port}.log`) }) }
  async start() {
    mkdirSync(this.data, { recursive: true })
    const out = openSync(this.log, 'a')
    writeSync(out, `--- start ${new Date().toISOString()}\n`)
    // A group of its own, so that a crash takes workers and jailed children along.
    this.child = spawn(this.binary, ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data], { stdio: ['ignore', out, out], detached: true })
    this.child.on('exit', (code, signal) => { this.ended = { code, signal } })
    this.ended = null
    await until('the server to answer', async () => {
      if (this.ended) throw new Error(`server ended: ${JSON.stringify(this.ended)}\n${this.text().slice(-2000)}`)
      return (await fetch(this.base + '/api/v1/health')).status < 500
    }, { timeout: 90000 })
  }
  text() { try { return readFileSync(this.log, 'utf8') } catch { return '' } }
  /** The one-time set-up link it printed. */
  async setupLink() { return until('the set-up link', () => (/https?:\/\/\S+\/setup\S*/.exec(this.text()) || [])[0], { timeout: 30000 }) }
  kill9() { try { process.kill(-this.child.pid, 'SIGKILL') } catch { /* gone */ } return until('the killed server to be gone', () => this.ended, { timeout: 20000 }) }
  async stop() {
    if (!this.child || this.ended) return this.ended
    this.child.kill('SIGTERM')
    try { await until('a clean end', () => this.ended, { timeout: 30000 }) } catch (e) { process.kill(-this.child.pid, 'SIGKILL'); throw e }
    return this.ended
  }
}
