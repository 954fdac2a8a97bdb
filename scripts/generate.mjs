// Writes everything that is made from something else: JSON Schemas, the pages of the lint rules and the usage in docs/. `--check` only compares.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
for (const script of ['schemas', 'rules', 'docs']) {
  const { status } = spawnSync(process.execPath, [`scripts/${script}.mjs`, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
