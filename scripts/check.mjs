// What CI runs: format and lint, types, unused code, generated files, then the tests. Ends with a line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'onward-check-'));
const report = join(folder, 'report.json');

const STEPS = [
  ['format and lint', ['npx', 'biome', 'ci', '--error-on-warnings', '.']],
  ['types', ['npm', 'run', '--silent', 'types']],
  ['unused code', ['npx', 'knip']],
  ['generated files', ['node', 'scripts/generate.mjs', '--check']],
  ['tests', ['npm', 'test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]],
];

let failedSteps = 0;
for (const [title, [program, ...args]] of STEPS) {
  const startedAt = Date.now();
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) failedSteps += 1;
  console.log(`${status === 0 ? 'ok    ' : 'failed'}  ${title}  ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

let passed = 0;
let failed = failedSteps;
try {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
  passed = numPassedTests;
  // A failed test step is counted by its tests, unless it failed without any.
  failed += numFailedTests > 0 ? numFailedTests - 1 : 0;
} catch {
  console.log('The tests gave no report.');
}
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
