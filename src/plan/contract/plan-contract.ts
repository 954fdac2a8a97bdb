import { createHash } from 'node:crypto';
import {
  type Acceptance,
  type ContractDatabaseFact,
  type ContractFacts,
  type ContractPlan,
  canonicalJson,
  type Gate,
  isPassable,
  type Json,
} from '../../model/index.ts';
import { applyAcceptances } from '../acceptances.ts';
import { leaseGate, ledgerGate, reachableGate, unfinishedGate } from '../gates.ts';
import { backupGate } from './backup-gate.ts';
import { dataGates } from './data-gates.ts';
import { dependenciesGate } from './dependencies-gate.ts';
import { instancesGate } from './instances-gate.ts';
import { queriesGate } from './queries-gate.ts';
import { sessionsGate } from './sessions-gate.ts';
import { windowGate } from './window-gate.ts';

/**
 * What a contract run removes, and whether it may: every gate with its evidence. Pure. An acceptance stands for a gate that names its risk and
 * is not open; what could not be seen is never open.
 */
export function planContract(facts: ContractFacts, acceptances: readonly Acceptance[] = []): ContractPlan {
  const gates = applyAcceptances(buildContractGates(facts), acceptances, facts.now);
  const databases = facts.databases.map(({ name, pending = [], removal }) => ({
    name,
    migrations: pending.map(({ fingerprint: _, late: __, ...file }) => file),
    removes: removal?.kind === 'seen' ? removal.value.objects : [],
  }));
  const plan = {
    schema: 'onward/contract-plan/v1' as const,
    deployment: facts.deployment,
    product: facts.product,
    release: facts.current,
    upTo: facts.upTo,
    databases: databases.filter(({ migrations }) => migrations.length > 0),
    gates,
    nextCommand: chooseNext(facts, gates),
  };
  const decided = {
    ...plan,
    nextCommand: '',
    databases: plan.databases.map(({ name, migrations }) => ({ name, migrations })),
    gates: gates.map((gate) => ({ id: gate.id, isPassable: isPassable(gate) })),
  };
  const digest = createHash('sha256')
    .update(canonicalJson(decided as unknown as Json))
    .digest('hex');
  return { ...plan, digest: `sha256:${digest}` };
}

function buildContractGates(facts: ContractFacts): readonly Gate[] {
  const common = [leaseGate(facts), unfinishedGate(facts), ...facts.databases.flatMap(seenGates)];
  const concerned = facts.databases.filter(({ pending }) => pending === undefined || pending.length > 0);
  // There is nothing that anybody could still need.
  if (concerned.length === 0) return common;
  return [
    ...common,
    instancesGate(facts),
    ...dataGates(facts),
    windowGate(facts),
    ...concerned.flatMap((database) => [
      sessionsGate(facts, database),
      queriesGate(database, facts),
      dependenciesGate(database),
      backupGate(database),
    ]),
  ];
}

function seenGates(database: ContractDatabaseFact): readonly Gate[] {
  const reachable = reachableGate(database);
  if (!database.isReachable) return [reachable];
  const isRead = database.pending !== undefined;
  // Without the list of what is pending, nobody knows what would be removed.
  return [reachable, ledgerGate(isRead ? database : { name: database.name })];
}

function chooseNext({ databases, upTo, current }: ContractFacts, gates: readonly Gate[]): string {
  const shut = gates.find((gate) => !isPassable(gate));
  if (shut) return shut.command ?? 'onward doctor';
  if (databases.every(({ pending }) => pending?.length === 0)) return 'onward status';
  return upTo === current ? 'onward contract' : `onward contract --version ${upTo}`;
}
