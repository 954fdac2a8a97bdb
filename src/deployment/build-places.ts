import { join, resolve } from 'node:path';
import type { ComposeConfig, HostsConfig } from '../model/index.ts';
import { milliseconds } from './durations.ts';
import type { RawCompose, RawSsh } from './place-schema.ts';

const OVERRIDE = 'compose.override.yaml';
const HOST_FOLDER = '/var/lib/onward';
const CONNECT_TIMEOUT_MS = 10_000;

/** The Compose project; paths are relative to the folder of onward.yaml, its files to its own folder. */
export function buildCompose(raw: RawCompose, folder: string): ComposeConfig {
  const own = resolve(folder, raw.folder ?? '.');
  return {
    folder: own,
    files: (raw.files ?? []).map((file) => resolve(own, file)),
    ...(raw.project === undefined ? {} : { project: raw.project }),
    profiles: raw.profiles ?? [],
    envFiles: (raw.envFiles ?? []).map((file) => resolve(own, file)),
    override: raw.override === undefined ? join(own, OVERRIDE) : resolve(own, raw.override),
  };
}

export function buildHosts(raw: RawSsh, folder: string): HostsConfig {
  return {
    ...(raw.config === undefined ? {} : { sshConfig: resolve(folder, raw.config) }),
    folder: raw.folder ?? HOST_FOLDER,
    connectTimeoutMs: milliseconds(raw.connectTimeout, CONNECT_TIMEOUT_MS),
  };
}
