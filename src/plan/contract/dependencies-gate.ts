import { type ContractDatabaseFact, formatCount, type Gate } from '../../model/index.ts';
import { contractGate, listFirst } from './contract-gate.ts';

/** Nothing in the database itself needs what goes, and nothing goes that no file names. */
export function dependenciesGate({ name, removal }: ContractDatabaseFact): Gate {
  const place = { id: `dependencies:${name}`, title: `Nothing else in ${name} needs what goes` };
  const command = 'onward contract --dry-run';
  if (removal === undefined) return contractGate(place, 'unknown', { evidence: 'nobody looked', command });
  // What nobody could try out must not be accepted: it may be anything.
  if (removal.kind !== 'seen')
    return contractGate(place, removal.kind === 'refused' ? 'closed' : 'unknown', {
      evidence: removal.evidence,
      command,
    });
  const { unnamed, broken, mentions, objects } = removal.value;
  if (unnamed.length + broken.length > 0)
    return contractGate(place, 'closed', { evidence: listFirst([...broken, ...unnamed]), command });
  if (mentions.length > 0) {
    const evidence = `whether these work without it cannot be told: ${listFirst(mentions)}`;
    return contractGate(place, 'unknown', {
      evidence,
      command,
      risk: `contract-dependencies:${name}`,
      covers: [...mentions].sort(),
    });
  }
  const count = formatCount(objects.length, 'change');
  return contractGate(place, 'open', { evidence: `tried out on a copy of the schema: ${count}, each named by a file` });
}
