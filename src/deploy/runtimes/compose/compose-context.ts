import type { ComposeConfig, Service } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import type { FenceFile } from '../../fence-file.ts';
import type { PullLimits } from '../pull.ts';
import type { Engine } from './engine.ts';
import type { Project } from './project-model.ts';

export interface ComposeRuntimeOptions {
  /** Records of instances and commands, and the epoch. */
  readonly stateDirectory: string;
  /** Name of the deployment. */
  readonly deployment: string;
  readonly compose: ComposeConfig;
  /** Those of the deployment that run in Compose. */
  readonly services: readonly Service[];
  readonly pullLimits?: PullLimits;
}

/** What everything in this folder works with. */
export interface ComposeContext extends ComposeRuntimeOptions {
  readonly system: System;
  readonly fence: FenceFile;
  readonly engine: Engine;
  /** The operator's own files as Compose reads them, without the override; read once. */
  project(): Promise<Project>;
  /** One after the other: two calls of Compose for one project get into each other's way. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Ids of the instances that are being created. */
  readonly wanted: Set<string>;
}

/** The service of onward.yaml that has this name, and its name in compose.yaml. */
export function findService(
  context: ComposeContext,
  name: string,
): { readonly service: Service; readonly own: string } {
  const service = context.services.find((candidate) => candidate.name === name);
  if (service?.runtime.kind !== 'compose') throw new Error(`Service ${name} does not run in Compose`);
  return { service, own: service.runtime.service };
}
