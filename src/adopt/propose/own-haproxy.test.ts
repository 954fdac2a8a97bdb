import { describe, expect, it } from 'vitest';
import type { ObservedHaproxy } from '../haproxy/observed-haproxy.ts';
import { project, type TestProject } from '../test-support.ts';
import { proposeForHosts, proposeForProject } from './propose.ts';

const CONFIG = `
global
  stats socket /run/haproxy/admin.sock mode 660 level admin # of ours
defaults
  mode http
  option idle-close-on-response
frontend clients
  bind *:443,:80 ssl crt /certs
  use_backend api if { req.hdr(x-key) -m str very-secret }
  default_backend "web"
resolvers onward
  nameserver engine 127.0.0.11:53
backend api
  http-request set-header Authorization very-secret
  server one \${API_HOST}:3000 check
backend web
  server one shop-web-1:8080
`;

interface Shop {
  readonly config?: string;
  readonly edge?: Readonly<Record<string, unknown>>;
  readonly api?: Readonly<Record<string, unknown>>;
  readonly haproxies?: readonly ObservedHaproxy[];
}

const READY = {
  command: [
    'haproxy',
    '-W',
    '-S',
    '/run/haproxy/master.sock',
    '-f',
    '/etc/haproxy/haproxy.cfg',
    '-f',
    '/etc/haproxy/more',
  ],
  volumes: [
    { type: 'bind', source: '/srv/shop/edge', target: '/etc/haproxy' },
    { type: 'bind', source: '/srv/shop/sockets', target: '/run/haproxy' },
  ],
};

function propose({ config = CONFIG, edge = READY, api = {}, haproxies = [] }: Shop) {
  const shop: TestProject = {
    name: 'shop',
    services: {
      api: { image: 'shop/api:1', ...api },
      web: { image: 'shop/web:1' },
      ...(haproxies.length > 0
        ? {}
        : {
            edge: {
              ...{ image: 'haproxy:2.9', environment: { API_HOST: 'api' } },
              ports: [{ target: 443, published: '443' }],
              ...edge,
            },
          }),
    },
    containers: { web: [{ name: 'shop-web-1' }] },
    configurations: { edge: [{ path: '/srv/shop/edge/haproxy.cfg', text: config }] },
    haproxies,
  };
  const { deployment, unknowns } = proposeForProject(project(shop), '/srv/shop');
  return { deployment, unknowns, end: deployment.slice(deployment.indexOf('\n\n')) };
}

describe('a HAProxy of the project', () => {
  it('is proposed as the switch with what it has, and its lines as they have to be', () => {
    const { deployment, end } = propose({});
    expect(deployment).toContain(`
    # port: edge sends its requests there
    port: 8080
    # roll: edge stands in front of it, and it holds no port of the host
    roll: start-first
`);
    expect(deployment).toContain(`
    # switch: edge sends its requests there, by "use_backend api if ..." of clients; what you change in it stands at the
    # end
    switch:
      haproxy:
        socket: ./sockets/admin.sock
        backend: onward-api
        file: ./edge/more/onward-api.cfg
        master: ./sockets/master.sock
        mode: http
        listen: "0.0.0.0:443"
`);
    expect(end).toBe(`

# edge is HAProxy in front of api, web, and becomes the switch. In this order:
# 1. What these lines of its backends do does not hold in those of Onward: have it in the frontends.
#      backend api: http-request set-header ...
# 2. "onward adopt traffic" writes onward-api, onward-web, with what runs now. Nobody is sent there yet.
# 3. Change these lines. Where the file is mounted by itself, write it in place: a container does not see one that is
# put in its stead.
#      frontend clients: use_backend api if ...
#        becomes: use_backend onward-api if ...
#      frontend clients: default_backend "web"
#        becomes: default_backend onward-web
# 4. Have it read them: docker compose kill --signal USR2 edge. No request fails by it. Upgrade only then: what is sent
# to the backends of before goes past the switch.
`);
    expect(deployment).not.toContain('very-secret');
  });

  it('is told what it lacks, and where to add it', () => {
    const config = CONFIG.replace('  option idle-close-on-response\n', '').replace('resolvers onward', 'resolvers own');
    const volumes = [{ type: 'bind', source: '/srv/shop/edge', target: '/usr/local/etc/haproxy', read_only: true }];
    const { deployment, end } = propose({ config, edge: { volumes } });
    expect(deployment).toContain('socket: ./onward-edge/run/admin.sock');
    expect(deployment).toContain('not yet usable: what it needs\n    # stands at the end');
    expect(end).toContain(`
# 1. Add to its configuration (its runtime API /run/haproxy/admin.sock is in no folder of this machine, and not
# published on its loopback):
#      global
#        stats socket /onward/run/admin.sock mode 600 level admin
#      frontend clients
#        option idle-close-on-response
#        timeout http-keep-alive 20s
#      resolvers onward
`);
    expect(end).toContain(`
# 2. "mkdir -p onward-edge/run onward-edge/backends" beside compose.yaml, and add to edge there, which runs as you then,
# so that you can use its sockets:
#      command: ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg", "-S", "/onward/run/master.sock", "-f", "/onward/backends"]
#      volumes: ["./onward-edge:/onward"]
#      user: "1000:1000"
# 3. "docker compose up -d edge" at a quiet moment: its container is made anew, and its ports answer nobody meanwhile.
`);
  });

  it.each([
    [
      'a port that is published on loopback',
      ':9999',
      { target: 9999, published: '19999', host_ip: '127.0.0.1' },
      '127.0.0.1:19999',
    ],
    ['no port that everybody reaches', ':9999', { target: 9999, published: '19999' }, './onward-edge/run/admin.sock'],
    [
      'no port of its own loopback',
      '127.0.0.1:9999',
      { target: 9999, published: '9999', host_ip: '127.0.0.1' },
      './onward-edge/run/admin.sock',
    ],
  ])('is talked to by %s', (_, address, port, socket) => {
    const config = CONFIG.replace('/run/haproxy/admin.sock', address);
    expect(propose({ config, edge: { ...READY, ports: [port] } }).deployment).toContain(
      `socket: "${socket}"`.replace(/"(\..*)"/, '$1'),
    );
  });

  it('is no reason to start a second one first while a service holds a port of the host', () => {
    const { deployment } = propose({ api: { ports: [{ target: 3000, published: '3000' }] } });
    expect(deployment).toContain('it holds host port 3000 beside edge; take that out of compose.yaml');
    expect(deployment).toMatch(/roll: stop-first\n[\s\S]*backend: onward-api/);
  });

  it.each([
    [
      'its servers are others, too',
      CONFIG.replace('one shop-web-1:8080', 'one shop-web-1:8080\n  server two elsewhere:80'),
      'backend web has servers of others, too',
    ],
    [
      'its servers speak TLS',
      CONFIG.replace('one shop-web-1:8080', 'one shop-web-1:8080 ssl verify none'),
      'its servers are spoken to with "ssl"',
    ],
    [
      'its line is computed',
      CONFIG.replace('default_backend "web"', 'use_backend %[path,map(/m)]'),
      'what leads to its backend web is computed',
    ],
  ])('is not proposed where %s, and that is marked', (_, config, because) => {
    const { deployment, unknowns } = propose({ config });
    expect(deployment).not.toContain('onward-web');
    expect(deployment).toContain('backend: onward-api');
    expect(unknowns).toContainEqual(expect.stringContaining(`switch of web: edge is in front of it, and ${because}`));
  });

  it('cannot be told whom it fronts when its configuration is in its image', () => {
    const { deployment, unknowns } = propose({ edge: { command: ['-f', '/opt/edge.cfg'] } });
    const because = 'whom edge sends requests to: its /opt/edge.cfg cannot be read from here';
    expect(unknowns).toContain(because);
    expect(deployment).toContain(`# onward could not tell: ${because}`);
    expect(deployment).not.toContain('onward-api');
  });
});

const MACHINE: ObservedHaproxy = {
  name: 'haproxy.service',
  // As Debian's unit starts it.
  words: '/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid -S /run/haproxy-master.sock'.split(' '),
  files: [{ path: '/etc/haproxy/haproxy.cfg', text: CONFIG.replace(/\$\{API_HOST\}/, '127.0.0.1') }],
  variables: {},
};

describe('a HAProxy of the machine', () => {
  it('is proposed where it leads to a port that a service publishes', () => {
    const api = { ports: [{ target: 8080, published: '3000' }] };
    const { deployment, end } = propose({ haproxies: [MACHINE], api });
    expect(deployment).toContain('file: /etc/haproxy/onward/onward-api.cfg');
    expect(deployment).toContain('it holds host port 3000 beside haproxy.service');
    expect(end).toContain(`
# 1. "mkdir -p /etc/haproxy/onward", and have this one line in /etc/default/haproxy, in place of any other that sets
# EXTRAOPTS:
#      EXTRAOPTS="-S /run/haproxy-master.sock -f /etc/haproxy/onward"
# 2. Restart haproxy.service at a quiet moment: its ports answer nobody meanwhile.
`);
    expect(end).toContain('systemctl reload haproxy.service');
  });

  it('is told which words it lacks where its unit is another one than Debian’s', () => {
    const api = { ports: [{ target: 8080, published: '3000' }] };
    const words = ['/opt/haproxy', '-W', '-f', '/etc/haproxy/haproxy.cfg'];
    expect(propose({ haproxies: [{ ...MACHINE, words }], api }).end).toContain(`\
# 1. "mkdir -p /etc/haproxy/onward", and have haproxy.service started with these words, too:
#      -S /run/haproxy-master.sock -f /etc/haproxy/onward
`);
  });

  it('is left alone where it leads to none of the services', () => {
    expect(propose({ haproxies: [MACHINE] }).deployment).not.toContain('haproxy.service');
  });

  it('fronts units of hosts, and one of a host is told to be used from there', () => {
    const config = CONFIG.replace(/\S+:3000/, '10.0.0.1:7700');
    const unit = {
      unit: 'search@.service',
      instance: 'search@1.service',
      isActive: true,
      type: 'exec',
      command: ['/bin/search'],
    };
    const units = [{ ...unit, environmentFiles: [], varying: [], variables: [], database: {}, ports: [7700] }];
    const haproxy = { ...MACHINE, files: [{ path: '/etc/haproxy/haproxy.cfg', text: config }] };
    const host = { host: 'a.internal', addresses: ['10.0.0.1'], haproxies: [], units };
    const { deployment } = proposeForHosts({ hosts: [host], haproxies: [haproxy] }, '/srv/shop');
    expect(deployment).toMatch(
      /roll: haproxy.service stands in front of it, [\s\S]*roll: start-first\n[\s\S]*backend: onward-search\n/,
    );
    expect(deployment.replace(/\n#\s*/g, ' ')).toContain(
      'then "onward adopt traffic" writes onward-search, with those units.',
    );
    const there = proposeForHosts(
      { hosts: [{ ...host, haproxies: [haproxy] }], haproxies: [] },
      '/srv/shop',
    ).deployment;
    expect(there).toContain('# haproxy.service of a.internal is HAProxy in front of search.');
    expect(there).not.toContain('onward-search');
  });
});
