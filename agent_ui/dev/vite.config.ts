import { defineConfig, mergeConfig } from 'vite'
import base from '../vite.config.ts'
import { mockDesk } from './mockDesk.ts'

/** The console over an invented desk, to look at screens without a server. Never part of a build. */
export default mergeConfig(
  base,
  defineConfig({ plugins: [mockDesk()], server: { host: '127.0.0.1', port: 5199 }, preview: { host: '127.0.0.1', port: 5199 } }),
)
