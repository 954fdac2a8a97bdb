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

  it('takes no instance for dead that cannot be seen', () => {
    const targets = [{ id: 'api-1', state: 'active' }];
    const check = (state: string) =>
      switchRule.check({
        current: { release: '1.0.0' },
        deployment: { services: [] },
        instances: [{ id: 'api', service: 'api', state }],
        frontends: [{ service: 'api', targets }],
      } as unknown as Facts);
    expect(check('unknown')).toEqual([]);
    expect(check('stopped').map(({ code }) => code)).toEqual(['doctor.dead-target']);
  });

  it('asks for no frontend of what was adopted, until an upgrade has made it anew', () => {
    const check = (releases: readonly string[]) =>
      switchRule
        .check({
          current: { release: '1.0.0' },
          deployment: { services: [] },
          instances: releases.map((release) => ({ id: 'api', service: 'api', state: 'running', release })),
          frontends: [{ service: 'api' }],
        } as unknown as Facts)
        .map(({ code }) => code);
    expect(check(['', ''])).toEqual([]);
    expect(check(['', '1.0.0'])).toEqual(['doctor.no-frontend']);
    expect(check([])).toEqual(['doctor.no-frontend']);
  });

  it('tells of an instance that listens elsewhere by now, and of none that stays where it was', () => {
    const instance = (id: string, address: string) => ({ id, service: 'api', state: 'running', address });
    const facts = {
      current: { release: '1.0.0' },
      deployment: { services: [] },
      instances: [instance('api-1', '172.18.0.9:3000'), instance('api-2', '172.18.0.3:3000')],
      frontends: [
        {
          service: 'api',
          targets: [
            { id: 'api-1', state: 'active', address: '172.18.0.2:3000' },
            { id: 'api-2', state: 'active', address: '172.18.0.3:3000' },
          ],
        },
      ],
    } as unknown as Facts;
    expect(switchRule.check(facts)).toEqual([
      {
        code: 'doctor.moved-instance',
        severity: 'error',
        message: 'The switch sends requests of api to api-1 at 172.18.0.2:3000, and it listens on 172.18.0.9:3000 now.',
        hint: 'Run "onward upgrade --version 1.0.0" to bring the switch in line.',
      },
    ]);
  });
});
