import { basename, dirname, join } from 'node:path';
import { renderHaproxyBackend } from '../../deploy/index.ts';
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
  for (const path of [envFile, ...made]) {
    const isHalf = (name: string) => name.startsWith(`${basename(path)}.`) && /\.[0-9a-f]{12}\.tmp$/.test(name);
    for (const name of (await files.names(dirname(path))).filter(isHalf)) await files.remove(join(dirname(path), name));
  }
}

/**
 * Writes whom HAProxy sends a service's requests to when it starts: these instances, by their addresses. Gives the names of the servers, and
 * whether the file said something else before.
 */
export async function writeBackend(
  system: System,
  installation: Installation,
  moved: MovedService & { readonly addresses: readonly string[] },
): Promise<{ readonly servers: readonly string[]; readonly isChanged: boolean }> {
  const { deployment } = installation;
  const config = deployment.services.find(({ name }) => name === moved.name)?.switch;
  if (config?.kind !== 'haproxy') return { servers: [], isChanged: false };
  const instances = await installation.runtimeOf(moved.name).list(moved.name);
  const targets = instances.flatMap(({ id, address }) =>
    address && moved.addresses.includes(address.host) ? [{ id, address, weight: 1, state: 'active' as const }] : [],
  );
  const { backend, mode } = moved;
  await system.files.makeFolder(dirname(config.file), 0o700);
  const text = renderHaproxyBackend({ backend, mode, targets, isHeld: false });
  const isChanged = (await system.files.readTextIfPresent(config.file)) !== text;
  if (isChanged) await system.files.writeAtomic(config.file, text);
  return { servers: targets.map(({ id }) => `${backend}/${id}`), isChanged };
}
