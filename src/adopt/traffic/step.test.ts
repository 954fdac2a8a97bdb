import { expect, it } from 'vitest';
import { createSystem } from '../../system/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import { prepareStep } from './step.ts';

it('is refused where no service has a switch to prepare, also where there is no Compose project', async () => {
  const api = { name: 'api', runtime: { kind: 'ssh' }, switch: { kind: 'none' } };
  const deployment = { file: '/srv/shop/onward.yaml', services: [api] };
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const step = prepareStep(system, { deployment } as unknown as Installation, { image: 'haproxy:2.6', graceMs: 0 });
  await expect(step).rejects.toMatchObject({ code: 'adopt.no-traffic', state: 'unchanged' });
});
