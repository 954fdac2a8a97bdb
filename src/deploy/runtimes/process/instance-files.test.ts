import { describe, expect, it } from 'vitest';
import { specOf } from '../../../../test/support/instances.ts';
import { decodeRecord, encodeRecord, type InstanceRecord } from './instance-record.ts';
import { decodeSpec, encodeSpec } from './instance-spec.ts';

describe('spec.json', () => {
  const spec = specOf('/state/artifacts/ab', 'api-1.2.0-01jd3k-1');

  it('is read as it was written', () => {
    expect(decodeSpec(encodeSpec(spec))).toEqual(spec);
  });

  it.each([
    ['an id that leaves its folder', { id: '../other' }],
    ['a hidden id', { id: '.api' }],
    ['a service that leaves its folder', { service: 'a/b' }],
    ['an artifact that is not absolute', { artifact: 'artifacts/ab' }],
    ['no command', { command: [] }],
    ['a version in place of an identity', { identity: 'v1.2.0' as never }],
    ['a negative grace period', { graceMs: -1 }],
  ])('is refused with %s', (_title, change) => {
    expect(() => encodeSpec({ ...spec, ...change })).toThrow();
    expect(() => decodeSpec(JSON.stringify({ ...JSON.parse(encodeSpec(spec)), ...change }))).toThrow();
  });

  it('is refused with a key or a version that is not known', () => {
    const written = JSON.parse(encodeSpec(spec));
    expect(() => decodeSpec(JSON.stringify({ ...written, more: 1 }))).toThrow(/more/);
    expect(() => decodeSpec(JSON.stringify({ ...written, schema: 'onward/instance-spec/v2' }))).toThrow();
  });
});

describe('state.json', () => {
  const record: InstanceRecord = {
    ...{ generation: 3, desired: 'running', hasRun: true, restarts: 1, startedAt: '2026-01-02T03:04:05.678Z' },
    child: { pid: 7, startTicks: '99', boot: 'b', namespace: 'pid:[1]' },
    address: { host: '127.0.0.1', port: 4_001 },
    exit: { code: null, signal: 'SIGKILL', at: '2026-01-02T03:04:05.678Z' },
  };

  it('is read as it was written', () => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
    expect(decodeRecord(encodeRecord({ ...record, child: undefined }))).toEqual({ ...record, child: undefined });
  });

  it.each(['', '{', '{}', '{"schema":"onward/instance-state/v1"}'])('is refused as %j', (text) => {
    expect(() => decodeRecord(text)).toThrow();
  });
});
