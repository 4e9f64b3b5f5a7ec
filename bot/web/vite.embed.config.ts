import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// One classic script with its styles inside, for pages that are not ours. Built after the pages.
// A rem is the size of the letters of the page around, which is not ours to say.
const PX_A_REM = 16
const fixedUnits = {
  postcssPlugin: 'fixed-units',
  Declaration(declaration: { value: string }) {
    const fixed = declaration.value.replace(/(-?\d*\.?\d+)rem\b/g, (_, size: string) => `${Number(size) * PX_A_REM}px`)
    if (fixed !== declaration.value) declaration.value = fixed
  },
}

export default defineConfig({
  css: { postcss: { plugins: [fixedUnits] } },
  plugins: [vue({ features: { customElement: true } })],
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: 'es2020',
    emptyOutDir: false,
    lib: { entry: 'src/embed/main.ts', formats: ['iife'], name: 'yuezhuang', fileName: () => 'embed.js' },
  },
})
