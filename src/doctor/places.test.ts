import { describe, expect, it } from 'vitest';
import type { Facts, PlaceFact } from '../model/index.ts';
import { placesRule } from './places.ts';

const GIB = 1024 ** 3;
const host = (more: Partial<PlaceFact>): PlaceFact => ({
  runtime: 'ssh',
  place: 'a.internal',
  login: 'ssh -F ./ssh_config a.internal',
  isReachable: true,
  evidence: 'systemd 252',
  disk: { neededBytes: 0, freeBytes: 20 * GIB },
  memory: { neededBytes: 0, freeBytes: 4 * GIB },
  clockSkewMs: 40,
  ...more,
});

const check = (runtimes: Facts['runtimes']) =>
  placesRule
    .check({ runtimes } as unknown as Facts)
    .map(({ code, severity, message, hint }) => [code, severity, message, hint]);
const checkPlaces = (...places: readonly PlaceFact[]) => check({ places, exclusive: [], findings: [] });

describe('the doctor, of engines and hosts', () => {
  it('has nothing to say of those that answer and have room, nor where there are none', () => {
    expect(checkPlaces(host({}))).toEqual([]);
    expect(check(undefined)).toEqual([]);
  });

  it('finds one that does not answer, and asks nothing more of it', () => {
    expect(checkPlaces(host({ isReachable: false, evidence: 'connection refused.', clockSkewMs: 60_000 }))).toEqual([
      [
        'doctor.place-unreachable',
        'error',
        'a.internal cannot be reached: connection refused.',
        'Run "ssh -F ./ssh_config a.internal true" to see why.',
      ],
    ]);
    const { login: _, ...docker } = host({ runtime: 'compose', place: 'docker', isReachable: false });
    expect(checkPlaces(docker)[0]?.[3]).toBe('Run "docker info" to see why.');
  });

  it.each([
    ['little disk', { disk: { neededBytes: GIB, freeBytes: 1.5 * GIB } }, 'doctor.place-disk'],
    ['little memory', { memory: { neededBytes: 0, freeBytes: 1024 ** 2 } }, 'doctor.place-memory'],
    ['a clock that is ahead', { clockSkewMs: 61_000 }, 'doctor.clock-skew'],
    ['a clock that is behind', { clockSkewMs: -6_000 }, 'doctor.clock-skew'],
  ])('warns of %s', (_, more, code) => {
    expect(checkPlaces(host(more)).map(([found, severity]) => [found, severity])).toEqual([[code, 'warning']]);
  });

  it('says nothing of what cannot be told', () => {
    const { disk: _, memory: _memory, clockSkewMs: _clock, ...bare } = host({});
    expect(checkPlaces(bare)).toEqual([]);
  });

  it('says once that an engine is away, which whatever asked it found out too', () => {
    const away = 'Could not ask the Docker engine at /a: it does not answer.';
    const { login: _, ...docker } = host({ place: 'docker', isReachable: false, evidence: away });
    const finding = { code: 'compose.no-engine', severity: 'error' as const, message: away };
    const found = check({ places: [docker], exclusive: [], findings: [finding] });
    expect(found.map(([code]) => code)).toEqual(['doctor.place-unreachable']);
  });

  it("passes on what the runtimes have found in the operator's files", () => {
    const finding = { code: 'runtime.compose-other', severity: 'warning' as const, message: 'Two projects.' };
    expect(check({ places: [], exclusive: [], findings: [finding] })).toEqual([
      ['runtime.compose-other', 'warning', 'Two projects.', undefined],
    ]);
  });
});
