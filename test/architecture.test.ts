import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Who may import whom, and why. A module that is not named here may not exist. */
const LAYERS: Readonly<Record<string, { readonly may: readonly string[]; readonly because: string }>> = {
  model: { may: [], because: 'nouns depend on nothing' },
  system: { may: ['model'], because: 'effects know nouns, and no feature' },
  sql: { may: ['model', 'system'], because: 'what a text says depends on no feature' },
  schema: { may: ['model', 'system', 'sql'], because: 'what a database looks like depends on no feature' },
  plan: { may: ['model'], because: 'deciding is pure' },
  doctor: { may: ['model'], because: 'diagnosing is pure' },
  deployment: { may: ['model', 'system'], because: 'a feature never imports a feature' },
  release: { may: ['model', 'system', 'sql'], because: 'a feature never imports a feature' },
  migrate: { may: ['model', 'system', 'sql'], because: 'a feature never imports a feature' },
  'data-migrate': { may: ['model', 'system', 'sql'], because: 'a feature never imports a feature' },
  configuration: { may: ['model', 'system'], because: 'a feature never imports a feature' },
  service: { may: ['model', 'sql'], because: 'it runs in the services of vendors, and brings nothing of Onward along' },
  contract: { may: ['model', 'system', 'sql', 'schema'], because: 'a feature never imports a feature' },
  deploy: { may: ['model', 'system'], because: 'a feature never imports a feature' },
  checks: { may: ['model', 'system'], because: 'a feature never imports a feature' },
  lint: { may: ['model', 'system', 'sql', 'schema'], because: 'a feature never imports a feature' },
  upgrade: {
    may: [
      'model',
      'system',
      'sql',
      'schema',
      'plan',
      'configuration',
      'deployment',
      'release',
      'migrate',
      'data-migrate',
      'contract',
      'lint',
      'deploy',
      'checks',
    ],
    because: 'upgrade composes the features',
  },
  adopt: {
    may: ['model', 'system', 'sql', 'schema', 'deployment', 'release', 'migrate', 'lint', 'deploy', 'upgrade'],
    because: 'taking over composes the features, and the lease is taken in one way',
  },
  cli: {
    may: [
      'model',
      'system',
      'schema',
      'plan',
      'doctor',
      'deployment',
      'release',
      'migrate',
      'data-migrate',
      'lint',
      'upgrade',
      'adopt',
    ],
    because: 'the command line is an entry point; what acts on instances goes through upgrade',
  },
};

const PURE = ['model', 'plan', 'doctor'];
const IMPURE_IMPORTS = /^node:(?!crypto$)/;
const DRAWERS = /(^|\/)(utils?|common|helpers|shared|core|lib|types|services|managers)(\/|$)/;
const MAX_LINES = 300;
const MAX_FUNCTION_LINES = 70;

interface SourceFile {
  /** Relative to src, with forward slashes. */
  readonly path: string;
  readonly module: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files = listFiles(SRC)
  .filter((path) => path.endsWith('.ts'))
  .map<SourceFile>((path) => {
    const text = readFileSync(path, 'utf8');
    const short = relative(SRC, path);
    return {
      path: short,
      module: short.includes('/') ? (short.split('/')[0] ?? '') : '',
      text,
      imports: ts.preProcessFile(text, true, true).importedFiles.map((found) => found.fileName),
    };
  });
const product = files.filter((file) => !file.path.endsWith('.test.ts') && !file.path.endsWith('.d.ts'));

describe('architecture', () => {
  it('has been read: there are files, and they import each other', () => {
    expect(product.length).toBeGreaterThan(50);
    expect(product.flatMap((file) => file.imports).length).toBeGreaterThan(200);
  });

  it('lets a module import only the layers below it', () => {
    const wrong = product.flatMap((file) =>
      targetsOf(file)
        .filter((target) => target.module !== file.module && file.module !== '')
        .filter((target) => !LAYERS[file.module]?.may.includes(target.module))
        .map(
          (target) =>
            `${file.path} imports ${target.path}: ${LAYERS[file.module]?.because ?? 'the module is not on the map'}`,
        ),
    );
    expect(wrong).toEqual([]);
  });

  it('lets modules into each other only through their doors', () => {
    const wrong = product.flatMap((file) =>
      targetsOf(file)
        .filter((target) => target.module !== file.module && target.module !== '')
        .filter((target) => target.path !== `${target.module}/index.ts`)
        .map((target) => `${file.path} imports ${target.path}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps a module from importing its own door', () => {
    const wrong = product.flatMap((file) =>
      targetsOf(file)
        .filter(
          (target) => target.module === file.module && target.path === `${file.module}/index.ts` && file.module !== '',
        )
        .map((target) => `${file.path} imports ${target.path}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(findCycle()).toBeUndefined();
  });

  it('keeps the pure modules free of clock, disk, network and environment', () => {
    const wrong = product
      .filter((file) => PURE.includes(file.module))
      .flatMap((file) => [
        ...file.imports.filter((name) => IMPURE_IMPORTS.test(name)).map((name) => `${file.path} imports ${name}`),
        ...(/\b(process\.|Date\.now|new Date\(\)|Math\.random|fetch\()/.test(withoutComments(file.text))
          ? [`${file.path} touches the world`]
          : []),
      ]);
    expect(wrong).toEqual([]);
  });

  it('reads arguments and the environment, and prints, only in entry points', () => {
    const wrong = product
      .filter((file) => file.module !== 'cli' && !file.path.endsWith('/program.ts') && file.module !== 'system')
      .filter((file) => /\bconsole\.|process\.(env|argv|stdout|stderr)/.test(withoutComments(file.text)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  it('says on every door what the module is for', () => {
    const doors = product.filter((file) => file.path === `${file.module}/index.ts`);
    // Entry points have no door: nothing imports them.
    const withDoor = Object.keys(LAYERS).filter((name) => name !== 'cli');
    expect(doors.map((door) => door.module).sort()).toEqual(withDoor.sort());
    expect(doors.filter((door) => !door.text.startsWith('/**')).map((door) => door.path)).toEqual([]);
  });

  it('keeps files and functions short', () => {
    const long = product.flatMap((file) => {
      const lines = file.text.split('\n').length - 1;
      return [...(lines > MAX_LINES ? [`${file.path}: ${lines} lines`] : []), ...longFunctions(file)];
    });
    expect(long).toEqual([]);
  });

  it('has no drawers, and names files in kebab-case', () => {
    const wrong = files.map((file) => file.path).filter((path) => DRAWERS.test(path) || !/^[a-z0-9.\-/]+$/.test(path));
    expect(wrong).toEqual([]);
  });

  it('has a room on the map of ARCHITECTURE.md for every module', () => {
    const map = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
    expect(Object.keys(LAYERS).filter((name) => !map.includes(`\`${name}/\``))).toEqual([]);
  });
});

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? listFiles(path) : [path];
  });
}

function targetsOf(file: SourceFile): readonly { readonly path: string; readonly module: string }[] {
  return file.imports
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(SRC, resolve(SRC, dirname(file.path), name)))
    .map((path) => ({ path, module: path.includes('/') ? (path.split('/')[0] ?? '') : '' }));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}

function longFunctions(file: SourceFile): readonly string[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) {
      const start = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
      const end = source.getLineAndCharacterOfPosition(node.getEnd()).line;
      if (end - start + 1 > MAX_FUNCTION_LINES)
        found.push(`${file.path}:${start + 1}: a function of ${end - start + 1} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function findCycle(): readonly string[] | undefined {
  const graph = new Map(product.map((file) => [file.path, targetsOf(file).map((target) => target.path)]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}
