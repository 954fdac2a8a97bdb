// Writes the usage of every command, as its own --help prints it, between the markers `<!-- usage: onward plan -->` and
// `<!-- /usage -->` of the pages in docs/. `--check` changes nothing and fails when one of them is not up to date.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const isCheck = process.argv.includes('--check');
const USAGE = /<!-- usage: (.+) -->\n[\s\S]*?<!-- \/usage -->/g;

/** Every command and subcommand with its help, by what is typed: `onward release build`. */
async function collectUsages() {
  const folder = await mkdtemp(join(tmpdir(), 'onward-docs-'));
  try {
    await run(process.execPath, ['scripts/build.mjs', folder], { cwd: root });
    const usages = new Map();
    const visit = async (words) => {
      const { stdout } = await run(process.execPath, [join(folder, 'onward.js'), ...words, '--help']);
      usages.set(['onward', ...words].join(' '), stdout.trimEnd());
      for (const name of listCommands(stdout)) await visit([...words, name]);
    };
    await visit([]);
    return usages;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The names below "Commands:"; continued descriptions are indented further. */
function listCommands(help) {
  const [, list = ''] = /\nCommands:\n((?: {2}.*\n)*)/.exec(help) ?? [];
  const names = list.split('\n').flatMap((line) => /^ {2}([a-z-]+)/.exec(line)?.[1] ?? []);
  return names.filter((name) => name !== 'help');
}

const usages = await collectUsages();
const problems = [];
const written = new Set();
for (const entry of await readdir(join(root, 'docs'), { recursive: true, withFileTypes: true })) {
  if (!entry.name.endsWith('.md')) continue;
  const path = join(entry.parentPath, entry.name);
  const current = await readFile(path, 'utf8');
  const text = current.replace(USAGE, (whole, command) => {
    const usage = usages.get(command);
    if (usage === undefined) problems.push(`${path} has the usage of "${command}", and there is no such command.`);
    written.add(command);
    return usage === undefined
      ? whole
      : `<!-- usage: ${command} -->\n\n\`\`\`text\n${usage}\n\`\`\`\n\n<!-- /usage -->`;
  });
  if (text === current) continue;
  if (isCheck) problems.push(`${path} is not up to date.`);
  else await writeFile(path, text);
}
for (const command of usages.keys()) if (!written.has(command)) problems.push(`No page has the usage of "${command}".`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error('Run `node scripts/generate.mjs` once the pages have their markers.');
  process.exitCode = 1;
}
