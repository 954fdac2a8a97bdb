import { dirname, join } from 'node:path';
import { renderHaproxyBackend, targetsOf } from '../../deploy/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import { readComposeFiles, writeComposeFiles } from './compose-file-variable.ts';
import type { PreparedTraffic } from './prepare-traffic.ts';
import { type TrafficRecord, writeRecord } from './record.ts';
import { renderSwitch, renderSwitchCompose } from './render-compose.ts';
import type { MovedService } from './traffic-plan.ts';

/**
 * Writes the switch's folder, its Compose file, an empty override where there is none, and COMPOSE_FILE into the env file. What was before is
 * recorded first. Nothing runs otherwise for it.
 */
export async function writeTrafficFiles(
  system: System,
  { plan, layout, record }: PreparedTraffic,
): Promise<TrafficRecord> {
  const { files } = system;
  const before = layout.envText;
  const after = writeComposeFiles(before ?? '', layout.files);
  const next: TrafficRecord = record ?? {
    version: 1,
    envFile: layout.envFile,
    before: before ?? null,
    after,
    made: [layout.folder, layout.compose, ...(layout.hasOverride ? [] : [layout.override])],
    folder: layout.project,
    ports: Object.fromEntries(
      plan.services.map(({ name, host, otherPorts }) => [
        name,
        { ...(host ? { host } : {}), otherPorts: [...otherPorts] },
      ]),
    ),
    isDone: false,
  };
  await writeRecord(system, layout.record, next);
  await files.makeFolder(layout.folder, 0o700);
  await files.makeFolder(join(layout.folder, 'run'), 0o700);
  await files.makeFolder(join(layout.folder, 'backends'), 0o700);
  await files.writeAtomic(layout.configuration, renderSwitch(plan).config);
  await files.writeAtomic(layout.compose, renderSwitchCompose(plan), 0o644);
  if (!(await files.exists(layout.override))) await files.createOnce(layout.override, 'services: {}\n');
  const isListed = readComposeFiles(before ?? '')?.join(':') === layout.files.join(':');
  if (before === undefined) await files.writeAtomic(layout.envFile, after);
  else if (!isListed) await files.replace(layout.envFile, Buffer.from(after));
  return next;
}

/** What an attempt that was killed while it wrote has left beside the operator's files: a part of a file, under the name of nobody's file. */
export async function removeHalves({ files }: System, { envFile, made }: TrafficRecord): Promise<void> {
  for (const path of [envFile, ...made]) await files.removeHalves(path);
}

/** The backend of a service for the switch's next start. */
export interface Backend {
  readonly file: string;
  /** By addresses: it starts in no network, and knows nobody's name. */
  readonly atOnce: string;
  /** By names: what starts it again is the engine, which may give everybody another address. */
  readonly later: string;
  /** Of its servers, as the runtime API says them. */
  readonly servers: readonly string[];
}

/** Which requests HAProxy is to send to these instances of a service, told by their addresses. */
export async function renderBackend(
  installation: Installation,
  { name, backend, mode, addresses }: MovedService & { readonly addresses: readonly string[] },
): Promise<Backend | undefined> {
  const config = installation.deployment.services.find((service) => service.name === name)?.switch;
  if (config?.kind !== 'haproxy') return undefined;
  const instances = await installation.runtimeOf(name).list(name);
  const found = instances.filter(({ address }) => address && addresses.includes(address.host));
  const targets = targetsOf(found, 'active');
  const names = new Map(targets.flatMap((target) => (target.name === undefined ? [] : [[target.id, target.name]])));
  const render = (more = {}) => renderHaproxyBackend({ backend, mode, targets, isHeld: false, ...more });
  return {
    file: config.file,
    ...{ atOnce: render(), later: render({ names }) },
    servers: targets.map(({ id }) => `${backend}/${id}`),
  };
}

/** Whether a switch that runs has been started with these backends, or finds them by their names. */
export async function isWritten({ files }: System, backends: readonly Backend[]): Promise<boolean> {
  for (const { file, atOnce, later } of backends) {
    const text = await files.readTextIfPresent(file);
    if (text !== atOnce && text !== later) return false;
  }
  return true;
}

export async function writeBackends(
  { files }: System,
  backends: readonly Backend[],
  start: 'atOnce' | 'later',
): Promise<void> {
  for (const backend of backends) {
    await files.makeFolder(dirname(backend.file), 0o700);
    await files.writeAtomic(backend.file, backend[start]);
  }
}
