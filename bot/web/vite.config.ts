import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const server = process.env.BOT_DEV_SERVER ?? 'http://127.0.0.1:8080'

export default defineConfig({
  // Relative addresses: the page also works below a path of a reverse proxy.
  base: './',
  plugins: [vue()],
  build: {
    target: 'es2020',
    // Inlined assets and the polyfill would need a laxer content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { board: 'board.html', chat: 'index.html', desk: 'desk.html' } },
  },
  server: {
    proxy: { '/chat': { target: server, ws: true }, '/desk/api': { target: server, ws: true } },
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
})
