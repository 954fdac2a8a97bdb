import {
  type Catalog,
  type Condition,
  compareVersions,
  type Finding,
  isBelowRange,
  type KnownRisk,
  type LeafCondition,
  listRisksByVersion,
  listRisksOf,
  type Risk,
  type Stop,
} from '../model/index.ts';
import { refuseQuery } from '../sql/index.ts';
import { loadSqlParser } from '../system/index.ts';

/** What conditions may name. */
export interface Nameable {
  readonly databases: readonly string[];
  readonly services: readonly string[];
  /** Ids of every data migration up to the release; asked for only when a condition names one. */
  readonly dataMigrations: () => Promise<readonly string[]>;
}

/** Conditions that could never be evaluated: an unknown name, or SQL that is not one SELECT. They would always be unknown, and so count. */
export async function checkConditions(
  declared: { readonly stops: readonly Stop[]; readonly risks: readonly Risk[] },
  known: Nameable,
): Promise<readonly Finding[]> {
  const owners = [
    ...declared.stops.map(({ id, when }) => ({ owner: `stop "${id}"`, when })),
    ...declared.risks.map(({ id, when }) => ({ owner: `risk "${id}"`, when })),
  ];
  const findings: Finding[] = [];
  for (const { owner, when = [] } of owners) {
    for (const condition of when.flatMap(listLeaves)) {
      const problem = await findProblem(condition, known);
      if (problem) findings.push({ severity: 'error', ...problem, message: `${owner} ${problem.message}` });
    }
  }
  return findings;
}

function listLeaves(condition: Condition): readonly LeafCondition[] {
  return condition.kind === 'all' ? condition.of : [condition];
}

async function findProblem(
  condition: LeafCondition,
  known: Nameable,
): Promise<Pick<Finding, 'code' | 'message' | 'hint'> | undefined> {
  if ('database' in condition && !known.databases.includes(condition.database)) {
    const message = `asks database ${condition.database}, which product.yaml does not have`;
    const hint = `Name one of ${known.databases.join(', ')}, or add it to product.yaml.`;
    return { code: 'release.unknown-database', message, hint };
  }
  if ('service' in condition && !known.services.includes(condition.service)) {
    const message = `asks for service ${condition.service}, which product.yaml does not have`;
    return { code: 'release.unknown-service', message, hint: `Name one of ${known.services.join(', ')}.` };
  }
  if (condition.kind === 'dataMigration') {
    const ids = await known.dataMigrations();
    if (ids.includes(condition.id)) return undefined;
    const message = `asks for data migration ${condition.id}, which no release declares`;
    return {
      code: 'release.unknown-data-migration',
      message,
      hint: 'Name one that this release or an earlier one declares.',
    };
  }
  if (condition.kind !== 'sql') return undefined;
  const why = refuseQuery(await loadSqlParser(), condition.query);
  if (why === undefined) return undefined;
  const hint = 'Write one SELECT that gives one row with one column.';
  return { code: 'release.wrong-query', message: `has a query that cannot be used: ${why}`, hint };
}

/** What speaks against the risks that a release declares, and which known ones it carries on. */
export function checkRisks(
  { risks }: { readonly risks: readonly Risk[] },
  { version, catalog }: { readonly version: string; readonly catalog: Catalog },
): readonly Finding[] {
  const others = (catalog.risks ?? []).filter(({ declaredBy }) => declaredBy !== version);
  const taken = risks.filter(({ id }) => others.some((other) => other.id === id));
  return [
    ...taken.map<Finding>(({ id }) => ({
      code: 'release.risk-taken',
      severity: 'error',
      message: `risk "${id}" is known already, and ${version} has it as long as no release fixes it`,
      hint: `Remove it from ${version}.yaml; or give it another id, if it is another risk.`,
    })),
    ...risks
      .filter(({ fixedIn }) => fixedIn !== undefined && compareVersions(fixedIn, version) <= 0)
      .map<Finding>(({ id, fixedIn }) => ({
        code: 'release.risk-fixed-before',
        severity: 'error',
        message: `risk "${id}" of ${version} is said to be fixed in ${fixedIn}, which is not newer`,
        hint: `Name the later release that fixes it, or leave \`fixedIn\` out.`,
      })),
    ...listRisksOf(others, version)
      .filter(({ id }) => !taken.some((risk) => risk.id === id))
      .map<Finding>(({ id }) => ({
        code: 'release.carries-risk',
        severity: 'info',
        message: `${version} has risk "${id}" too: nothing says that it is fixed`,
        hint: `Run \`onward release risk fix ${id} --in ${version}\` if it is.`,
      })),
  ];
}

/** What speaks against a risk that becomes known later. */
export function checkKnownRisk(risk: KnownRisk, catalog: Catalog): readonly Finding[] {
  const { id, affects, fixedIn } = risk;
  const findings: Finding[] = [];
  if (catalog.risks?.some((other) => other.id === id)) {
    findings.push({
      code: 'release.risk-taken',
      severity: 'error',
      message: `risk "${id}" is known already`,
      hint: `Run \`onward release risk remove ${id}\` first, or give it another id.`,
    });
  }
  if (fixedIn !== undefined && isBelowRange(fixedIn, affects)) {
    findings.push({
      code: 'release.risk-fixed-before',
      severity: 'error',
      message: `risk "${id}" is said to be fixed in ${fixedIn}, and all of ${affects} is newer`,
      hint: 'Name the later release that fixes it, or leave `fixedIn` out.',
    });
  }
  const versions = catalog.releases.map(({ version }) => version);
  if (findings.length === 0 && listRisksByVersion([risk], versions).size === 0) {
    findings.push({
      code: 'release.risk-affects-nothing',
      severity: 'warning',
      message: `no published release has risk "${id}" (${affects}${fixedIn === undefined ? '' : `, fixed in ${fixedIn}`})`,
      hint: 'Run `onward release list` to see what exists.',
    });
  }
  return findings;
}
