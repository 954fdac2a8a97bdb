import { describe, expect, it } from 'vitest';
import type { RuntimeConfig } from '../model/index.ts';
import { buildWaves } from './waves.ts';

const wavesOf = (count: number, more: Partial<Extract<RuntimeConfig, { kind: 'ssh' }>> = {}) => {
  const hosts = Array.from({ length: count }, (_, index) => `h${index + 1}`);
  const runtime = {
    kind: 'ssh',
    hosts,
    unit: 'x.service',
    ports: [],
    atOnce: { hosts: 1 },
    canary: false,
    ...more,
  } as const;
  return buildWaves({ runtime }).map((wave) => wave.join(' '));
};

describe('buildWaves()', () => {
  it('takes one host after the other unless told', () => {
    expect(wavesOf(3)).toEqual(['h1', 'h2', 'h3']);
  });

  it('takes so many at once, in the order of the file', () => {
    expect(wavesOf(5, { atOnce: { hosts: 2 } })).toEqual(['h1 h2', 'h3 h4', 'h5']);
    expect(wavesOf(2, { atOnce: { hosts: 9 } })).toEqual(['h1 h2']);
  });

  it('takes a share of all hosts, rounded down, and at least one', () => {
    expect(wavesOf(5, { atOnce: { share: 0.5 } })).toEqual(['h1 h2', 'h3 h4', 'h5']);
    expect(wavesOf(3, { atOnce: { share: 0.25 } })).toEqual(['h1', 'h2', 'h3']);
    expect(wavesOf(3, { atOnce: { share: 1 } })).toEqual(['h1 h2 h3']);
  });

  it('takes the canary alone, before any other', () => {
    expect(wavesOf(5, { canary: true, atOnce: { hosts: 3 } })).toEqual(['h1', 'h2 h3 h4', 'h5']);
    expect(wavesOf(1, { canary: true })).toEqual(['h1']);
  });

  it('gives none to a service that has no hosts', () => {
    expect(buildWaves({ runtime: { kind: 'process' } })).toEqual([]);
  });
});
