import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two workers: the tests run real servers, and more of them side by side only wait for each other.
    maxWorkers: 2,
    passWithNoTests: false,
  },
});
