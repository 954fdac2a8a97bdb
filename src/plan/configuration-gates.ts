import { describeFinding, type Facts, type Gate } from '../model/index.ts';
import type { PlanRequest } from './plan-request.ts';

/** Every configuration file has what the whole path needs of it, and can be edited: known before the first change, because it takes a person. */
export function buildConfigurationGates(facts: Facts, request: PlanRequest): readonly Gate[] {
  const target = request.hops.at(-1)?.to ?? facts.current?.release;
  const command = `onward config check${target === undefined ? '' : ` --version ${target}`}`;
  return facts.configuration.map(({ name, path, problems }) => {
    const gate = { id: `configuration:${name}`, title: `Configuration file ${name} has what the release needs` };
    if (problems.length === 0) return { ...gate, state: 'open', evidence: `${path} has every key that is needed` };
    const evidence = problems.map(describeFinding).join('; ');
    return { ...gate, state: 'closed', evidence, command };
  });
}
