import {
  type Catalog,
  closest,
  compareVersions,
  type Finding,
  highestVersion,
  type KnownRisk,
  listRisksByVersion,
  type Release,
} from '../model/index.ts';
import { loadDocument, type System } from '../system/index.ts';
import { checkConditions, checkKnownRisk, type Nameable } from './check-conditions.ts';
import { riskFileSchema } from './condition-shapes.ts';
import { editCatalog } from './edit-catalog.ts';
import { unknownRisk, unusableRisk, wrongFix } from './errors.ts';
import { openSource } from './source.ts';

/** A risk in the catalog, and the published releases that have it. */
export interface RiskReport {
  readonly risk: KnownRisk;
  readonly versions: readonly string[];
  /** Warnings. */
  readonly findings: readonly Finding[];
}

/**
 * Adds a risk that became known after its releases were published, from a YAML file. Throws `release.wrong-risk` with every reason when it
 * cannot be evaluated, or is known already.
 */
export async function addRisk(
  system: System,
  { source, file }: { readonly source: string; readonly file: string },
): Promise<RiskReport> {
  const risk: KnownRisk = await loadDocument(system.files, file, 'risk file', riskFileSchema);
  const opened = openSource(system, source);
  const before = await opened.catalog();
  const newest = highestVersion(before.releases.map(({ version }) => version));
  const wrong =
    newest === undefined
      ? []
      : await checkConditions({ stops: [], risks: [risk] }, nameableBy(opened, before, await opened.release(newest)));
  let findings: readonly Finding[] = [];
  const catalog = await editCatalog(system, source, (current) => {
    findings = [...wrong, ...checkKnownRisk(risk, current)];
    if (findings.some(({ severity }) => severity === 'error')) throw unusableRisk(risk.id, file, findings);
    return { ...current, risks: [...(current.risks ?? []), risk] };
  });
  return { risk, versions: listCarriers(catalog, risk), findings };
}

function nameableBy(
  source: ReturnType<typeof openSource>,
  catalog: Catalog,
  { databases, components }: Release,
): Nameable {
  return {
    databases: databases.map(({ name }) => name),
    services: components.map(({ service }) => service),
    dataMigrations: async () => {
      const releases = await Promise.all(catalog.releases.map(({ version }) => source.release(version)));
      return releases.flatMap((release) => (release.dataMigrations ?? []).map(({ id }) => id));
    },
  };
}

/** Says which release is the first without a risk. It need not be published yet. */
export async function fixRisk(
  system: System,
  { source, id, version }: { readonly source: string; readonly id: string; readonly version: string },
): Promise<RiskReport> {
  const catalog = await editCatalog(system, source, (before) => {
    const fixed = { ...findRisk(before, id), fixedIn: version };
    const { declaredBy } = fixed;
    const others = { ...before, risks: (before.risks ?? []).filter((risk) => risk.id !== id) };
    const isBefore = declaredBy !== undefined && compareVersions(version, declaredBy) <= 0;
    if (isBefore || checkKnownRisk(fixed, others).some(({ severity }) => severity === 'error')) throw wrongFix(fixed);
    return { ...before, risks: (before.risks ?? []).map((risk) => (risk.id === id ? fixed : risk)) };
  });
  const risk = findRisk(catalog, id);
  return { risk, versions: listCarriers(catalog, risk), findings: [] };
}

/** Takes a risk back that was none. One that was fixed stays, for those who still run what has it. */
export async function removeRisk(
  system: System,
  { source, id }: { readonly source: string; readonly id: string },
): Promise<void> {
  await editCatalog(system, source, ({ risks, ...before }) => {
    findRisk({ ...before, ...(risks ? { risks } : {}) }, id);
    const left = (risks ?? []).filter((risk) => risk.id !== id);
    return { ...before, ...(left.length > 0 ? { risks: left } : {}) };
  });
}

function findRisk(catalog: Catalog, id: string): KnownRisk {
  const risks = catalog.risks ?? [];
  const found = risks.find((risk) => risk.id === id);
  if (found) return found;
  const ids = risks.map((risk) => risk.id);
  throw unknownRisk(id, { known: ids, meant: closest(id, ids) });
}

function listCarriers(catalog: Catalog, risk: KnownRisk): readonly string[] {
  const versions = catalog.releases.map(({ version }) => version);
  return versions.filter((version) => listRisksByVersion([risk], versions).has(version));
}
