import { dirname } from 'node:path';
import {
  type ConfigurationFact,
  type ConfigurationFile,
  type ConfigurationKey,
  type DeclaredConfigurationChange,
  type Deployment,
  type Finding,
  isWithinKey,
  parseConfigurationKey,
} from '../model/index.ts';
import type { System } from '../system/index.ts';
import { checkOverridden } from './check-overridden.ts';
import { chooseParser } from './choose-parser.ts';
import { type FoldedChanges, foldChanges } from './fold-changes.ts';
import { migrateText } from './migrate-text.ts';
import { type OperatorFile, readOperatorFile } from './operator-file.ts';
import { redactSecrets } from './render-configuration.ts';

/** One file of the deployment as it is, and what the changes of releases make of it. */
export interface MigratedFile extends ConfigurationFact {
  readonly file: ConfigurationFile;
  /** `undefined`: it cannot be read. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Where an edit writes; `undefined`: it must not. */
  readonly editPath: string | undefined;
  /** Whether the value of a key is never shown. */
  readonly isSecret: (key: ConfigurationKey) => boolean;
}

export interface LoadedFile extends OperatorFile {
  readonly file: ConfigurationFile;
}

/** The operator's files, in the order of onward.yaml. Each is read once, so that whatever is made of it is made of one text. */
export async function loadConfiguration(system: System, deployment: Deployment): Promise<readonly LoadedFile[]> {
  const folder = dirname(deployment.file);
  return Promise.all(
    deployment.configuration.map(async (file) => ({ file, ...(await readOperatorFile(system, file, folder)) })),
  );
}

export interface MigrationRequest {
  readonly deployment: Deployment;
  readonly changes: readonly DeclaredConfigurationChange[];
  /** Keys whose values are never shown, those of earlier releases included. */
  readonly secrets: readonly { readonly file: string; readonly key: string }[];
}

/** Makes the changes to every file, in memory alone. Secrets are redacted from then on. */
export async function migrateConfiguration(
  system: System,
  loaded: readonly LoadedFile[],
  request: MigrationRequest,
): Promise<readonly MigratedFile[]> {
  const migrated: MigratedFile[] = [];
  for (const each of loaded) {
    const changes = foldChanges(request.changes.filter(({ change }) => change.file === each.file.name));
    migrated.push(await migrateFile(system, each, { ...request, folded: changes }));
  }
  const overridden = await checkOverridden(
    request.deployment.services,
    migrated.flatMap(({ file, after }) => (after === undefined ? [] : [{ file, text: after }])),
  );
  return migrated.map((each) => ({
    ...each,
    remarks: [...each.remarks, ...overridden.filter(({ position }) => position?.file === each.path)],
  }));
}

/** Files that a release needs something of, and that onward.yaml does not map. */
export function findUnmapped(
  { configuration, services }: Deployment,
  changes: readonly DeclaredConfigurationChange[],
): readonly ConfigurationFact[] {
  const names = [...new Set(changes.map(({ change }) => change.file))];
  return names
    .filter((name) => !configuration.some((file) => file.name === name))
    .flatMap((name) => {
      const [need] = foldChanges(changes.filter(({ change }) => change.file === name)).needs;
      if (!need) return [];
      const all = services.map((service) => service.name).join(', ');
      const problem: Finding = {
        code: 'configuration.unmapped-file',
        severity: 'error',
        message: `${need.release} needs ${need.key.join('.')} in it, and onward.yaml maps no file of that name`,
        hint: `Write into onward.yaml: configuration: { ${name}: { file: ./${name}.env, format: env, services: [${all}] } }`,
      };
      return [{ name, problems: [problem], remarks: [], edits: [] }];
    });
}

async function migrateFile(
  system: System,
  { file, text, problems, editPath }: LoadedFile,
  { deployment, folded: changes, secrets }: MigrationRequest & { readonly folded: FoldedChanges },
): Promise<MigratedFile> {
  const named = secrets
    .filter((secret) => secret.file === file.name)
    .map(({ key }) => parseConfigurationKey(key) ?? []);
  const hidden = [...named, ...changes.secrets];
  const isSecret = (key: ConfigurationKey) => file.secret || hidden.some((secret) => isWithinKey(key, secret));
  const { name, path } = file;
  const base = { file, name, path, before: text, editPath, isSecret };
  if (text === undefined) return { ...base, after: undefined, problems, remarks: [], edits: [] };
  await redactSecrets(system, { file, text, isSecret });
  const own = deployment.services.filter((service) => file.services.includes(service.name));
  const { text: after, ...said } = migrateText({
    file,
    text,
    changes,
    parse: await chooseParser(file.format),
    isProvided: ([variable = '', ...inner]) =>
      file.format === 'env' &&
      inner.length === 0 &&
      own.every(({ environment }) => Object.hasOwn(environment, variable)),
  });
  if (after === text || editPath !== undefined) return { ...base, after, ...said };
  const leads: Finding = {
    code: 'configuration.link-leaves',
    severity: 'error',
    message: 'would be edited, and leads out of the folder of onward.yaml',
    position: { file: path },
    hint: 'Make the changes where it leads to, or put a file of the deployment in its place.',
  };
  return { ...base, after, ...said, problems: [...said.problems, leads] };
}
