import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { COMMANDS } from '../src/cli/commands/index.ts';
import { deploymentSchema } from '../src/deployment/index.ts';
import { productSchema } from '../src/release/product-schema.ts';
import { releaseDetailsSchema } from '../src/release/release-details.ts';

const ROOT = resolve(import.meta.dirname, '..');
const LEFT_OUT = ['node_modules', 'dist', '.git', '.onward', 'coverage'];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const files = listFiles(ROOT);
const pages = files.filter((path) => path.endsWith('.md')).map((path) => ({ path, text: read(path) }));
const sources = files
  .filter((path) => path.startsWith('src/') && path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: read(path) }));

describe('the documentation', () => {
  it('has been read: there are pages and sources', () => {
    expect(pages.length).toBeGreaterThan(30);
    expect(sources.length).toBeGreaterThan(100);
  });

  it('has a page for every command, and no other', () => {
    const documented = pages.flatMap(({ path }) => /^docs\/commands\/(.+)\.md$/.exec(path)?.[1] ?? []);
    expect(documented.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
  });

  it('lists every code of the source in docs/errors.md, each once', () => {
    const rows = read('docs/errors.md').match(/^\| `[a-z-]+\.[a-z-]+` \|/gm) ?? [];
    const listed = rows.map((row) => row.slice(3, -3));
    expect(listed.filter((code, index) => listed.indexOf(code) !== index)).toEqual([]);
    const used = findCodes(new Set(listed.map((code) => code.split('.')[0] ?? '')));
    expect(used.size).toBeGreaterThan(150);
    expect({ missing: [...used].filter((code) => !listed.includes(code)).sort() }).toEqual({ missing: [] });
    expect({ gone: listed.filter((code) => !used.has(code)).sort() }).toEqual({ gone: [] });
  });

  it('links only to what is there', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page.text)
        .filter((link) => !leadsSomewhere(page.path, link))
        .map((link) => `${page.path}: ${link}`),
    );
    expect(pages.flatMap((page) => linksOf(page.text)).length).toBeGreaterThan(100);
    expect(broken).toEqual([]);
  });

  it('is reachable from docs/index.md, page by page', () => {
    const linked = (page: string) => linksOf(read(page)).map((link) => join(dirname(page), link.split('#')[0] ?? ''));
    // The rules have a list of their own, one page long.
    const index = [...linked('docs/index.md'), ...linked('docs/rules/README.md')];
    const own = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && path !== 'docs/index.md');
    expect(own.filter((path) => !index.includes(path))).toEqual([]);
  });

  it('starts with the two commands of the quick start, which are scripts of the package', () => {
    const [, block = ''] = /## Quick start[\s\S]*?```sh\n([\s\S]*?)```/.exec(read('README.md')) ?? [];
    expect(block.trim().split('\n')).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
    expect(Object.keys(JSON.parse(read('package.json')).scripts)).toEqual(expect.arrayContaining(['demo', 'test']));
  });

  it('names only scripts that the package has', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = pages.flatMap(({ text }) => [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('gives a reason for every package that what ships depends on', () => {
    const decision = read('docs/decisions/0001-dependencies.md');
    const { dependencies } = JSON.parse(read('package.json'));
    expect(Object.keys(dependencies).filter((name) => !decision.includes(`\`${name}\``))).toEqual([]);
  });

  it('shows files that can be used', () => {
    const shown = pages.flatMap(({ path, text }) => yamlBlocks(text).map((yaml) => ({ path, ...judge(yaml) })));
    expect(shown.filter(({ kind }) => kind !== 'part').length).toBeGreaterThanOrEqual(5);
    expect(shown.filter(({ problems }) => problems.length > 0)).toEqual([]);
  });

  it('explains every key of the files that people write', () => {
    const unexplained = (schema: string, ...paths: readonly string[]) => {
      const explained = paths.map((path) => codeOf(read(path))).join('\n');
      const keys = keysOf(JSON.parse(read(`schemas/${schema}.schema.json`)));
      expect(keys.length).toBeGreaterThan(5);
      return keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(explained));
    };
    expect(unexplained('onward', 'docs/onward-yaml.md', 'docs/checks.md')).toEqual([]);
    expect(unexplained('product', 'docs/product-yaml.md', 'docs/totals.md', 'docs/migration-commands.md')).toEqual([]);
    const details = [
      'docs/product-yaml.md',
      'docs/migration-commands.md',
      'docs/configuration.md',
      'docs/data-migrations.md',
      'docs/totals.md',
      'docs/risks.md',
    ];
    expect(unexplained('release-notes', ...details)).toEqual([]);
    expect(unexplained('risk', 'docs/risks.md')).toEqual([]);
  });

  it('names no folder of a single machine', () => {
    const named = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/(?<![\w.~:)/-])\/(tmp|work|home|root|Users|opt|mnt)\b[^\s`]*/g)].map(
        ([found]) => `${path}: ${found}`,
      ),
    );
    expect(named).toEqual([]);
  });
});

describe('the hints of errors', () => {
  it('name only commands that there are', () => {
    const known = COMMANDS.map(({ name }) => name);
    const named = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/(?:["`]|Run )onward ([a-z]+(?:-[a-z]+)*)/g)].map(([, name = '']) => ({ path, name })),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ name }) => !known.includes(name))).toEqual([]);
  });
});

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : [relative(ROOT, path)];
  });
}

/** Every permanent name in the source: what a `code` is given, and every other literal that begins like one and is no event's type. */
function findCodes(listedModules: ReadonlySet<string>): ReadonlySet<string> {
  const given = sources.flatMap(({ text }) =>
    [...text.matchAll(/\bcode(?::|\s=)\s*([^,;}]*)/g)].flatMap(
      ([, value = '']) => value.match(/'[a-z-]+\.[a-z-]+'/g) ?? [],
    ),
  );
  const codes = new Set(given.map((literal) => literal.slice(1, -1)));
  const modules = new Set([...listedModules, ...[...codes].map((code) => code.split('.')[0] ?? '')]);
  for (const { text } of sources) {
    for (const [, before = '', code = ''] of text.matchAll(/(\S*\s*)'([a-z-]+\.[a-z-]+)'/g)) {
      const isOther = /(type:|case)\s*$/.test(before) || /\.(js|log|sock|json|ya?ml)$/.test(code);
      // The schema of the ledger has the product's name.
      if (!isOther && !code.startsWith('onward.') && modules.has(code.split('.')[0] ?? '')) codes.add(code);
    }
    for (const [, code = ''] of text.matchAll(/`error (onward\.[a-z-]+)`/g)) codes.add(code);
  }
  return codes;
}

function linksOf(text: string): readonly string[] {
  const prose = text.replace(/```[\s\S]*?```/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^https?:/.test(link));
}

function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : join(dirname(from), path);
  const isThere = files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`));
  if (!isThere || anchor === undefined) return isThere;
  const headings = read(target).match(/^#+ .*$/gm) ?? [];
  return headings.some((heading) => anchorOf(heading) === anchor);
}

function anchorOf(heading: string): string {
  const words = heading.replace(/^#+ /, '').toLowerCase();
  return words.replace(/[^\w\- ]/g, '').replaceAll(' ', '-');
}

/** What stands between backticks, in a line or in a block. */
function codeOf(text: string): string {
  const blocks = yamlBlocks(text);
  const words = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...words].join('\n');
}

function yamlBlocks(text: string): readonly string[] {
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
}

/** Whole files are recognised by the key that each begins with. */
function judge(yaml: string): { readonly kind: string; readonly problems: readonly string[] } {
  const value = parse(yaml);
  const [kind, schema]: readonly [string, z.ZodType | undefined] =
    'deployment' in value
      ? ['onward.yaml', deploymentSchema]
      : 'product' in value
        ? ['product.yaml', productSchema]
        : 'upgradeFrom' in value || 'migrationCommands' in value
          ? ['<version>.yaml', releaseDetailsSchema]
          : ['part', undefined];
  const result = schema?.safeParse(value);
  return { kind, problems: result?.success === false ? result.error.issues.map((issue) => issue.message) : [] };
}

/** The names of every property, at any depth. */
function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  const { properties, ...rest } = schema as { readonly properties?: { readonly [name: string]: unknown } };
  const own = Object.entries(properties ?? {}).flatMap(([name, value]) => [name, ...keysOf(value)]);
  return [...new Set([...own, ...Object.values(rest).flatMap(keysOf)])];
}
