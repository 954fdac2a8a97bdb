import { expect, it } from 'vitest';
import { bypassRule } from './bypass.ts';

it('the bypass rule warns of requests that were seen past the switch, and of no section that nobody asks', () => {
  const server = { backend: 'old', isListen: false, server: 'one', address: '10.0.0.1:7000', instance: 'api-1' };
  const check = (asked: number) =>
    bypassRule.check({
      deployment: { services: [{ name: 'api', switch: { kind: 'haproxy', backend: 'onward-api' } }] },
      frontends: [{ service: 'api', bypasses: [{ ...server, inFlight: 0, asked, countedS: 60 }] }],
    } as never);
  expect(check(0)).toEqual([]);
  expect(check(2)).toMatchObject([
    {
      code: 'doctor.past-switch',
      severity: 'warning',
      message: expect.stringContaining('server one of backend old (10.0.0.1:7000, api-1) got 2 requests'),
      hint: 'Change "use_backend old" and "default_backend old" to onward-api, then reload HAProxy.',
    },
  ]);
});
