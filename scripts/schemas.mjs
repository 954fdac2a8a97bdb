// Writes the published JSON Schemas from the schemas that the code itself reads files with. `--check` changes nothing and fails when
// one of them is not up to date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadSource } from './load-source.mjs';

/** Every file that people or tools write, its schema, and where that is exported. */
const SCHEMAS = [
  { file: 'onward.schema.json', title: 'onward.yaml', from: 'src/deployment/schema.ts', name: 'deploymentSchema' },
  { file: 'product.schema.json', title: 'product.yaml', from: 'src/release/product-schema.ts', name: 'productSchema' },
  {
    file: 'release-notes.schema.json',
    title: '<version>.yaml, what a vendor says of one release',
    from: 'src/release/release-details.ts',
    name: 'releaseDetailsSchema',
  },
  {
    file: 'release.schema.json',
    title: 'Release document',
    from: 'src/release/release-document.ts',
    name: 'releaseSchema',
  },
  {
    file: 'catalog.schema.json',
    title: 'Catalog document',
    from: 'src/release/catalog-document.ts',
    name: 'catalogSchema',
  },
  {
    file: 'risk.schema.json',
    title: 'What onward release risk add reads',
    from: 'src/release/condition-shapes.ts',
    name: 'riskFileSchema',
  },
  {
    file: 'data-migrations-protocol.schema.json',
    title: 'Answers of a service that speaks the data-migrations protocol',
    from: 'src/data-migrate/service/answers.ts',
    name: 'serviceAnswerSchema',
  },
  {
    file: 'invariants.schema.json',
    title: 'invariants/*.yaml, what must be so after all migrations',
    from: 'src/lint/invariants/invariants-schema.ts',
    name: 'invariantsSchema',
  },
  {
    file: 'lint-report.schema.json',
    title: 'What onward lint --format json prints',
    from: 'src/lint/report-schema.ts',
    name: 'lintReportSchema',
  },
  {
    file: 'statements.schema.json',
    title: 'Statements of the running version, as `onward record` writes them',
    from: 'src/lint/record/statements-schema.ts',
    name: 'statementsSchema',
  },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}schemas/`;

async function renderSchemas() {
  const imports = SCHEMAS.map(({ from, name }, index) => `import { ${name} as schema${index} } from './${from}';`);
  const list = SCHEMAS.map((_, index) => `schema${index}`).join(', ');
  const contents = `${imports.join('\n')}\nimport { z } from 'zod';\nexport const rendered = [${list}].map((schema) => z.toJSONSchema(schema, { io: 'input' }));`;
  const { rendered } = await loadSource(contents);
  return SCHEMAS.map(({ file, title }, index) => {
    const { $schema, ...rest } = rendered[index];
    return { file, text: `${JSON.stringify({ $schema, title, ...rest }, undefined, 2)}\n` };
  });
}

const outdated = [];
await mkdir(folder, { recursive: true });
for (const { file, text } of await renderSchemas()) {
  const current = await readFile(folder + file, 'utf8').catch(() => '');
  if (current === text) continue;
  outdated.push(file);
  if (!process.argv.includes('--check')) await writeFile(folder + file, text);
}
if (process.argv.includes('--check') && outdated.length > 0) {
  console.error(`Not up to date: ${outdated.join(', ')}. Run \`node scripts/generate.mjs\`.`);
  process.exitCode = 1;
}
