import { ExitCode, type ImageComponent, OnwardError } from '../../model/index.ts';

export function noInstance(id: string): OnwardError {
  return new OnwardError({
    code: 'runtime.no-instance',
    message: `Could not start instance ${id}: there is no such instance.`,
    hint: 'Run "onward status" to see the instances that there are.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function unusableSpec(id: string, why: string): OnwardError {
  return new OnwardError({
    code: 'runtime.unusable-spec',
    message: `Could not create instance ${id}: its specification cannot be used, ${why}.`,
    hint: 'Correct the service in onward.yaml or in the release, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function specConflict(id: string): OnwardError {
  return new OnwardError({
    code: 'runtime.other-spec',
    message: `Could not create instance ${id}: there is one with this id and another specification.`,
    hint: 'Run "onward status" to see the instances that there are.',
    state: 'unchanged',
    exit: ExitCode.needsOperator,
  });
}

export function unreadableInstance(id: string, folder: string, why: string): OnwardError {
  return new OnwardError({
    code: 'runtime.unreadable-instance',
    message: `Could not use instance ${id}: its files in ${folder} cannot be read (${why}).`,
    hint: `Restore ${folder} or, if none of its processes runs, remove it, then run the same command again.`,
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
  });
}

export function outOfReach(id: string): OnwardError {
  return new OnwardError({
    code: 'runtime.out-of-reach',
    message: `Could not change instance ${id}: it was started in another container or pid namespace, and cannot be seen from here.`,
    hint: 'Run the same command where the instance was started.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function commandLeaves(id: string, program: string): OnwardError {
  return new OnwardError({
    code: 'runtime.program-outside',
    message: `Could not start instance ${id}: its program ${program} is outside of the artifact.`,
    hint: 'Name a program of the artifact, "node", or an absolute path as the command in the release.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function missingProgram(id: string, path: string): OnwardError {
  return new OnwardError({
    code: 'runtime.no-program',
    message: `Could not start instance ${id}: there is no ${path}.`,
    hint: 'Stage the artifact again with "onward upgrade", or correct the command in the release.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function noRoom(id: string, folder: string): OnwardError {
  return new OnwardError({
    code: 'runtime.no-room',
    message: `Could not start instance ${id}: the disk is full that holds ${folder}.`,
    hint: `Make room on the file system of ${folder}, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function notStarted(id: string, lines: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'runtime.not-started',
    message: `Could not start instance ${id}: its supervisor ended before its process ran.`,
    hint: 'Run the same command again.',
    state: 'resumable',
    exit: ExitCode.findings,
    ...(lines.length > 0 ? { detail: lines.join('\n') } : {}),
  });
}

export function busyInstance(id: string, action: 'start' | 'stop' | 'remove', waitedMs: number): OnwardError {
  return new OnwardError({
    code: 'runtime.busy',
    message: `Could not ${action} instance ${id}: after ${waitedMs} ms something else is still changing it.`,
    hint: 'Run "onward status" to see what runs, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.findings,
  });
}

export function stillRunning(id: string): OnwardError {
  return new OnwardError({
    code: 'runtime.still-running',
    message: `Could not remove instance ${id}: processes of it are running.`,
    hint: 'Stop the instance first.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function cannotKill(pid: number): OnwardError {
  return new OnwardError({
    code: 'runtime.cannot-kill',
    message: `Could not stop process ${pid}: it, or one of its group, is still there after SIGKILL.`,
    hint: `Look at what it waits for with "cat /proc/${pid}/wchan", then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function commandOutOfReach(service: string, path: string): OnwardError {
  return new OnwardError({
    code: 'runtime.command-out-of-reach',
    message: `Could not end a command of ${service}: it was started in another container or pid namespace (${path}), and cannot be seen from here.`,
    hint: `Run the same command where it was started; or remove ${path} once nothing of it runs there.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function unreadableCommand(path: string, why: string): OnwardError {
  return new OnwardError({
    code: 'runtime.unreadable-command',
    message: `Could not tell whether a command runs: ${path} cannot be read (${why}).`,
    hint: `Remove ${path} once no process of it runs, then run the same command again.`,
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
  });
}

export function imageAsProcess(service: string, { producedBy }: ImageComponent): OnwardError {
  return new OnwardError({
    code: 'runtime.no-folder',
    message: `Could not use what release ${producedBy} ships as ${service}: it is an image, and processes are started from folders.`,
    hint: `Write "runtime: compose" for ${service} into onward.yaml.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
