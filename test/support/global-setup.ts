import './resolve-ts.cjs';

/** Starts the PostgreSQL of this run and makes the template that each test file clones. */
export default async function globalSetup(): Promise<void> {
  const { startTestServer } = await import('./test-server.js');
  await startTestServer();
}
