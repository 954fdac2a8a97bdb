import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ProxiedService, type ProxyService, renderHaproxyProxy } from './render-proxy.ts';

const PROXY: ProxyService = {
  ...{ name: 'onward-switch', image: 'haproxy@sha256:0', user: '1000:1000' },
  ...{ configFolder: './onward/haproxy', socketFolder: './onward/run' },
};

const service = (name: string, more: Partial<ProxiedService> = {}): ProxiedService => ({
  ...{ service: name, mode: 'http', edges: [] },
  inside: { names: [name], networks: ['default'], ports: [3000] },
  ...more,
});

/** Lines of one frontend. */
function frontend(config: string, name: string): readonly string[] {
  const [, text = ''] = config.split(`frontend ${name}\n`);
  return (text.split('\n\n')[0] ?? '').split('\n').map((line) => line.trim());
}

describe('renderHaproxyProxy()', () => {
  it('sends a port that one service has inside to it, whatever the host', () => {
    const { config } = renderHaproxyProxy([service('api')], PROXY);
    expect(frontend(config, 'inside-3000')).toEqual(expect.arrayContaining(['bind :3000', 'default_backend api']));
  });

  it('tells services that share a port inside apart by their names', () => {
    const lines = frontend(renderHaproxyProxy([service('api'), service('Web')], PROXY).config, 'inside-3000');
    expect(lines.filter((line) => line.includes('backend'))).toEqual([
      'use_backend api if { req.hdr(host),host_only,lower api }',
      'use_backend Web if { req.hdr(host),host_only,lower web }',
    ]);
  });

  it('refuses two services on one port when one of them carries raw connections', () => {
    const broker = service('broker', { mode: 'tcp' });
    expect(() => renderHaproxyProxy([service('api'), broker], PROXY)).toThrow(
      'Could not put HAProxy in front of api and broker: they share port 3000 between services, and raw connections do not say which one they are for.',
    );
  });

  it('has one frontend for each address of the host, and publishes it', () => {
    const web = service('web', { edges: [{ host: '127.0.0.1', port: 8080 }] });
    const { config, compose } = renderHaproxyProxy([web], PROXY);
    expect(frontend(config, 'edge-8080')).toEqual(expect.arrayContaining(['bind :8080', 'default_backend web']));
    expect(parse(compose)['onward-switch'].ports).toEqual(['127.0.0.1:8080:8080']);
  });

  it('lets clients outside reach no service by the name that it has inside', () => {
    const web = service('web', { edges: [{ port: 3000 }] });
    const { config, compose } = renderHaproxyProxy([web, service('api')], PROXY);
    expect(frontend(config, 'edge-20000').filter((line) => line.includes('backend'))).toEqual(['default_backend web']);
    expect(parse(compose)['onward-switch'].ports).toEqual(['3000:20000']);
  });

  it('tells services at one address apart by host, and refuses when there is none', () => {
    const at = (name: string, hosts?: readonly string[]) =>
      service(name, {
        edges: [{ port: 80, ...(hosts ? { hosts } : {}) }],
        inside: { names: [name], networks: [], ports: [] },
      });
    const { config } = renderHaproxyProxy([at('web'), at('api', ['api.example'])], PROXY);
    expect(frontend(config, 'edge-80').filter((line) => line.includes('backend'))).toEqual([
      'use_backend api if { req.hdr(host),host_only,lower api.example }',
      'default_backend web',
    ]);
    expect(() => renderHaproxyProxy([at('web'), at('api')], PROXY)).toThrow(
      'they share 80, and no host tells them apart',
    );
    expect(() => renderHaproxyProxy([at('web', ['a.b']), at('api', ['A.b'])], PROXY)).toThrow('the host a.b');
  });

  it('bears the names of the services on their networks', () => {
    const api = service('api', { inside: { names: ['api', 'api-v1'], networks: ['front', 'back'], ports: [3000] } });
    const worker = service('worker', { inside: { names: ['worker'], networks: ['back'], ports: [4000] } });
    expect(parse(renderHaproxyProxy([api, worker], PROXY).compose)['onward-switch']).toMatchObject({
      image: 'haproxy@sha256:0',
      user: '1000:1000',
      networks: { front: { aliases: ['api', 'api-v1'] }, back: { aliases: ['api', 'api-v1', 'worker'] } },
      volumes: [
        { type: 'bind', source: './onward/haproxy', target: '/etc/onward', read_only: true },
        { type: 'bind', source: './onward/run', target: '/run/onward' },
      ],
    });
  });

  it('refuses a name that would be more than a name in the configuration', () => {
    expect(() => renderHaproxyProxy([service('api\n  bind :1')], PROXY)).toThrow('has other characters than');
    expect(() => renderHaproxyProxy([service('api', { edges: [{ port: 1, hosts: ['a }'] }] })], PROXY)).toThrow(
      'is no host',
    );
  });
});
