import { describe, expect, it } from 'vitest';
import { renderSwitchCompose } from './render-compose.ts';
import type { MovedService } from './traffic-plan.ts';

const API: MovedService = {
  ...{ name: 'api', origin: 'api', backend: 'api', mode: 'http', port: 3000, otherPorts: [] },
  networks: [{ name: 'default', aliases: ['api.internal'] }],
};
const PLAN = { image: 'haproxy:2.6', folder: '/srv/shop/haproxy', user: '1000:1000', graceMs: 1000 };
const render = (...services: readonly MovedService[]) => renderSwitchCompose({ ...PLAN, services });

describe('renderSwitchCompose()', () => {
  it('gives the switch the port of the host, and the names of the service', () => {
    const text = render({ ...API, host: { ip: '127.0.0.1', port: 8080 } });
    expect(text).toContain('      - "127.0.0.1:8080:8080"\n');
    expect(text).toContain('      default:\n        aliases: ["api", "api.internal"]\n');
    expect(text).toMatch(/\n {2}"api":\n {4}ports: !reset \[\]\n$/);
  });

  it('leaves a service its other ports', () => {
    const text = render({ ...API, host: { port: 80 }, otherPorts: ['127.0.0.1:9000:9000', '53:53/udp'] });
    expect(text).toMatch(/\n {2}"api":\n {4}ports: !override \["127.0.0.1:9000:9000","53:53\/udp"\]\n$/);
  });

  it('says nothing of a service that has no port of the host', () => {
    expect(render(API)).not.toContain('!reset');
    expect(render(API)).not.toContain('    ports:');
  });
});
