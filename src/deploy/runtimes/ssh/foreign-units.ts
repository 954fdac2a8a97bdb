import type { Component } from '../../../model/index.ts';
import { stageArtifact } from '../../stage-artifact.ts';
import { specConflict } from '../errors.ts';
import type { ForeignInstance, StageRequest, TakeOver } from '../runtime.ts';
import { fencedScript } from './change-instances.ts';
import { unitChanged } from './errors.ts';
import { splitCommand } from './exec-line.ts';
import { encodeTakenSpec, NO_DIGEST } from './instance-spec.ts';
import { choosePort, judgeForeign } from './judge-foreign.ts';
import { addressOf } from './list-instances.ts';
import { renderManifest } from './pack-artifact.ts';
import { type ForeignUnit, parseForeign } from './parse-foreign.ts';
import { ScriptExit } from './script.ts';
import { OBSERVE_FOREIGN } from './scripts/observe-foreign.ts';
import { TAKE_OVER } from './scripts/take-over.ts';
import { baseVariables, configOf, loginOf, type SshContext } from './ssh-context.ts';
import { referenceOf } from './stage-images.ts';

/** Every file of an artifact is read there. */
const COMPARE_LIMIT_MS = 300_000;

/** What a unit is compared with: an image, or the files of a folder, one path a line. */
interface Shipped {
  readonly IMAGE: string;
  readonly PROGRAMS: string;
  readonly MANIFEST: string;
  readonly PATHS: string;
  readonly LINKS: string;
}

/**
 * The units of a service that run on its hosts without Onward having started them, each compared with what a release ships. Changes nothing on the
 * hosts. Throws `ssh.*` when one of them cannot be asked, and what `stageArtifact` throws.
 */
export async function observeForeign(context: SshContext, request: StageRequest): Promise<readonly ForeignInstance[]> {
  const { hosts } = configOf(context, request.service);
  const shipped = await describeShipped(context, request);
  return (await Promise.all(hosts.map((host) => observeOnHost(context, { ...request, host, shipped })))).flat();
}

async function observeOnHost(
  context: SshContext,
  request: StageRequest & { readonly host: string; readonly shipped: Shipped },
): Promise<readonly ForeignInstance[]> {
  const { host, service, component, shipped } = request;
  const { unit, ports } = configOf(context, service);
  const variables = { ...baseVariables(context), UNIT: unit, ...shipped };
  const script = { action: `look at what runs of ${service}`, variables, text: OBSERVE_FOREIGN };
  const { stdout } = await context.connections.run(host, script, { limitMs: COMPARE_LIMIT_MS, patience: 'none' });
  const address = await addressOf(context, host);
  const { provenAt, units } = parseForeign(stdout);
  return units.map((found) => {
    const port = choosePort(found, ports);
    const differences = [...judgeForeign(found, component, shipped.PROGRAMS), ...describePort(found, { ports, port })];
    return {
      instance: {
        id: nameInstance(host, found.unit),
        service,
        release: '',
        kind: 'service',
        identity: differences.length === 0 ? component.identity : NO_DIGEST,
        config: NO_DIGEST,
        run: '',
        state: found.state === 'active' ? 'running' : 'waiting',
        host,
        place: `${host}: ${found.unit}`,
        log: `${loginOf(context, host)} journalctl --unit ${found.unit}`,
        restarts: 0,
        ...(port === undefined ? {} : { address: { host: address, port } }),
      },
      differences,
      extras: found.extras.map((path) => path.replace(/^\.\//, '')),
      evidence: {
        unit: found.unit,
        artifact: locate(found, component),
        provenAt,
        container: found.container ?? '',
        image: found.image ?? '',
      },
    };
  });
}

function locate({ root = '' }: ForeignUnit, component: Component): string {
  return component.kind === 'image' ? referenceOf(component) : root;
}

/** Its name for Onward: the one that it has on its host. */
function nameInstance(host: string, unit: string): string {
  const name = `${host}-${unit.replace(/\.service$/, '')}`.toLowerCase();
  return name.replace(/[^a-z0-9.]+/g, '-').replace(/^[^a-z0-9]+/, '');
}

function describePort(
  found: ForeignUnit,
  { ports, port }: { readonly ports: readonly number[]; readonly port: number | undefined },
): readonly string[] {
  if (ports.length === 0 || port !== undefined) return [];
  if (found.ports.length === 0) return ['it listens on no port'];
  return [`it listens on ${found.ports.join(', ')}, and which of them is for its requests cannot be told`];
}

async function describeShipped(context: SshContext, request: StageRequest): Promise<Shipped> {
  const { folder, entries, ...listed } = await listShipped(context, request);
  const MANIFEST = folder === undefined ? '' : (await renderManifest(context.system, folder, entries)).trimEnd();
  return { ...listed, MANIFEST };
}

interface Listed extends Omit<Shipped, 'MANIFEST'> {
  /** Where its files stand on this machine; `undefined` of an image. */
  readonly folder?: string;
  readonly entries: Awaited<ReturnType<SshContext['system']['files']['tree']>>;
}

/** All of it but the checksums. */
async function listShipped(context: SshContext, request: StageRequest): Promise<Listed> {
  const { system, stateDirectory } = context;
  const { component, from, service } = request;
  if (component.kind === 'image')
    return { IMAGE: referenceOf(component), PROGRAMS: '', PATHS: '', LINKS: '', entries: [] };
  const folder = await stageArtifact(system, { component, from, stateDirectory });
  const entries = await system.files.tree(folder);
  const files = entries.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  const links = entries.filter(({ kind }) => kind === 'link');
  const targets = await Promise.all(
    links.map(async ({ path }) => `./${path} -> ${await system.files.linkTarget(`${folder}/${path}`)}`),
  );
  const { program, args } = splitCommand({ id: service, artifact: folder, command: component.command });
  const named = [program, ...args].map((word) => word.replace(`${folder}/`, '').replace(/^\.\//, ''));
  return {
    IMAGE: '',
    PROGRAMS: named.filter((word) => files.includes(word)).join('\n'),
    PATHS: files.map((path) => `./${path}`).join('\n'),
    LINKS: targets.join('\n'),
    ...{ folder, entries },
  };
}

/**
 * Has every unit that was compared be an instance from now on: on record on its host, under an epoch. The unit goes on as it is. Throws
 * `ssh.unit-changed` for one that does not run any more.
 */
export async function takeOver(context: SshContext, { request, found, epoch }: TakeOver): Promise<void> {
  const { instance, evidence } = found;
  const { id, service, identity, address, host = '' } = instance;
  const { unit } = configOf(context, service);
  const graceMs = context.services.find(({ name }) => name === service)?.graceMs ?? 0;
  const { PROGRAMS, PATHS } = await listShipped(context, request);
  const script = fencedScript(context, `take over ${evidence.unit}`, {
    epoch,
    text: TAKE_OVER,
    variables: {
      ...{ ID: id, SERVICE: service, UNIT: unit, TAKEN: evidence.unit, ARTIFACT: evidence.artifact },
      SPEC: encodeTakenSpec({ id, service, identity, artifact: evidence.artifact, unit: evidence.unit, graceMs }),
      ...{ PROGRAMS, PATHS, PROVEN_AT: evidence.provenAt, GRACE_MS: graceMs },
      ...{ CONTAINER: evidence.container, IMAGE_ID: evidence.image, PORT: address?.port ?? '' },
    },
  });
  const { exitCode } = await context.connections.run(host, script, {
    expected: [ScriptExit.otherSpec, ScriptExit.noInstance],
  });
  if (exitCode === ScriptExit.otherSpec) throw specConflict(id);
  if (exitCode === ScriptExit.noInstance) throw unitChanged(host, evidence.unit);
  context.places.set(id, { host, service });
}
