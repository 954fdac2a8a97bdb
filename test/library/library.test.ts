import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What `import … from 'onward'` gives, from the built package. */
const library: typeof import('../../src/index.ts') = await import(new URL('../../dist/index.js', import.meta.url).href);

describe("import … from 'onward'", () => {
  it('reads a deployment, and fails with the one error class', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onward-library-'));
    try {
      await writeFile(join(folder, 'onward.yaml'), 'deployment: shop\n');
      const system = library.createSystem({ environment: {}, onEvent: () => {} });
      const error = await library.loadDeployment(system, folder).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(library.OnwardError);
      expect(error).toMatchObject({ code: 'document.invalid', exit: 2, state: 'unchanged' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('chooses a path without touching anything', () => {
    const entry = (version: string) => ({
      version,
      digest: `sha256:${'0'.repeat(64)}` as const,
      publishedAt: '2026-01-01T00:00:00.000Z',
      stops: [],
    });
    const catalog = {
      product: 'shop',
      rules: { skipMinor: false, skipMajor: false },
      releases: ['1.0.0', '1.1.0', '1.2.0'].map(entry),
      channels: { stable: '1.2.0' },
    };
    const path = library.choosePath({ catalog, from: '1.0.0', to: '1.2.0', toolVersion: '0.1.0' });
    expect(path.kind === 'path' && path.hops.map((hop) => hop.to)).toEqual(['1.1.0', '1.2.0']);
  });

  it('has the functions that the command is built from', () => {
    for (const name of [
      'openInstallation',
      'preparePlan',
      'planUpgrade',
      'renderPlan',
      'runUpgrade',
      'runRollback',
      'buildRelease',
      'openSource',
    ] as const) {
      expect(typeof library[name]).toBe('function');
    }
  });
});
