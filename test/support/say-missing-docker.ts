import { describeMissingDocker } from './docker.ts';

/** Said after all tests, where those with Docker cannot run: they are left out as a whole, and none of them counts as skipped. */
export async function teardown(): Promise<void> {
  console.log(`The tests with Docker did not run: ${await describeMissingDocker()}`);
}
