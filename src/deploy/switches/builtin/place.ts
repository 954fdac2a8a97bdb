import { join } from 'node:path';
import type { Digest } from '../../../model/index.ts';
import {
  type Clock,
  createClock,
  createFiles,
  createHttp,
  createProcesses,
  type Files,
  type Http,
  type Processes,
} from '../../../system/index.ts';
import { createFenceFile, type FenceFile } from '../../fence-file.ts';
import { LIMITS, type Limits } from './limits.ts';
import { createLogFile, type LogFile } from './log-file.ts';
import { createStateFile, type StateFile } from './state.ts';

/** Which program a switch process is. What the program loads carries a digest in its name, so its own digest stands for all of it. */
export interface ProgramIdentity {
  /** Of the Onward that it came with. */
  readonly version: string;
  readonly digest: Digest;
}

/** Where a switch process lives, and what it works with. */
export interface Place {
  /** Of the deployment. */
  readonly stateDirectory: string;
  /** Of the switch: state, sockets, log (0700). */
  readonly directory: string;
  readonly program: ProgramIdentity;
  readonly files: Files;
  readonly processes: Processes;
  readonly http: Http;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: LogFile;
  readonly fence: FenceFile;
  readonly stateFile: StateFile;
}

export function switchDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'switch');
}

export async function openPlace(
  stateDirectory: string,
  program: { readonly version: string; readonly path: string },
): Promise<Place> {
  const files = createFiles();
  const clock = createClock();
  const directory = switchDirectory(stateDirectory);
  await files.makeFolder(directory, 0o700);
  return {
    stateDirectory,
    directory,
    program: { version: program.version, digest: await files.sha256(program.path) },
    files,
    clock,
    processes: createProcesses(),
    http: createHttp(),
    limits: LIMITS,
    log: createLogFile(directory, clock),
    fence: createFenceFile(files, stateDirectory),
    stateFile: createStateFile(files, directory),
  };
}
