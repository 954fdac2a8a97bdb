import { expect, it } from 'vitest';
import { neverReady } from './errors.ts';

it.each([
  [undefined, 'Read all that it wrote in .onward/instances/api/api-1/output.log.'],
  [
    'ssh -F ssh_config a journalctl --unit api@api-1.service',
    'Run "ssh -F ssh_config a journalctl --unit api@api-1.service" to read all that it wrote.',
  ],
  // On the way back the container is removed, and the end of what it wrote is kept.
  [
    'docker logs shop-api-1',
    'Read what it wrote in .onward/runs/*/api-1.log; as long as its container is there, run "docker logs shop-api-1".',
  ],
])('a service that cannot be rolled leads to what its instance wrote: %s', (log, hint) => {
  const failed = { service: 'api', instance: 'api-1', log, tail: [], evidence: 'it is not there', limitMs: 1 };
  expect(neverReady(failed).hint).toBe(hint);
});
