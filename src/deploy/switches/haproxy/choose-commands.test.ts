import { describe, expect, it } from 'vitest';
import type { SwitchTarget } from '../switch.ts';
import { chooseCommands } from './choose-commands.ts';
import type { BackendFacts, ServerFact } from './facts.ts';
import { assertTargets, GATE } from './names.ts';

const ADDRESS = { host: '10.0.0.1', port: 80 };
const target = (id: string, more: Partial<SwitchTarget> = {}): SwitchTarget => ({
  ...{ id, address: ADDRESS, weight: 1, state: 'active' },
  ...more,
});
const server = (name: string, more: Partial<ServerFact> = {}): ServerFact => ({
  ...{ name, serverId: '1', address: ADDRESS, weight: 1, isOut: false, isDraining: false },
  ...{ isChecked: true, hasResult: true, inFlight: 0, serverErrors: 0 },
  ...more,
});
const facts = (...servers: readonly ServerFact[]): BackendFacts => ({
  ...{
    version: '2.6.12',
    pid: 1,
    since: '1@1',
    connections: 0,
    mode: 'http',
    total: 0,
    current: 0,
    waiting: 0,
    atServers: 0,
  },
  ...{ connectFailures: 0, answerFailures: 0, retried: 0, held: 0 },
  servers: [server(GATE, { isOut: true }), ...servers],
});
const choose = (now: BackendFacts, targets: readonly SwitchTarget[], isHeld = false) =>
  chooseCommands('api', now, { targets, isHeld });

describe('chooseCommands()', () => {
  it('adds what is new before it takes anything away', () => {
    const { commands = [] } = choose(facts(server('old')), [target('new')]) ?? {};
    expect(commands.map((command) => command.split(' ').slice(0, 3).join(' '))).toEqual([
      'add server api/new',
      'enable health api/new',
      'set server api/new',
    ]);
  });

  it('waits for the first check of what is new before it takes the old away, and removes that when it is idle', () => {
    const fresh = server('new', { hasResult: false });
    const out = { commands: ['set server api/old state maint'], removals: [] };
    expect(choose(facts(fresh, server('old')), [target('new')])).toEqual({ ...out, awaited: ['new'] });
    expect(choose(facts(server('new'), server('old')), [target('new')])).toEqual({ ...out, awaited: [] });
    const busy = server('old', { isOut: true, inFlight: 1 });
    expect(choose(facts(server('new'), busy), [target('new')])).toBeUndefined();
    const idle = { ...busy, inFlight: 0 };
    expect(choose(facts(server('new'), idle), [target('new')])).toEqual({
      commands: [],
      removals: [idle],
      awaited: [],
    });
  });

  it('holds requests back before it takes the last target away, and has a target before it lets them go', () => {
    const draining = target('old', { state: 'draining' });
    expect(choose(facts(server('old')), [draining], true)?.commands).toEqual([`set server api/${GATE} state ready`]);
    const held = [server(GATE), server('old')];
    expect(choose({ ...facts(), servers: held }, [draining], true)?.commands).toEqual([
      'set server api/old state drain',
    ]);
    expect(choose({ ...facts(), servers: [...held, server('new')] }, [draining, target('new')])?.commands).toEqual([
      'set server api/old state drain',
      `set server api/${GATE} state maint`,
    ]);
  });

  it('says nothing when all is as it should be', () => {
    const spare = server('spare:standby');
    expect(choose(facts(server('one'), spare), [target('one'), target('spare', { state: 'standby' })])).toBeUndefined();
  });
});

describe('assertTargets()', () => {
  it.each([
    [target('a b'), 'its id has other characters'],
    [target('a;show'), 'its id has other characters'],
    [target('a', { address: { host: '1.2.3.4 disabled', port: 1 } }), 'its host is neither'],
    [target('a', { address: { host: '1.2.3.4', port: 0 } }), 'it has no port'],
    [target('a', { weight: 257 }), 'its weight 257 is not between 1 and 256'],
  ])('refuses what HAProxy could not be told: %o', (bad, problem) => {
    expect(() => assertTargets([bad])).toThrow(problem);
  });

  it('refuses a target that is named twice', () => {
    expect(() => assertTargets([target('a'), target('a')])).toThrow('it is named twice');
  });
});
