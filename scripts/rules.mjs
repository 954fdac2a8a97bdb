// Writes a page for every lint rule, and the list of them, from the rules themselves. `--check` changes nothing and fails when one of the
// pages is not up to date.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadSource } from './load-source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}docs/rules/`;
const isCheck = process.argv.includes('--check');

const CLASSES = [
  ['contract', 'Contract', 'What breaks the version that still runs.'],
  ['lock', 'Locks', 'What makes readers or writers wait.'],
  ['rewrite', 'Rewrites', 'What writes every row of a table anew.'],
  ['scan', 'Scans', 'What reads a whole table while others wait.'],
  ['discipline', 'Discipline', 'What makes a folder of migrations unreliable.'],
  ['style', 'Style', 'What is allowed and regretted later.'],
  ['unanalysed', 'Not analysed', 'What could not be told.'],
];

async function loadRules() {
  const { RULES, describeRules } = await loadSource(
    "export { RULES, describeRules } from './src/lint/rules/index.ts';",
  );
  const examples = new Map(RULES.map((rule) => [rule.id, rule]));
  return describeRules().map((rule) => ({ bad: [], good: [], ...rule, ...examples.get(rule.id) }));
}

/** A page: what is found, why, what to do, and the examples that the tests run. */
function renderPage(rule) {
  const isOfStatements = rule.bad.length > 0;
  const when = rule.allowedFrom === undefined ? 'every phase' : `files before the ${rule.allowedFrom} phase`;
  return [
    `# ${rule.id}`,
    '',
    `**${rule.title}.** Class ${rule.class}, ${rule.severity}${isOfStatements ? `; looks at ${when}` : ''}. Hazard ${rule.hazards.join(', ')}.`,
    '',
    rule.why,
    '',
    rule.help,
    '',
    ...(isOfStatements
      ? [
          '## What it finds',
          '',
          ...rule.bad.flatMap(renderExample),
          '## What is fine',
          '',
          ...rule.good.flatMap(renderExample),
        ]
      : []),
    '[All rules](README.md)',
    '',
  ].join('\n');
}

function renderExample({ before, sql, phase = 'expand', isNotx = false, since }) {
  const notes = [
    ...(phase === 'expand' ? [] : [`in the ${phase} phase`]),
    ...(isNotx ? ['without a transaction'] : []),
    ...(since === undefined ? [] : [`from Postgres ${since}`]),
  ];
  return [
    '```sql',
    ...(before === undefined ? [] : ['-- there before:', ...statements(before), '']),
    ...(notes.length === 0 ? [] : [`-- ${notes.join(', ')}:`]),
    ...statements(sql),
    '```',
    '',
  ];
}

/** One statement a line; what stands inside of a body stays as it is. */
function statements(sql) {
  return sql.includes('$') ? sql.split('\n') : sql.replace(/; (?=[a-z])/g, ';\n').split('\n');
}

function renderList(rules) {
  const sections = CLASSES.flatMap(([name, title, what]) => {
    const own = rules.filter((rule) => rule.class === name);
    if (own.length === 0) return [];
    const rows = own.map(({ id, title: said, severity }) => `| [${id}](${id}.md) | ${said} | ${severity} |`);
    return [`## ${title}`, '', what, '', '| rule | finds | severity |', '| --- | --- | --- |', ...rows, ''];
  });
  return [
    '# Lint rules',
    '',
    `What [\`onward lint\`](../lint.md) finds: ${rules.length} rules. Each example on their pages is run by the tests.`,
    '',
    ...sections,
  ].join('\n');
}

const rules = await loadRules();
const wanted = new Map([['README.md', renderList(rules)], ...rules.map((rule) => [`${rule.id}.md`, renderPage(rule)])]);
await mkdir(folder, { recursive: true });
const problems = [];
for (const name of await readdir(folder)) {
  if (wanted.has(name)) continue;
  if (isCheck) problems.push(`docs/rules/${name} belongs to no rule.`);
  else await rm(folder + name);
}
for (const [name, text] of wanted) {
  const current = await readFile(folder + name, 'utf8').catch(() => undefined);
  if (current === text) continue;
  if (isCheck) problems.push(`docs/rules/${name} is not up to date.`);
  else await writeFile(folder + name, text);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error('Run `node scripts/generate.mjs`.');
  process.exitCode = 1;
}
