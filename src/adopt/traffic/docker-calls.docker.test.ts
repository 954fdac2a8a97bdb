import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { createSystem } from '../../system/index.ts';
import { createDockerCalls } from './docker-calls.ts';

it('says why docker did not do what it was asked for, not where its help is', async () => {
  const system = createSystem({ environment: process.env, onEvent: () => {} });
  const { docker } = createDockerCalls(system, { folder: tmpdir(), name: 'none', envFiles: [] });
  const refused = docker('run', '--rm', '--pull', 'never', 'onward.invalid/no-such-image', 'true');
  await expect(refused).rejects.toThrow(
    /^Could not run docker run --rm: .*No such image: onward\.invalid\/no-such-image/,
  );
});
