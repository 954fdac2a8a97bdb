import { type ContractDataFact, type ContractFacts, formatCount, type Gate } from '../../model/index.ts';
import { contractGate } from './contract-gate.ts';

/** Every row has been moved: completed, and counted again now. Nobody may accept that rows are lost. */
export function dataGates({ dataMigrations }: ContractFacts): readonly Gate[] {
  if (dataMigrations.kind === 'seen') return dataMigrations.value.map(dataGate);
  const place = { id: 'data', title: 'Every data migration is complete' };
  return [contractGate(place, 'unknown', { evidence: dataMigrations.evidence, command: 'onward data-migrate list' })];
}

function dataGate({ id, release, state }: ContractDataFact): Gate {
  const place = { id: `data:${id}`, title: `Data migration ${id} of ${release} is complete` };
  const status = `onward data-migrate status ${id}`;
  if (state.kind !== 'seen') return contractGate(place, 'unknown', { evidence: state.evidence, command: status });
  const { remaining } = state.value;
  const counted =
    remaining === undefined ? '' : `, and ${formatCount(remaining, 'row is', 'rows are')} in the old shape now`;
  const evidence = `it is ${state.value.status}${counted}`;
  if (state.value.status !== 'completed' || (remaining !== undefined && remaining !== 0))
    return contractGate(place, 'closed', { evidence, command: `onward data-migrate run ${id}` });
  if (remaining === undefined) return contractGate(place, 'unknown', { evidence, command: status });
  return contractGate(place, 'open', { evidence });
}
