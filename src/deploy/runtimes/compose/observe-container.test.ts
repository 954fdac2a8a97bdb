import { describe, expect, it } from 'vitest';
import { planAliases } from './aliases.ts';
import { chooseGraceMs } from './change-instance.ts';
import { choosePort } from './choose-port.ts';
import type { Container } from './containers.ts';
import { findExclusive } from './exclusive.ts';
import { repositoryOf } from './images.ts';
import { identifyContainers } from './instance-ids.ts';
import { chooseNetworkKey } from './list-instances.ts';
import { observeContainer } from './observe-container.ts';
import { findCoupled } from './stateful.ts';

const NEVER = '0001-01-01T00:00:00Z';
const NET = { NetworkID: 'n', IPAddress: '172.18.0.5', Aliases: ['api', 'abcdef012345'], IPAMConfig: null };

function container(more: { readonly [key: string]: unknown } = {}, state: Partial<Container['State']> = {}): Container {
  return {
    Id: 'abcdef0123456789',
    Name: '/shop-api-1',
    Image: 'sha256:image',
    RestartCount: 0,
    State: {
      Status: 'running',
      Pid: 7,
      ExitCode: 0,
      OOMKilled: false,
      Error: '',
      StartedAt: '2026-01-01T00:00:00Z',
      FinishedAt: NEVER,
      ...state,
    },
    Config: { Image: 'shop/api:1', Labels: {}, ExposedPorts: { '8080/tcp': {} } },
    HostConfig: { NetworkMode: 'shop_default', Memory: 0, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
    NetworkSettings: { Networks: { shop_default: NET } },
    ...more,
  } as Container;
}

function labelled(number: number, base: string | undefined, name = `/shop-api-${number}`): Container {
  const labels = {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'Api_x',
    'com.docker.compose.container-number': String(number),
    ...(base === undefined ? {} : { 'dev.onward.base': base }),
  };
  return container({ Name: name, Config: { Image: 'x', Labels: labels, ExposedPorts: {} } });
}

const SEEN = {
  id: 'api-1',
  service: 'api',
  identity: `sha256:${'1'.repeat(64)}`,
  kind: 'service',
  port: 8080,
} as const;
const observe = (of: Container, more = {}) => observeContainer(of, { ...SEEN, ...more });

describe('observeContainer()', () => {
  it('is reached in its other networks, and where the machine has its port, as well', () => {
    const Networks = { shop_default: NET, shop_edge: { ...NET, IPAddress: '172.19.0.2' } };
    const published = [{ HostIp: '0.0.0.0', HostPort: '80' }];
    const Ports = { '8080/tcp': published, '9090/tcp': [{ HostIp: '', HostPort: '9' }], '7/tcp': null };
    expect(observe(container({ NetworkSettings: { Networks, Ports } }))).toMatchObject({
      address: { host: '172.18.0.5', port: 8080 },
      alsoAt: [
        { host: '172.19.0.2', port: 8080 },
        { host: '0.0.0.0', port: 80 },
      ],
    });
    expect(observe(container())).not.toHaveProperty('alsoAt');
  });

  it('has a name in a network of its project, and none in the one of the machine or of everybody', () => {
    const inNetwork = (NetworkMode: string) =>
      observe(container({ HostConfig: { ...container().HostConfig, NetworkMode } }));
    expect(inNetwork('shop_default').name).toBe('shop-api-1');
    expect(['host', 'bridge', 'default', 'none', 'container:abc'].map((mode) => inNetwork(mode).name)).toEqual(
      Array.from({ length: 5 }),
    );
  });

  it('tells what the engine says as the state of an instance', () => {
    const states = ['created', 'running', 'paused', 'restarting', 'exited', 'dead', 'removing', 'new'];
    expect(states.map((Status) => observe(container({}, { Status })).state)).toEqual([
      'created',
      'running',
      'running',
      'waiting',
      'stopped',
      'lost',
      'lost',
      'unknown',
    ]);
  });

  it('tells how it ended, and what the engine has seen go wrong', () => {
    const FinishedAt = '2026-01-02T00:00:00Z';
    const ended = (ExitCode: number) => observe(container({}, { Status: 'exited', ExitCode, FinishedAt, Pid: 0 }));
    expect(ended(143).exit).toEqual({ code: null, signal: 'SIGTERM', at: FinishedAt });
    expect(ended(3).exit).toEqual({ code: 3, signal: null, at: FinishedAt });
    expect(ended(3).address).toBeUndefined();
    expect(observe(container({}, { FinishedAt })).exit).toBeUndefined();
    expect(observe(container({}, { OOMKilled: true })).note).toBe('it was killed because its memory ran out');
    const Health = { Status: 'unhealthy', Log: [{ ExitCode: 1, Output: 'no\n answer ' }] };
    expect(observe(container({}, { Health })).note).toBe('its health check fails (no answer)');
  });

  it('is reached in the network that is asked for, or on this machine', () => {
    const Networks = { a: { ...NET, IPAddress: '10.0.0.1' }, shop_default: NET };
    expect(observe(container({ NetworkSettings: { Networks } }), { network: 'shop_default' }).address?.host).toBe(
      '172.18.0.5',
    );
    expect(observe(container({ NetworkSettings: { Networks } })).address?.host).toBe('10.0.0.1');
    const onHost = container({ HostConfig: { ...container().HostConfig, NetworkMode: 'host' } });
    expect(observe(onHost).address).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(observe(container(), { port: undefined }).address).toBeUndefined();
  });
});

describe('identifyContainers()', () => {
  const ids = (...containers: readonly Container[]) => identifyContainers(containers).map(({ id }) => id);

  it('goes by the name of an instance, whichever of them is gone', () => {
    expect(ids(labelled(4, 'api-2', '/shop-api-2-2'), labelled(5, 'api-2', '/shop-api-2-3'))).toEqual([
      'api-2-2',
      'api-2-3',
    ]);
  });

  it('gives those that have no such name yet what is free, in the order of their numbers', () => {
    const found = [
      labelled(3, 'api-2'),
      labelled(4, 'api-2', '/shop-api-2-1'),
      labelled(5, 'api-2'),
      labelled(6, 'api-3'),
    ];
    expect(ids(...found)).toEqual(['api-2-2', 'api-2-1', 'api-2-3', 'api-3-1']);
  });

  it('calls one that Onward did not make as Compose would, whatever its name is', () => {
    expect(ids(labelled(1, undefined, '/Fancy'))).toEqual(['shop-api-x-1']);
  });
});

describe('choosePort()', () => {
  it('takes the one that is declared, else the only one there is', () => {
    expect(choosePort(container(), 9000)).toBe(9000);
    expect(choosePort(container(), undefined)).toBe(8080);
    const Config = { ...container().Config, ExposedPorts: { '80/tcp': {}, '53/udp': {} } };
    expect(choosePort({ Config }, undefined)).toBe(80);
    expect(
      choosePort({ Config: { ...Config, ExposedPorts: { '80/tcp': {}, '81/tcp': {} } } }, undefined),
    ).toBeUndefined();
    expect(choosePort({ Config: { ...Config, ExposedPorts: null } }, undefined)).toBeUndefined();
  });
});

describe('planAliases()', () => {
  const lb = container({ NetworkSettings: { Networks: { shop_default: { ...NET, Aliases: ['lb', 'api'] } } } });
  const plan = (of: Container, others: readonly Container[]) =>
    planAliases(of, { id: 'api-2-1', own: 'api', others, networks: ['shop_default'] });

  it('changes nothing where nobody else has the name', () => {
    expect(plan(container(), [])).toEqual([]);
  });

  it('leaves the name to another one that has it, and takes the name of the instance', () => {
    expect(plan(container(), [lb])).toEqual([{ network: 'shop_default', aliases: ['api-2-1'], isConnected: true }]);
  });

  it('puts back one that was cut off from its network in between', () => {
    const cut = container({ NetworkSettings: { Networks: {} } });
    expect(plan(cut, [lb])).toEqual([{ network: 'shop_default', aliases: ['api-2-1'], isConnected: false }]);
    expect(plan(cut, [])).toEqual([{ network: 'shop_default', aliases: ['api', 'api-2-1'], isConnected: false }]);
  });
});

describe('chooseNetworkKey()', () => {
  const networks = { back: null, default: null, front: null };

  it('takes the network in which the switch has the name of the service, else that of the project', () => {
    expect(chooseNetworkKey({ services: { api: { networks } } }, 'api')).toBe('default');
    const lb = { networks: { front: { aliases: ['api'] }, default: null } };
    expect(chooseNetworkKey({ services: { api: { networks }, lb } }, 'api')).toBe('front');
    expect(chooseNetworkKey({ services: { api: { networks: { b: null, a: null } } } }, 'api')).toBe('a');
    expect(chooseNetworkKey({ services: { api: { network_mode: 'host' } } }, 'api')).toBeUndefined();
  });
});

describe('findExclusive()', () => {
  const why = (section: Parameters<typeof findExclusive>[1]) => findExclusive('api', section)?.why;

  it('finds what only one container can have', () => {
    expect(why({ ports: [{ target: 80, published: '8080' }] })).toBe('only one can have port 8080 of this machine');
    expect(why({ network_mode: 'host' })).toContain('the network of this machine');
    expect(why({ networks: { default: null, back: { ipv4_address: '10.0.0.9' } } })).toBe(
      'only one can have the address 10.0.0.9',
    );
  });

  it('finds what only some can have, and what belongs to another container', () => {
    const ports = [{ target: 80, published: '8080-8082' }];
    expect(findExclusive('api', { ports }, { replicas: 2 })?.why).toBe(
      'only 3 can have port 8080-8082 of this machine',
    );
    expect(findExclusive('api', { ports })).toBeUndefined();
    expect(why({ network_mode: 'service:vpn' })).toBe(
      'it uses the network of vpn, where only one can listen on a port',
    );
    expect(why({ networks: { default: { mac_address: '02:42:ac:11:00:03' } } })).toBe(
      'only one can have the address 02:42:ac:11:00:03',
    );
  });

  it('finds what two should not write to, unless several do already', () => {
    const volumes = [{ type: 'volume', source: 'data', target: '/data' }];
    expect(findExclusive('api', { volumes })).toEqual({
      service: 'api',
      why: 'both would write to the volume data',
      isPossible: true,
    });
    expect(why({ volumes: [{ type: 'bind', source: '/srv', target: '/data' }] })).toBe(
      'both would write to the folder /srv',
    );
    expect(findExclusive('api', { volumes }, { replicas: 2 })).toBeUndefined();
    const unnamed = 'both would write to the volume at /data, which has no name';
    expect(why({ volumes: [{ type: 'volume', target: '/data' }] })).toBe(unnamed);
    expect(findExclusive('api', {}, { handedOn: ['/data'] })).toMatchObject({ why: unnamed, isPossible: true });
  });

  it('finds nothing in what can be had twice', () => {
    const ports = [{ target: 80 }, { target: 81, published: '9000-9010' }, { target: 82, published: '0' }];
    const volumes = [
      { type: 'bind', source: '/etc/localtime', target: '/etc/localtime', read_only: true },
      { type: 'bind', source: '/var/run/docker.sock', target: '/x' },
      { type: 'tmpfs', target: '/tmp' },
    ];
    expect(why({ ports, volumes, networks: { default: null } })).toBeUndefined();
  });
});

describe('chooseGraceMs()', () => {
  const grace = (StopTimeout: number | null, leavesGrace?: true) => {
    const runtime = { kind: 'compose', service: 'api', ...(leavesGrace ? { leavesGrace } : {}) } as const;
    return chooseGraceMs({ graceMs: 10_000, runtime }, container({ Config: { Image: 'x', StopTimeout } }));
  };

  it('is what onward.yaml says, else what compose.yaml said, else ten seconds', () => {
    expect([grace(90), grace(90, true), grace(0, true), grace(null, true)]).toEqual([10_000, 90_000, 0, 10_000]);
  });
});

describe('findCoupled()', () => {
  const volumes = ['data:/data'];

  it('finds what keeps data under the version of what is upgraded, and nothing else', () => {
    const raw = {
      api: { image: `vendor/api:\${TAG:-1}` },
      db: { image: 'vendor/postgres:$TAG', volumes },
      cache: { image: `redis:\${CACHE}`, volumes },
      proxy: { image: `vendor/proxy:\${TAG}`, volumes },
    };
    expect(findCoupled(raw, ['api']).map(({ message }) => message.slice(0, 14))).toEqual(['db keeps data,']);
  });
});

describe('repositoryOf()', () => {
  it('leaves tag and digest away, and no port', () => {
    expect(repositoryOf(`registry:5000/shop/api:1@sha256:${'1'.repeat(64)}`)).toBe('registry:5000/shop/api');
    expect(repositoryOf('registry:5000/shop/api')).toBe('registry:5000/shop/api');
    expect(repositoryOf('redis:7')).toBe('redis');
  });
});
