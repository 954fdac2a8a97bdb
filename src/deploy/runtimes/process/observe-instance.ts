import type { Instance, InstanceSpec, InstanceState } from '../runtime.ts';
import type { InstanceRecord } from './instance-record.ts';

/** What is alive of an instance, as the process table tells. */
export interface Liveness {
  readonly child: 'alive' | 'dead' | 'unknown';
  readonly claim: 'held' | 'free' | 'unknown';
}

/** Puts together what is remembered of an instance and what is alive of it. */
export function observeInstance(spec: InstanceSpec, record: InstanceRecord | undefined, liveness: Liveness): Instance {
  const state = chooseState(spec, record, liveness);
  const { id, service, release, kind, identity, config, run } = spec;
  return {
    ...{ id, service, release, kind, identity, config, run, state },
    restarts: record?.restarts ?? 0,
    ...(record?.address ? { address: record.address } : {}),
    ...(record?.child && liveness.child === 'alive' ? { pid: record.child.pid } : {}),
    ...(record?.startedAt === undefined ? {} : { startedAt: record.startedAt }),
    ...(record?.exit ? { exit: record.exit } : {}),
  };
}

function chooseState({ kind }: InstanceSpec, record: InstanceRecord | undefined, liveness: Liveness): InstanceState {
  if (!record) return 'created';
  if (record.child && liveness.child !== 'dead') return liveness.child === 'alive' ? 'running' : 'unknown';
  if (record.desired === 'stopped' && !record.child) return 'stopped';
  if (liveness.claim === 'unknown') return 'unknown';
  if (liveness.claim === 'free') return 'lost';
  // Its first process has ended, but others of its group may not have: what ends for good has not ended before that is recorded.
  return record.desired === 'stopped' || (kind === 'one-shot' && record.child) ? 'running' : 'waiting';
}
