import {
  digestRevision,
  findUnmapped,
  type LoadedFile,
  loadConfiguration,
  locateRevision,
  type MigratedFile,
  migrateConfiguration,
  type Revision,
  type RevisionStore,
} from '../../configuration/index.ts';
import {
  type ConfigurationFact,
  compareVersions,
  type DeclaredConfigurationChange,
  declaredConfigurationChanges,
  type Release,
} from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';

/** From which release to which; `none` and `undefined` are before the first one. */
export interface ReleaseRange {
  readonly from: string | undefined;
  readonly to: string;
}

/** What a look at the operator's files says: of the whole range, and what instances of a release are given. */
export interface ObservedConfiguration {
  readonly facts: readonly ConfigurationFact[];
  /** The files as the upgrade to this release leaves them. */
  revisionsOf(version: string): Promise<readonly Revision[]>;
}

export function storeOf({ deployment, configKey }: Installation): RevisionStore {
  return { stateDirectory: deployment.stateDirectory, key: configKey };
}

/** Reads every file once and makes the changes of the path in memory. `releases` hold those of the range, unless it begins before the first. */
export async function observeConfiguration(
  system: System,
  installation: Installation,
  {
    range,
    releases,
    isFrozen,
  }: {
    readonly range: ReleaseRange;
    readonly releases: ReadonlyMap<string, Release>;
    /** The run has revisions of its own: what the files say now stands in nobody's way. */
    readonly isFrozen: boolean;
  },
): Promise<ObservedConfiguration> {
  const { deployment } = installation;
  const all = await listDeclared(installation, { range, releases });
  const secrets = [...releases.values()].flatMap(({ secretKeys = [] }) => secretKeys);
  const loaded = await loadConfiguration(system, deployment);
  const known = new Map<number, Promise<readonly MigratedFile[]>>();
  const migrate = (changes: readonly DeclaredConfigurationChange[]) => {
    const found = known.get(changes.length) ?? migrateConfiguration(system, loaded, { deployment, changes, secrets });
    known.set(changes.length, found);
    return found;
  };
  const observe = async () => [...(await migrate(all)).map(toFact), ...findUnmapped(deployment, all)];
  return {
    facts: (await observe()).map((fact) => (isFrozen ? asRemarks(fact) : fact)),
    async revisionsOf(version) {
      const migrated = await migrate(all.filter(({ release }) => compareVersions(release, version) <= 0));
      return migrated.flatMap((each) => toRevision(installation, each) ?? []);
    },
  };
}

/** The files as they are, with what the changes of a range make of each. */
export async function migrateRange(
  system: System,
  installation: Installation,
  range: ReleaseRange,
): Promise<{
  readonly loaded: readonly LoadedFile[];
  readonly migrated: readonly MigratedFile[];
  readonly unmapped: readonly ConfigurationFact[];
}> {
  const { deployment } = installation;
  const changes = await loadChanges(installation, range);
  const { secretKeys: secrets = [] } = await installation.source.release(range.to);
  const loaded = await loadConfiguration(system, deployment);
  const migrated = await migrateConfiguration(system, loaded, { deployment, changes, secrets });
  return { loaded, migrated, unmapped: findUnmapped(deployment, changes) };
}

export function toRevision(
  installation: Installation,
  { file, after: text }: Pick<MigratedFile, 'file' | 'after'>,
): Revision | undefined {
  if (text === undefined) return undefined;
  const store = storeOf(installation);
  const digest = digestRevision(store, file, text);
  return { file, text, digest, path: locateRevision(store, file, digest) };
}

function asRemarks(fact: ConfigurationFact): ConfigurationFact {
  const problems = fact.problems.map((problem) => ({ ...problem, severity: 'warning' as const }));
  return { ...fact, problems: [], remarks: [...fact.remarks, ...problems] };
}

/** Without the texts: facts hold no value of a file. */
function toFact({ name, path, problems, remarks, edits }: MigratedFile): ConfigurationFact {
  return { name, ...(path === undefined ? {} : { path }), problems, remarks, edits };
}

async function listDeclared(
  installation: Installation,
  { range, releases }: { readonly range: ReleaseRange; readonly releases: ReadonlyMap<string, Release> },
): Promise<readonly DeclaredConfigurationChange[]> {
  if (range.from === undefined) return range.to === '' ? [] : loadChanges(installation, range);
  return declaredConfigurationChanges(releases.values(), { after: range.from, upTo: range.to });
}

async function loadChanges(
  installation: Installation,
  { from, to }: ReleaseRange,
): Promise<readonly DeclaredConfigurationChange[]> {
  const { releases } = await installation.source.catalog();
  const isAfter = (version: string) => from === undefined || from === 'none' || compareVersions(version, from) > 0;
  const wanted = releases.filter(({ version }) => compareVersions(version, to) <= 0 && isAfter(version));
  const loaded = await Promise.all(wanted.map(({ version }) => installation.source.release(version)));
  return declaredConfigurationChanges(loaded, { upTo: to });
}
