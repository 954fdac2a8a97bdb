import {
  type Catalog,
  type Condition,
  type ConditionFact,
  type ConditionFacts,
  canonicalJson,
  type Json,
  judgeAll,
  judgeAny,
  type LeafCondition,
  listRisksByVersion,
  stopKey,
  versionsBetween,
} from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';
import { createEyes, type Eyes } from './eyes.ts';
import { lookAtDataMigration } from './look-at-data-migration.ts';
import { lookAtFact } from './look-at-fact.ts';
import { lookAtQuery } from './look-at-query.ts';

export interface ConditionsRequest {
  readonly catalog: Catalog;
  /** What runs; left out before the first install. */
  readonly from?: string;
  readonly to: string;
}

/**
 * Looks whether the stops and the risks of every release between two apply here. Changes nothing, asks nobody but the deployment's own
 * databases, and never throws: what cannot be told is unknown.
 */
export async function observeConditions(
  system: System,
  installation: Installation,
  { catalog, from, to }: ConditionsRequest,
): Promise<ConditionFacts> {
  const versions = versionsBetween(
    catalog.releases.map(({ version }) => version),
    { ...(from === undefined ? {} : { after: from }), upTo: to },
  );
  const stops = new Map<string, readonly Condition[]>();
  for (const { version, stops: declared } of catalog.releases) {
    if (from === undefined || !versions.includes(version)) continue;
    for (const { id, when } of declared) if (when) stops.set(stopKey(version, id), when);
  }
  const risks = new Map<string, readonly Condition[]>();
  for (const { id, when } of [...listRisksByVersion(catalog.risks ?? [], versions).values()].flat())
    if (when) risks.set(id, when);
  const eyes = createEyes(system, installation);
  const look = createLook(eyes);
  try {
    return { stops: await judgeEach(stops, look), risks: await judgeEach(risks, look) };
  } finally {
    eyes.close();
  }
}

type Look = (condition: LeafCondition) => Promise<ConditionFact>;

/** Equal conditions are looked at once, so that two stops cannot find two worlds. */
function createLook(eyes: Eyes): Look {
  const seen = new Map<string, Promise<ConditionFact>>();
  return (condition) => {
    const key = canonicalJson(condition as unknown as Json);
    const found = seen.get(key) ?? lookAt(eyes, condition);
    seen.set(key, found);
    return found;
  };
}

async function judgeEach(
  subjects: ReadonlyMap<string, readonly Condition[]>,
  look: Look,
): Promise<ReadonlyMap<string, ConditionFact>> {
  const judged = new Map<string, ConditionFact>();
  for (const [key, when] of subjects) {
    const facts: ConditionFact[] = [];
    for (const condition of when) facts.push(await lookAtAll(condition, look));
    judged.set(key, judgeAny(facts));
  }
  return judged;
}

async function lookAtAll(condition: Condition, look: Look): Promise<ConditionFact> {
  if (condition.kind !== 'all') return look(condition);
  const facts: ConditionFact[] = [];
  for (const each of condition.of) facts.push(await look(each));
  return judgeAll(facts);
}

async function lookAt(eyes: Eyes, condition: LeafCondition): Promise<ConditionFact> {
  try {
    switch (condition.kind) {
      case 'always':
        return { state: 'applies', evidence: 'it always applies' };
      case 'sql':
        return await lookAtQuery(eyes, condition);
      case 'fact':
        return await lookAtFact(eyes, condition);
      case 'dataMigration':
        return await lookAtDataMigration(eyes, condition.id);
    }
  } catch (error) {
    return { state: 'unknown', evidence: error instanceof Error ? error.message : String(error) };
  }
}
