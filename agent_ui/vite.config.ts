import { fileURLToPath } from 'node:url'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { theme } from './theme.ts'

/** The built console is served by the desk itself, so it lands in the Python package. */
export default defineConfig({
  base: '/',
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  plugins: [
    vue(),
    ui({
      ui: theme,
      colorMode: false,
      autoImport: false,
      components: { dts: 'src/components.d.ts', dirs: [] },
      icon: { clientBundle: { scan: { globInclude: ['src/**/*.{vue,ts}', 'theme.ts'], globExclude: ['node_modules', 'dist'] } } },
    }),
  ],
  build: {
    outDir: '../servicedesk/app/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
})
