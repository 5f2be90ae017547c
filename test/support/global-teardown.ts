/** Stops the PostgreSQL of this run and removes its folder. Runs in the process of global-setup.ts, after it. */
export default async function globalTeardown(): Promise<void> {
  const { stopTestServer } = await import('./test-server.js');
  await stopTestServer();
}
