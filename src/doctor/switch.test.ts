import { describe, expect, it } from 'vitest';
import type { Facts } from '../model/index.ts';
import { switchRule } from './switch.ts';

describe('the switch rule', () => {
  it('says why a switch of the operator’s cannot be used, and nothing else of it', () => {
    const problem = { message: 'Could not reach HAProxy: nobody listens on /run/a.sock.', hint: 'Start HAProxy.' };
    const facts = {
      current: { release: '1.0.0' },
      deployment: { services: [] },
      instances: [{ id: 'api-1', service: 'api', state: 'running' }],
      frontends: [{ service: 'api', targets: undefined, use: { problem } }],
    } as unknown as Facts;
    expect(switchRule.check(facts)).toEqual([{ code: 'doctor.switch-unusable', severity: 'error', ...problem }]);
  });
});
