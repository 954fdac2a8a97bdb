import { describe, expect, it } from 'vitest';
import type { Service } from '../../../model/index.ts';
import { chooseHandedOn, listAnonymous, listDivided } from './anonymous-volumes.ts';
import type { Container } from './containers.ts';
import { findLosses } from './losses.ts';
import { findPastSwitch } from './past-switch.ts';

const id = (digit: string) => digit.repeat(64);
const mount = (digit: string, path: string, RW = true) => ({ Type: 'volume', Name: id(digit), Destination: path, RW });

function container(Mounts: NonNullable<Container['Mounts']>, State: Partial<Container['State']> = {}): Container {
  return { Mounts, State: { Status: 'exited', StartedAt: '2026-01-01T00:00:00Z', ...State } } as Container;
}

describe('anonymous volumes', () => {
  it('are those of which compose.yaml does not say what is at their path', () => {
    const named = { Type: 'volume', Name: 'shop_data', Destination: '/data', RW: true };
    const bind = { Type: 'bind', Destination: '/srv', RW: true };
    const holder = container([mount('a', '/a'), mount('b', '/b'), mount('c', '/c/'), mount('d', '/d'), named, bind]);
    const volumes = [
      { type: 'volume', target: '/a' },
      { type: 'volume', source: 'mine', target: '/b' },
      { type: 'bind', source: '/x', target: '/c' },
    ];
    expect(listAnonymous(holder, { volumes, tmpfs: ['/d:size=1m'] })).toEqual([
      { name: id('a'), target: '/a', isReadOnly: false },
    ]);
    expect(listAnonymous(holder, { tmpfs: '/d' }).map(({ target }) => target)).toEqual(['/a', '/b', '/c/']);
  });

  it('are handed on by the one that runs, else by the one that ran last, where the new image or compose.yaml has a volume', () => {
    const mounts = (digit: string) => [mount(digit, '/image'), mount(digit, '/file', false), mount(digit, '/gone')];
    const older = container(mounts('1'));
    const later = container(mounts('2'), { StartedAt: '2026-02-01T00:00:00Z' });
    const never = container(mounts('3'), { Status: 'created', StartedAt: '0001-01-01T00:00:00Z' });
    const volumes = [{ type: 'volume', target: '/file' }];
    const choose = (before: readonly Container[]) => chooseHandedOn(before, { volumes }, ['/image']);
    expect(choose([older, later, never])).toEqual([
      { name: id('2'), target: '/image', isReadOnly: false },
      { name: id('2'), target: '/file', isReadOnly: true },
    ]);
    const running = container(mounts('1'), { Status: 'running' });
    expect(choose([later, running]).map(({ name }) => name)).toEqual([id('1'), id('1')]);
    expect(choose([])).toEqual([]);
  });

  it('are divided where containers have one each, and not where they share one', () => {
    const [a, b] = [
      container([mount('1', '/data'), mount('3', '/x')]),
      container([mount('2', '/data'), mount('3', '/x')]),
    ];
    expect(listDivided([a, b], {})).toEqual(['/data']);
    expect(listDivided([a], {})).toEqual([]);
  });
});

describe('findLosses()', () => {
  it('finds who shares something with a container, and who knows it by a link', () => {
    const services = {
      api: { networks: { default: { aliases: ['shop-api'] } } },
      side: { network_mode: 'service:api', ipc: 'service:db' },
      spy: { pid: 'service:api' },
      web: { links: ['api', 'api:shop-api', 'api:backend', 'db:store'] },
    };
    expect(findLosses({ services }, 'api')).toEqual([
      'side shares the network of its container, and loses it with that: give side one of its own',
      'spy shares the processes of its container, and loses it with that: give spy one of its own',
      'web calls it backend by a link, which leads to the container of before alone: give it backend as an alias in its network',
    ]);
    expect(findLosses({ services: { api: {} } }, 'api')).toEqual([]);
  });
});

describe('findPastSwitch()', () => {
  const api = { name: 'api', switch: { kind: 'builtin' } } as Service;
  const find = (services: Parameters<typeof findPastSwitch>[0]['services'], service = api) =>
    findPastSwitch({ services }, service, 'api').map(({ message }) => message.split(' to api ')[0]);

  it('finds services that call one by its name, where no switch answers to it', () => {
    const services = {
      api: { environment: { SELF: 'http://api:3000' } },
      web: { environment: { API_URL: 'http://api:3000/v1' } },
      job: { command: ['run', '--to=api:3000'] },
      dsn: { environment: { DSN: 'tcp://user@api/x' } },
      other: {
        environment: { A: 'http://my-api:3000', B: 'api', C: 'http://apis:1', D: null },
        depends_on: { api: {} },
      },
    };
    expect(find(services)).toEqual(['Requests of web, job, dsn']);
    expect(find({ ...services, lb: { networks: { default: { aliases: ['api'] } } } })).toEqual([]);
    expect(find(services, { name: 'api', switch: { kind: 'none' } } as Service)).toEqual([]);
  });
});
