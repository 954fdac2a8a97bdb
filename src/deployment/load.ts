import { dirname, join, resolve } from 'node:path';
import {
  type BackupHook,
  type ContractConfig,
  type Database,
  type Deployment,
  describeFinding,
  ExitCode,
  type Finding,
  OnwardError,
  type RuntimeKind,
} from '../model/index.ts';
import { createPathLocator, loadDocument, type System } from '../system/index.ts';
import { buildCheck } from './build-check.ts';
import { buildPacing } from './build-pacing.ts';
import { buildCompose, buildHosts } from './build-places.ts';
import { buildService } from './build-service.ts';
import { checkReferences } from './check-references.ts';
import { milliseconds } from './durations.ts';
import { deploymentSchema, type RawDeployment } from './schema.ts';
import { parseSecret } from './secrets.ts';

export const DEPLOYMENT_FILE = 'onward.yaml';
const STATE_DIRECTORY = '.onward';

/** Longest wait that a schema change may cause to the application (promise P6). */
const LOCK_BUDGET_MS = 50;
const LOCK_WAIT_MS = 120_000;
const LEASE_TTL_MS = 30_000;
const BACKUP_TIMEOUT_MS = 21_600_000;

/** Reads `onward.yaml` (`path` may be the file or its folder). Every problem of the file is reported at once, and nothing has changed. */
export async function loadDeployment(system: System, path: string): Promise<Deployment> {
  const file = (await system.files.isFolder(path)) ? join(resolve(path), DEPLOYMENT_FILE) : resolve(path);
  const raw = await loadDocument(system.files, file, DEPLOYMENT_FILE, deploymentSchema);
  const locate = await createPathLocator({
    kind: DEPLOYMENT_FILE,
    path: file,
    text: await system.files.readText(file),
  });
  const findings = checkReferences(raw, locate);
  if (findings.length > 0) throw unusable(file, findings);
  return buildDeployment(raw, file);
}

function buildDeployment(raw: RawDeployment, file: string): Deployment {
  const folder = dirname(file);
  const databases = Object.entries(raw.databases).map(([name, database]) => buildDatabase(name, database, folder));
  return {
    name: raw.deployment,
    file,
    stateDirectory: join(folder, STATE_DIRECTORY),
    releases: { source: resolveSource(raw.releases.source, folder), channel: raw.releases.channel ?? 'stable' },
    databases,
    ...(raw.scratch ? { scratch: buildDatabase('scratch', raw.scratch, folder) } : {}),
    control: raw.control ?? databases[0]?.name ?? '',
    services: Object.entries(raw.services).map(([name, service]) => buildService(name, service, folder)),
    ...(runsOn(raw, 'compose') ? { compose: buildCompose(raw.compose ?? {}, folder) } : {}),
    ...(runsOn(raw, 'ssh') ? { hosts: buildHosts(raw.ssh ?? {}, folder) } : {}),
    configuration: Object.entries(raw.configuration ?? {}).map(([name, { file, secret = false, ...rest }]) => ({
      name,
      path: resolve(folder, file),
      secret,
      ...rest,
    })),
    checks: (raw.checks ?? []).map((check) => buildCheck(check, folder)),
    lockBudgetMs: milliseconds(raw.locks?.budget, LOCK_BUDGET_MS),
    lockWaitMs: milliseconds(raw.locks?.wait, LOCK_WAIT_MS),
    leaseTtlMs: milliseconds(raw.lease?.ttl, LEASE_TTL_MS),
    ...(raw.contract ? { contract: buildContract(raw.contract) } : {}),
    ...(raw.backup ? { backup: buildBackup(raw.backup) } : {}),
    pacing: buildPacing(raw.pacing),
  };
}

function runsOn(raw: RawDeployment, kind: RuntimeKind): boolean {
  return Object.values(raw.services).some(({ runtime }) => runtime === kind);
}

function buildContract({ clients, quarantine, roles }: NonNullable<RawDeployment['contract']>): ContractConfig {
  return {
    clients: clients ?? [],
    ...(quarantine === undefined ? {} : { quarantineMs: milliseconds(quarantine, 0) }),
    ...(roles === undefined ? {} : { roles }),
  };
}

function buildBackup({ command, verify, timeout }: NonNullable<RawDeployment['backup']>): BackupHook {
  return { command, verify, timeoutMs: milliseconds(timeout, BACKUP_TIMEOUT_MS) };
}

function buildDatabase(name: string, raw: RawDeployment['databases'][string], folder: string): Database {
  const { url, passwordFile } = raw;
  const password = passwordFile === undefined ? undefined : resolve(folder, passwordFile);
  return {
    name,
    url: parseSecret(url, folder),
    ...(password === undefined ? {} : { password: { from: 'file', path: password } }),
  };
}

function resolveSource(source: string, folder: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(source) ? source : resolve(folder, source);
}

function unusable(file: string, findings: readonly Finding[]): OnwardError {
  return new OnwardError({
    code: 'deployment.inconsistent',
    message: `Could not use ${DEPLOYMENT_FILE} ${file}: ${findings.length === 1 ? 'it has a problem' : `it has ${findings.length} problems`}.`,
    hint: `Mend ${file}, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
    findings,
    detail: findings.map(describeFinding).join('\n'),
  });
}
