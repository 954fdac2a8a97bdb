import { createComposeRuntime, createProcessRuntime, createSshRuntime, type Runtime } from '../deploy/index.ts';
import { assertNever, type Deployment, type RuntimeKind } from '../model/index.ts';
import type { System } from '../system/index.ts';

export interface RuntimesOptions {
  readonly deployment: Deployment;
  /** The supervisor of a process. */
  readonly program: string;
}

/** Finds the runtime of a service. Each kind is made once, when the first service needs it. */
export function createRuntimes(system: System, options: RuntimesOptions): (service: string) => Runtime {
  const made = new Map<RuntimeKind, Runtime>();
  return (name) => {
    const kind = options.deployment.services.find((service) => service.name === name)?.runtime.kind ?? 'process';
    const runtime = made.get(kind) ?? createRuntime(system, { ...options, kind });
    made.set(kind, runtime);
    return runtime;
  };
}

function createRuntime(
  system: System,
  { deployment, program, kind }: RuntimesOptions & { readonly kind: RuntimeKind },
): Runtime {
  switch (kind) {
    case 'process':
      return createProcessRuntime(system, { stateDirectory: deployment.stateDirectory, program });
    case 'ssh': {
      const { name, stateDirectory, services, hosts } = deployment;
      if (!hosts) throw new Error('The deployment says nothing of how hosts are reached');
      return createSshRuntime(system, { deployment: name, stateDirectory, services, hosts });
    }
    case 'compose': {
      const { name, stateDirectory, compose, services } = deployment;
      if (!compose) throw new Error('The deployment has no Compose project');
      const own = services.filter(({ runtime }) => runtime.kind === 'compose');
      return createComposeRuntime(system, { deployment: name, stateDirectory, compose, services: own });
    }
    default:
      return assertNever(kind);
  }
}
