import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createProject, docker, PROJECT_LABEL, removeProject } from '../../../../../test/support/docker.ts';
import { eventually } from '../../../../../test/support/eventually.ts';
import { busyboxImage } from '../../../../../test/support/images.ts';
import { parseSurvey } from '../parse-survey.ts';
import { renderScript } from '../script.ts';
import { SURVEY } from './survey.ts';

const run = promisify(execFile);

it('counts what the container of a unit has in memory, as the engine of the host says where it is', async () => {
  const project = createProject('survey');
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  try {
    const held = 48_000_000;
    const hold = `head -c ${held} /dev/zero >/dev/shm/held; exec sleep 1000`;
    const labels = ['--label', `${PROJECT_LABEL}=${project}`, '--label', `onward.unit=api@${project}.service`];
    await docker(['run', '--detach', '--network', 'none', ...labels, await busyboxImage(), 'sh', '-c', hold]);
    const instance = join(folder, 'shop/instances/api', project);
    await mkdir(instance, { recursive: true });
    const files = {
      desired: 'running',
      artifact: `registry.example/api@sha256:${'9f'.repeat(32)}`,
      'image-id': 'sha256:1',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(instance, name), `${text}\n`);
    const variables = {
      FOLDER: folder,
      DEPLOYMENT: 'shop',
      UNITS: 'api:api@.service',
      UNIT: '',
      HEXES: '',
      IMAGES: '',
    };
    const script = renderScript({ action: 'look around', variables, text: SURVEY });
    const survey = async () => parseSurvey((await run('sh', ['-c', script.toString()])).stdout).used;
    const isCounted = (await docker(['info', '--format', '{{.MemoryLimit}}'])) === 'true';
    const used = await eventually(survey, ([only]) => !isCounted || (only?.bytes ?? 0) > held, 30_000);
    const bytes = isCounted ? expect.any(Number) : undefined;
    expect(used).toEqual([{ service: 'api', hex: '9f'.repeat(32), bytes }]);
    expect(used[0]?.bytes ?? 0).toBeLessThan(2 * held);
  } finally {
    await removeProject(project);
    await rm(folder, { recursive: true, force: true });
  }
});
