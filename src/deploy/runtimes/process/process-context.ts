import type { System } from '../../../system/index.ts';
import type { FenceFile } from '../../fence-file.ts';

export interface ProcessRuntimeOptions {
  readonly stateDirectory: string;
  /** Path of the supervisor program, dist/supervisor.js. */
  readonly program: string;
}

/** What the operations on an instance need. */
export interface ProcessContext extends ProcessRuntimeOptions {
  readonly system: System;
  readonly fence: FenceFile;
}
