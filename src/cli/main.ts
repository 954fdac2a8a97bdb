#!/usr/bin/env node
// The only place that reads argv and the environment. The version is answered before anything is imported.
declare const ONWARD_VERSION: string;

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${ONWARD_VERSION}\n`);
} else {
  const { runProgram } = await import('./program.ts');
  process.exitCode = await runProgram({ argv, version: ONWARD_VERSION });
}
