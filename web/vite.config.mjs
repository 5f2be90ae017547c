import { defineConfig } from 'vite';

// Paths in the built page are relative: the service puts its base path before them (src/api/operations/dashboard.page.ts).
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: {
    target: 'es2023',
    // a data: address would be one more thing for the Content-Security-Policy to allow
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
  },
  // `npx vite web` beside a running service: the page from here, the API from there
  server: { proxy: { '/api': process.env.ROLLCALL_URL ?? 'http://127.0.0.1:8080' } },
});
