import { describe, expect, it } from 'vitest';
import type { InstanceSpec } from '../runtime.ts';
import { encodeSpec } from './instance-spec.ts';
import { chooseState, parseListing } from './parse-listing.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const image = `registry.example/api@${digest('9')}`;
const spec = (id: string, kind: InstanceSpec['kind'] = 'service', artifact = '/srv/a'): string =>
  encodeSpec(
    {
      ...{ id, service: 'api', release: '1.2.0', kind, identity: digest('1'), config: digest('2'), run: 'r' },
      ...{ artifact, command: ['node', 'x'], environment: { A: 'secret' }, graceMs: 1 },
    },
    'api@.service',
  );

const unit = (active: string, sub: string, more = '') =>
  `MainPID=7\nNRestarts=2\nId=u\nLoadState=loaded\nActiveState=${active}\nSubState=${sub}\nExecMainStartTimestampMonotonic=5000000\n${more}`;

/** As the script prints it: what files say of every instance, then what systemd says of those that were ever started. */
function listing(
  instances: readonly { id: string; kind?: InstanceSpec['kind']; lines?: string; unit?: string }[],
): string {
  const head = instances.map(
    ({ id, kind, lines = '' }) => `instance ${id}\nunit api@${id}.service\nspec ${spec(id, kind)}\n${lines}`,
  );
  return `uptime 100.5\n${head.join('')}${instances.flatMap((one) => one.unit ?? []).join('\n')}`;
}

describe('parseListing()', () => {
  it('puts files and units together, of those that were started', () => {
    const text = listing([
      { id: 'api-1' },
      { id: 'api-2', lines: 'desired running\naddress PORT=8080\nheld-by api-2\n', unit: unit('active', 'running') },
      {
        id: 'api-3',
        lines: 'desired stopped\nexit killed TERM 1795250000\nheld-by api-3\n',
        unit: unit('inactive', 'dead'),
      },
    ]);
    const { uptimeS, instances } = parseListing(text);
    expect(uptimeS).toBe(100.5);
    expect(instances).toMatchObject([
      { id: 'api-1', desired: undefined, state: undefined },
      { id: 'api-2', desired: 'running', port: 8080, isHeld: true, state: { pid: 7, restarts: 2, startedUs: 5e6 } },
      { id: 'api-3', exit: { code: null, signal: 'SIGTERM', at: '2026-11-21T08:33:20.000Z' } },
    ]);
    expect(instances.map(chooseState)).toEqual(['created', 'running', 'stopped']);
  });

  it('reads no more of a host without instances than its uptime', () => {
    expect(parseListing('uptime 3.1\n')).toEqual({ uptimeS: 3.1, instances: [] });
  });

  it('keeps no secret on a host beside the environment itself', () => {
    expect(spec('api-1')).not.toContain('secret');
  });
});

describe('chooseState()', () => {
  const states = (kind: InstanceSpec['kind'], lines: string, ...ofUnit: [string, string]) =>
    parseListing(
      listing([{ id: 'api-1', kind, lines: `${lines}\nheld-by api-1\n`, unit: unit(...ofUnit) }]),
    ).instances.map(chooseState);

  it.each([
    ['service', 'desired running', 'active', 'running', 'running'],
    ['service', 'desired running', 'activating', 'start', 'waiting'],
    ['service', 'desired running', 'activating', 'auto-restart', 'waiting'],
    ['service', 'desired running', 'deactivating', 'stop-post', 'waiting'],
    ['service', 'desired stopped', 'deactivating', 'stop-sigterm', 'running'],
    ['service', 'desired running', 'failed', 'failed', 'lost'],
    ['service', 'desired running', 'inactive', 'dead', 'lost'],
    ['service', 'desired stopped', 'failed', 'failed', 'stopped'],
    ['one-shot', 'desired running', 'activating', 'start', 'running'],
    ['one-shot', 'desired running\nexit exited 0 1795250000', 'inactive', 'dead', 'stopped'],
    ['one-shot', 'desired running', 'inactive', 'dead', 'lost'],
    ['service', 'desired running', 'maintenance', 'x', 'unknown'],
    ['service', 'desired running', '', '', 'unknown'],
  ] as const)('makes of a %s with "%s" and a unit that is %s (%s): %s', (kind, lines, active, sub, state) => {
    expect(states(kind, lines, active, sub)).toEqual([state]);
  });

  it('calls an instance whose plain unit is another one by now lost, unless it was stopped before', () => {
    const read = (lines: string) =>
      parseListing(listing([{ id: 'api-1', lines, unit: unit('active', 'running') }])).instances.map(chooseState);
    expect(read('desired running\nheld-by api-2\n')).toEqual(['lost']);
    expect(read('desired stopped\nheld-by api-2\n')).toEqual(['stopped']);
  });

  it.each([
    ['desired running', 'active', 'container api@api-1.service running 7 sha256:1', 'running'],
    ['desired running', 'active', '', 'waiting'],
    ['desired running', 'active', 'container api@api-1.service exited 0 sha256:1', 'waiting'],
    ['desired running', 'active', 'container api@api-2.service running 7 sha256:1', 'waiting'],
    ['desired running', 'active', 'containers unknown', 'unknown'],
    ['desired running', 'failed', 'container api@api-1.service running 7 sha256:1', 'lost'],
    ['desired stopped', 'inactive', 'container api@api-1.service running 7 sha256:1', 'running'],
    ['desired stopped', 'inactive', 'container api@api-1.service exited 0 sha256:1', 'stopped'],
    ['desired stopped', 'inactive', 'containers unknown', 'unknown'],
  ])('makes of an image with "%s", a unit that is %s and "%s": %s', (lines, active, container, state) => {
    const files = `instance api-1\nunit api@api-1.service\nspec ${spec('api-1', 'service', image)}\n${lines}\nheld-by api-1\n`;
    const { instances } = parseListing(`uptime 1\n${files}${container}\n${unit(active, 'x')}`);
    expect(instances.map(chooseState)).toEqual([state]);
  });

  it('reads the exit code of docker run for what became of the process in the container', () => {
    const ended = (exit: string) => {
      const text = `uptime 1\ninstance a\nunit u\nspec ${spec('a', 'service', image)}\nexit ${exit} 1795250000\n`;
      const { code, signal } = parseListing(text).instances[0]?.exit ?? {};
      return [code, signal];
    };
    expect(ended('exited 7')).toEqual([7, null]);
    expect(ended('exited 137')).toEqual([null, 'SIGKILL']);
    expect(ended('killed TERM')).toEqual([null, 'SIGTERM']);
  });

  it('calls an instance whose specification cannot be read unknown', () => {
    const text = 'uptime 1\ninstance api-1\nunit u\nspec {"schema":"other"}\n';
    expect(parseListing(text).instances.map(chooseState)).toEqual(['unknown']);
  });
});
