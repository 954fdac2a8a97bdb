import { configDefaults, defineConfig } from 'vitest/config';
import { describeMissingDocker } from './test/support/docker.ts';

const DOCKER_TESTS = ['{src,test}/**/*.docker.test.ts'];
/** Every moment of upgrades with containers and hosts, which takes hours: with the crash tests alone. */
const SWEEPS = {
  extends: true as const,
  test: { name: 'sweeps', include: ['test/sweeps/*.sweep.ts'], testTimeout: 43_200_000, hookTimeout: 240_000 },
};
const missingDocker = await describeMissingDocker();

export default defineConfig({
  test: {
    // Two workers: the tests run real servers, containers and hosts, and more of them side by side only wait for each other.
    maxWorkers: 2,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'main',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          ...(missingDocker === undefined ? {} : { globalSetup: 'test/support/say-missing-docker.ts' }),
          exclude: [...configDefaults.exclude, ...DOCKER_TESTS],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      ...(missingDocker === undefined
        ? [
            {
              extends: true as const,
              test: { name: 'docker', include: DOCKER_TESTS, testTimeout: 180_000, hookTimeout: 240_000 },
            },
            ...(process.env.ONWARD_CRASH_POINTS === 'all' ? [SWEEPS] : []),
          ]
        : []),
    ],
  },
});
